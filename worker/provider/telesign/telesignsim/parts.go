package telesignsim

import (
	"strings"
	"unicode/utf16"
)

// alphabet is that of texts whose characters have seven bits, extensions included (3GPP TS 23.038,
// section 6.2.1).
const (
	extensions = "^{}\\[~]|€"
	alphabet   = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿" +
		"abcdefghijklmnopqrstuvwxyzäöñüà" + extensions
)

// parts returns about how many SMS a text is sent as: characters at the end of a part are not
// looked at.
func parts(text string) int {
	unicode := strings.ContainsFunc(text, func(r rune) bool { return !strings.ContainsRune(alphabet, r) })
	total, whole, part := 0, 160, 153
	if unicode {
		whole, part = 70, 67
	}
	for _, r := range text {
		switch {
		case unicode:
			total += max(utf16.RuneLen(r), 1)
		case strings.ContainsRune(extensions, r):
			total += 2
		default:
			total++
		}
	}
	if total <= whole {
		return 1
	}
	return (total + part - 1) / part
}
