package provider

import "unicode/utf16"

// Alphabet is how the characters of an SMS travel. It decides how many of them a segment
// has, and segments are what vendors bill.
type Alphabet uint8

// The alphabets of 3GPP TS 23.038.
const (
	// GSM7 is the default alphabet with its extension table: 160 characters, or 153 a
	// segment where there are several, those of the extension counting twice.
	GSM7 Alphabet = iota + 1
	// UCS2 has every character: 70 UTF-16 units, or 67 a segment.
	UCS2
)

// String returns the name that vendors' pages use.
func (a Alphabet) String() string {
	switch a {
	case GSM7:
		return "GSM-7"
	case UCS2:
		return "UCS-2"
	}
	return "no alphabet"
}

// What a segment holds: 140 octets, less the 6 of the header that joins several
// (3GPP TS 23.040, section 9.2.3.24.1).
const (
	wholeGSM7, partGSM7 = 160, 153
	wholeUCS2, partUCS2 = 70, 67
)

// The characters of GSM-7: the default alphabet of 3GPP TS 23.038, table 6.2.1, without
// the escape, and its extension table without the form feed, which no vendor takes.
const (
	gsm7Default = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsm7Extension = "^{}\\[~]|€"
)

// gsm7Septets has how many septets every character takes, up to the euro sign, which is the
// highest one; 0 where GSM-7 does not have it.
var gsm7Septets = func() (septets ['€' + 1]uint8) {
	for _, r := range gsm7Default {
		septets[r] = 1
	}
	for _, r := range gsm7Extension {
		septets[r] = 2
	}
	return septets
}()

// Segments returns the alphabet that a text needs, and how many segments it is sent as, at
// least 1. This is the one place where that is decided. No character is split: neither an
// escaped one of GSM-7 nor a surrogate pair.
func Segments(text string) (Alphabet, int) {
	total, parts, room := 0, 1, partGSM7
	for _, r := range text {
		if int(r) >= len(gsm7Septets) || gsm7Septets[r] == 0 {
			return UCS2, ucs2Segments(text)
		}
		total, parts, room = place(int(gsm7Septets[r]), partGSM7, total, parts, room)
	}
	if total <= wholeGSM7 {
		return GSM7, 1
	}
	return GSM7, parts
}

func ucs2Segments(text string) int {
	total, parts, room := 0, 1, partUCS2
	for _, r := range text {
		total, parts, room = place(max(utf16.RuneLen(r), 1), partUCS2, total, parts, room)
	}
	if total <= wholeUCS2 {
		return 1
	}
	return parts
}

// place puts a character into the last part, or into a new one where it has no room.
func place(width, part, total, parts, room int) (newTotal, newParts, newRoom int) {
	if width > room {
		parts, room = parts+1, part
	}
	return total + width, parts, room - width
}
