package vonagesim

import (
	"strings"
	"unicode/utf16"
)

// The characters of an SMS of type text, as Vonage lists them at
// developer.vonage.com/en/messaging/sms/guides/concatenation-and-encoding. Those of
// the extended table count twice.
const (
	standard = "!\"#$%'()*+,-./:;<=>?@_¡£¥§¿&¤ \n\r" +
		"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" +
		"ÄÅÆÇÉÑØøÜßÖàäåæèéìñòöùüΔΦΓΛΩΠΨΣΘΞ"
	extended = "|^€{}[]~\\"
)

// GSM reports whether an SMS of type text carries the character.
func GSM(r rune) bool { return strings.ContainsRune(standard, r) || strings.ContainsRune(extended, r) }

func gsm(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return !GSM(r) }) < 0
}

// Parts returns how many SMS a text is sent as. A message of several parts gives
// some of each part to the header that joins them, and no character is split.
func Parts(text string, unicode bool) int {
	whole, part, width := 160, 153, septets
	if unicode {
		whole, part, width = 70, 67, utf16.RuneLen
	}
	total, parts, room := 0, 1, part
	for _, r := range text {
		w := max(width(r), 1)
		total += w
		if w > room {
			parts, room = parts+1, part
		}
		room -= w
	}
	if total <= whole {
		return 1
	}
	return parts
}

func septets(r rune) int {
	if strings.ContainsRune(extended, r) {
		return 2
	}
	return 1
}
