// Package phone makes numbers in E.164 of what callers write.
package phone

import (
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"github.com/phonehook/phonehook/messaging"
)

// maxLength bounds what is looked at. The longest number has 15 digits and a plus sign,
// the shortest, in the smallest countries, 7; the rest is room for a prefix to dial
// abroad, spaces and brackets.
const (
	maxLength = 40
	maxE164   = 16
	minE164   = 8
)

// worldwide is the region that libphonenumber gives to numbers of no country.
const worldwide = "001"

// callingCodes are the codes of all countries and of the services of none.
var callingCodes = phonenumbers.GetSupportedCallingCodes()

// Number is a phone number that a message can be sent to.
type Number struct {
	// E164 is the number with its plus sign.
	E164 string
	// Country is its ISO 3166-1 alpha-2 code; empty for satellite and international
	// services, and for numbers that no country of a shared calling code claims.
	Country string
}

// KnownRegion says whether Parse can read national numbers of the region, an
// ISO 3166-1 alpha-2 code in upper case.
func KnownRegion(region string) bool { return phonenumbers.GetSupportedRegions()[region] }

// Parse reads a number that may be punctuated with spaces, hyphens, dots, slashes and
// brackets. One without a plus sign is read as it would be dialled in region; an
// empty region refuses it. An error is a *messaging.Error of CodeInvalidNumber whose
// detail does not repeat the number.
//
// A number that is E.164 but for its punctuation must have a length that its country
// has. It need not be in a range that the metadata knows: ranges are opened faster
// than software is updated, and a wrong refusal locks a person out while a wrong
// attempt costs a cent. Every other number must be in a known range, because what it
// stands for is a guess, and a wrong guess sends a stranger the code.
//
// Premium-rate and shared-cost numbers, which pay whoever owns them, are refused; so
// are extensions, which no message reaches, and letters.
func Parse(raw, region string) (Number, error) {
	written, detail := inspect(raw)
	if detail != "" {
		return Number{}, invalid(detail)
	}
	if written[0] != '+' && region == "" {
		return Number{}, invalid("has no country code, and the tenant has no default region: begin it with a plus sign")
	}
	e164 := dialled(written, region)
	if code, national, ok := split(e164); ok {
		if region, k := classify(code, national); k != unassigned {
			return reachable(e164, region, k)
		}
	}
	parsed, err := phonenumbers.Parse(written, region)
	if err != nil {
		return Number{}, invalid("is not a phone number")
	}
	if reason := phonenumbers.IsPossibleNumberWithReason(parsed); reason != phonenumbers.IS_POSSIBLE {
		return Number{}, invalid(lengthProblem(reason))
	}
	e164 = phonenumbers.Format(parsed, phonenumbers.E164)
	k := kindOf(parsed)
	if k == unassigned && e164 != written {
		return Number{}, invalid("is in no known range; write it with a plus sign and its country code")
	}
	return reachable(e164, phonenumbers.GetRegionCodeForNumber(parsed), k)
}

// kindOf asks the library for the kind of a number's range.
func kindOf(number *phonenumbers.PhoneNumber) kind {
	switch phonenumbers.GetNumberType(number) { //nolint:exhaustive // all others are ordinary
	case phonenumbers.UNKNOWN:
		return unassigned
	case phonenumbers.PREMIUM_RATE, phonenumbers.SHARED_COST:
		return costly
	}
	return ordinary
}

// dialled returns the number in E.164 that is meant when written is dialled in region,
// where that is plain to see: in North America, a number of ten digits with or without
// a 1 before it. Everything else comes back as it is.
func dialled(written, region string) string {
	const trunk = 1 // also the calling code, so one rule covers both spellings
	n := len(written)
	switch {
	case region == "" || phonenumbers.GetCountryCodeForRegion(region) != trunk:
	case n == 10 && written[0] >= '2':
		return "+1" + written
	case n == 11 && written[0] == '1' && written[1] >= '2':
		return "+" + written
	}
	return written
}

// split takes a number in E.164 apart into its calling code and the rest. It leaves
// numbers whose rest begins with a zero to the library, which knows where one belongs.
func split(written string) (code int, national string, ok bool) {
	if len(written) < 2 || len(written) > maxE164 || written[0] != '+' || written[1] == '0' {
		return 0, "", false
	}
	for end := 2; end <= 4 && end < len(written); end++ {
		code, err := strconv.Atoi(written[1:end])
		if err == nil && callingCodes[code] {
			return code, written[end:], written[end] != '0'
		}
	}
	return 0, "", false
}

// inspect returns raw without its punctuation, and what is wrong with it at first
// sight. The library is more lenient: it reads letters as the keys of a phone, and
// digits after a number sign as an extension.
func inspect(raw string) (written, detail string) {
	trimmed := strings.TrimSpace(raw)
	if len(trimmed) > maxLength {
		return "", "is too long"
	}
	digits := make([]byte, 0, maxLength)
	for i := range len(trimmed) {
		switch c := trimmed[i]; {
		case '0' <= c && c <= '9', c == '+' && i == 0:
			digits = append(digits, c)
		case strings.IndexByte(" -./()", c) >= 0:
		case c == '+':
			return "", "has a plus sign that is not its first character"
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
			return "", "has letters; neither words nor extensions can be sent to"
		default:
			return "", "has a character that no phone number has"
		}
	}
	if len(digits) == 0 {
		return "", "is empty"
	}
	return string(digits), ""
}

func lengthProblem(reason phonenumbers.ValidationResult) string {
	switch reason {
	case phonenumbers.TOO_LONG:
		return "is too long"
	case phonenumbers.INVALID_COUNTRY_CODE:
		return "has no known country code"
	case phonenumbers.INVALID_LENGTH:
		return "has a length that no number of its country has"
	case phonenumbers.IS_POSSIBLE, phonenumbers.IS_POSSIBLE_LOCAL_ONLY, phonenumbers.TOO_SHORT:
	}
	return "is too short; short codes and numbers without their area code cannot be sent to"
}

// reachable returns the number unless it is of a kind that is refused or no E.164: the
// metadata have numbers of more than 15 digits that only their own country can dial.
func reachable(e164, region string, k kind) (Number, error) {
	switch {
	case k == costly:
		return Number{}, invalid("is a premium-rate number")
	case len(e164) > maxE164:
		return Number{}, invalid("is too long")
	case len(e164) < minE164:
		return Number{}, invalid("is too short")
	}
	if region == worldwide {
		region = ""
	}
	return Number{E164: e164, Country: region}, nil
}

func invalid(detail string) *messaging.Error {
	return &messaging.Error{Code: messaging.CodeInvalidNumber, Detail: detail}
}
