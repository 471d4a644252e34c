package plivosim

import (
	"strings"
	"unicode/utf16"
)

// The characters of GSM 03.38. Those of the extended table count twice.
const (
	standard = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	extended = "~^|\\{}[]€"
)

func gsm(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return !strings.ContainsRune(standard+extended, r) }) < 0
}

// units returns the UTF-16 units of a text.
func units(text string) int { return len(utf16.Encode([]rune(text))) }

// parts returns how many SMS a text is sent as. No character is split.
func parts(text string) int {
	whole, part, width := 160, 153, septets
	if !gsm(text) {
		whole, part, width = 70, 67, utf16.RuneLen
	}
	total, n, room := 0, 1, part
	for _, r := range text {
		w := max(width(r), 1)
		total += w
		if w > room {
			n, room = n+1, part
		}
		room -= w
	}
	if total <= whole {
		return 1
	}
	return n
}

func septets(r rune) int {
	if strings.ContainsRune(extended, r) {
		return 2
	}
	return 1
}
