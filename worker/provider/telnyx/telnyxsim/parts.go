package telnyxsim

import (
	"strings"
	"unicode/utf16"
)

// The characters of GSM-7 as Telnyx lists them at
// developers.telnyx.com/docs/messaging/messages/message-encoding: fewer than the standard has. Those
// of the extended table count twice.
const (
	standard = "!\"#$%&'()*+,-./:;<=>?@ \n\r_£¥èéùìòØøÅåÆæßÉ¡ÄÖÑÜ§¿äöñüà" +
		"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	extended = "~^|\\{}[]€"
)

func gsm(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return !strings.ContainsRune(standard+extended, r) }) < 0
}

// parts returns how many SMS a message is sent as. No character is split.
func (m *message) parts() int {
	whole, part, width := 160, 153, septets
	if !m.sevenBits() {
		whole, part, width = 70, 67, utf16.RuneLen
	}
	total, parts, room := 0, 1, part
	for _, r := range *m.Text {
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
