package esendexsim

import (
	"slices"
	"strconv"
	"strings"
)

// The elements that the vendor's schema has.
var (
	batchElements   = []string{"accountreference", "from", "type", "lang", "retries", "validity", "sendat", "characterset"}
	messageElements = []string{"from", "to", "type", "body", "lang", "retries", "validity", "characterset"}
	languages       = []string{"en-GB", "en-AU", "fr-FR", "es-ES", "de-DE"}
)

// checkBatch says why the whole of a request is refused, or nothing.
func checkBatch(batch *element) string {
	switch {
	case batch.message == nil:
		return "there is no message"
	case batch.texts["accountreference"] == "":
		return "accountreference is missing"
	}
	return ""
}

// check says why a message is refused, or nothing.
func check(m map[string]string) string {
	_, hasFrom := m["from"]
	_, hasType := m["type"]
	sms := m["type"] == "SMS" || !hasType
	switch {
	case !sms && m["type"] != "Voice":
		return "type is neither SMS nor Voice"
	case !number(m["to"]):
		return "to is not 7 to 15 digits without a plus sign"
	case m["body"] == "":
		return "body is missing"
	case hasFrom && !sender(m["from"]):
		return "from is neither up to 20 digits nor up to 11 of the characters that are allowed"
	case sms:
		return checkSMS(m)
	}
	return checkCall(m)
}

func checkSMS(m map[string]string) string {
	set, hasSet := m["characterset"]
	switch {
	case m["lang"] != "" || m["retries"] != "":
		return "an SMS has lang or retries, which are for calls"
	case has(m, "validity") && !within(m["validity"], 0, 72):
		return "validity is not 0 to 72 hours"
	case hasSet && set != "GSM" && set != "Unicode" && set != "Auto":
		return "characterset is neither GSM, Unicode nor Auto"
	case (!hasSet || set == "GSM") && strings.ContainsFunc(m["body"], func(r rune) bool { return !strings.ContainsRune(alphabet, r) }):
		return "body needs the characterset Unicode"
	}
	return ""
}

func checkCall(m map[string]string) string {
	switch {
	case has(m, "validity") || has(m, "characterset"):
		return "a call has validity or characterset, which are for SMS"
	case !slices.Contains(languages, m["lang"]):
		return "lang is missing or none of the five"
	case has(m, "retries") && !within(m["retries"], 0, 100):
		return "retries is not a number"
	}
	return ""
}

func has(m map[string]string, name string) bool {
	_, ok := m[name]
	return ok
}

func number(to string) bool {
	return len(to) >= 7 && len(to) <= 15 && to[0] != '0' && strings.Trim(to, "0123456789") == ""
}

func sender(from string) bool {
	if strings.Trim(from, "0123456789") == "" {
		return from != "" && len(from) <= 20
	}
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789*$?!\"#%&_-,.@'+ "
	return len(from) <= 11 && strings.Trim(from, allowed) == ""
}

func within(text string, low, high int) bool {
	n, err := strconv.Atoi(text)
	return err == nil && low <= n && n <= high
}
