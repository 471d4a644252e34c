package twiliosim

import (
	"strings"
	"unicode/utf16"
)

// The characters of GSM-7, as twilio.com/docs/glossary/what-is-gsm-7-character-encoding has them. Those
// of the extended table count twice.
const (
	standard = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà" +
		"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	extended = "|^€{}[]~\\"
)

// parts returns how many SMS a text is sent as. No character is split.
func parts(text string) int {
	whole, part, width := 160, 153, septets
	if strings.IndexFunc(text, func(r rune) bool { return !strings.ContainsRune(standard+extended, r) }) >= 0 {
		whole, part, width = 70, 67, utf16.RuneLen
	}
	total, count, room := 0, 1, part
	for _, r := range text {
		w := width(r)
		total += w
		if w > room {
			count, room = count+1, part
		}
		room -= w
	}
	if total <= whole {
		return 1
	}
	return count
}

func septets(r rune) int {
	if strings.ContainsRune(extended, r) {
		return 2
	}
	return 1
}
