package vonagesim

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxSpoken is how many characters a talk action can say, without its markup.
const maxSpoken = 1500

// languages are the codes that Vonage's text-to-speech knows, as its Node SDK of
// 2026-07-17 lists them.
var languages = strings.Fields(`af-ZA ar bg-BG bn-IN ca-ES cmn-CN cmn-TW cs-CZ cy-GB da-DK de-AT de-DE de-ET el-GR
	en-AU en-GB en-GB-SCT en-GB-WLS en-IE en-IN en-NZ en-US en-ZA es-CO es-ES es-MX es-US eu-ES fi-FI fil-PH fr-CA
	fr-FR gl-ES gu-IN he-IL hi-IN hu-HU id-ID is-IS it-IT ja-JP kn-IN ko-KR lv-LV ml-IN ms-MY nb-NO nl-BE nl-NL
	no-NO pa-IN pl-PL pt-BR pt-PT ro-RO ru-RU sk-SK sr-RS sv-SE ta-IN te-IN th-TH tr-TR uk-UA vi-VN yue-CN`)

// check names the first parameter at fault with a reason, or returns two empty
// strings.
func (c *call) check() (parameter, reason string) {
	switch {
	case len(c.To) != 1 || c.To[0].Type != "phone" || !validNumber(c.To[0].Number):
		return "to", "must be one phone with 7 to 15 digits"
	case c.From == nil || c.From.Type != "phone" || !validNumber(c.From.Number):
		return "from", "must be a phone with 7 to 15 digits"
	case c.RingingTimer != nil && (*c.RingingTimer < 1 || *c.RingingTimer > 120):
		return "ringing_timer", "must be from 1 to 120"
	case c.LengthTimer != nil && (*c.LengthTimer < 1 || *c.LengthTimer > 7200):
		return "length_timer", "must be from 1 to 7200"
	case !slices.Contains([]string{"", "continue", "hangup"}, c.MachineDetection):
		return "machine_detection", "must be continue or hangup"
	case !slices.Contains([]string{"", "GET", "POST"}, c.EventMethod):
		return "event_method", "must be GET or POST"
	case len(c.EventURL) > 1 || len(c.EventURL) == 1 && !webAddress(c.EventURL[0]):
		return "event_url", "must be a list of one address"
	case len(c.NCCO) == 0:
		return "ncco", "must have an action"
	}
	for _, action := range c.NCCO {
		if reason := action.check(); reason != "" {
			return "ncco", reason
		}
	}
	return "", ""
}

func (t *talk) check() string {
	words, ok := spokenWords(t.Text)
	switch {
	case t.Action != "talk":
		return "must have talk actions only"
	case !ok:
		return "has markup that is not well-formed or not in a speak element"
	case strings.TrimSpace(words) == "":
		return "must have a text to say"
	case utf8.RuneCountInString(words) > maxSpoken:
		return "has a text longer than 1,500 characters"
	case t.Language != "" && !slices.Contains(languages, t.Language):
		return "has a language that is not spoken"
	case t.Style != nil && *t.Style < 0:
		return "has a style below 0"
	case t.Loop != nil && *t.Loop < 1:
		return "has a loop that never ends"
	case t.Level != nil && (*t.Level < -1 || *t.Level > 1):
		return "has a level that is not from -1 to 1"
	case t.BargeIn:
		return "has bargeIn without an input action after it"
	}
	return ""
}

// spokenWords returns the text without its markup, and whether the markup is in
// order. Only a text in a speak element has any.
func spokenWords(text string) (words string, ok bool) {
	if !strings.HasPrefix(text, "<speak>") {
		return text, !strings.ContainsAny(text, "<>")
	}
	if !strings.HasSuffix(text, "</speak>") {
		return "", false
	}
	var out strings.Builder
	decoder := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := decoder.Token()
		switch {
		case errors.Is(err, io.EOF):
			return out.String(), true
		case err != nil:
			return "", false
		}
		if data, isText := token.(xml.CharData); isText {
			out.Write(data)
		}
	}
}
