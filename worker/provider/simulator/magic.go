package simulator

import "maps"

// Magic is what a look-alike does about a recipient that has a meaning of its own.
type Magic string

// What recipients can mean. A look-alike answers the first group with its vendor's own error
// where the vendor has such a one, and takes the others and reports their end.
const (
	NoMagic        Magic = ""
	InvalidNumber  Magic = "invalid-number"
	NoRoute        Magic = "no-route"
	CountryBarred  Magic = "country-barred"
	OptedOut       Magic = "opted-out"
	NotCapable     Magic = "not-capable"
	TooMany        Magic = "too-many"
	NoCredit       Magic = "no-credit"
	BecomesLost    Magic = "becomes-undelivered"
	BecomesFailed  Magic = "becomes-failed"
	BecomesExpired Magic = "becomes-expired"
	BecomesSilent  Magic = "becomes-silent"
)

// magicNumbers are the recipients with a meaning. The first five are those of Twilio's test
// credentials (twilio.com/docs/iam/test-credentials); area code 500 is nobody's phone.
var magicNumbers = map[string]Magic{
	"+15005550001": InvalidNumber,
	"+15005550002": NoRoute,
	"+15005550003": CountryBarred,
	"+15005550004": OptedOut,
	"+15005550009": NotCapable,
	"+15005550029": TooMany,
	"+15005550030": NoCredit,
	"+15005550041": BecomesLost,
	"+15005550042": BecomesFailed,
	"+15005550043": BecomesExpired,
	"+15005550044": BecomesSilent,
}

var magicReports = map[Magic][]Report{
	BecomesLost:    {Undelivered},
	BecomesFailed:  {Failed},
	BecomesExpired: {Expired},
	BecomesSilent:  {},
}

// MagicOf returns what a recipient in E.164, with or without its plus sign, means to every
// look-alike: an error to answer with, or NoMagic where the message is to be taken.
func MagicOf(to string) Magic {
	m := lookUp(to)
	if _, taken := magicReports[m]; taken {
		return NoMagic
	}
	return m
}

func lookUp(to string) Magic {
	if to != "" && to[0] != '+' {
		to = "+" + to
	}
	return magicNumbers[to]
}

// MagicNumbers returns the recipients with a meaning, for a page about them.
func MagicNumbers() map[string]Magic {
	return maps.Clone(magicNumbers)
}
