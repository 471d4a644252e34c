package messaging

import (
	"strings"
	"unicode/utf8"
)

// MaxTextLength is the most characters a text may have. It is Twilio's limit for
// one message, the largest that common providers share, and ten concatenated SMS
// in the GSM-7 alphabet; a longer text is a mistake, not a one-time code.
const MaxTextLength = 1600

// MaxTenantLength bounds a tenant's name, which becomes one token of a subject.
const MaxTenantLength = 63

// ValidTenant says whether name can name a tenant: 1 to MaxTenantLength lower-case
// letters, digits, hyphens and underscores, beginning with a letter or a digit.
func ValidTenant(name string) bool {
	if name == "" || len(name) > MaxTenantLength || name[0] == '-' || name[0] == '_' {
		return false
	}
	return strings.IndexFunc(name, func(r rune) bool {
		return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-' || r == '_')
	}) < 0
}

// Validate checks what every part of phonehook relies on, and returns an *Error
// that names the first field at fault. Both sides of the wire call it.
func (m *Message) Validate() error {
	switch {
	case m.ID == "" || len(m.ID) > 64:
		return invalid("id", "must have 1 to 64 characters")
	case !ValidTenant(m.Tenant):
		return invalid("tenant", "is not a tenant's name")
	case m.Channel != SMS && m.Channel != Voice:
		return invalid("channel", "must be sms or voice")
	case !validE164(m.To):
		return &Error{Code: CodeInvalidNumber, Field: "to", Detail: "is not a number in E.164"}
	case strings.TrimSpace(m.Text) == "":
		return invalid("text", "must not be empty")
	case utf8.RuneCountInString(m.Text) > MaxTextLength:
		return invalid("text", "must have at most 1,600 characters")
	case m.Expires.IsZero():
		return invalid("expires", "must be set")
	}
	return nil
}

func invalid(field, detail string) *Error {
	return &Error{Code: CodeInvalidRequest, Field: field, Detail: detail}
}

// validE164 checks the shape of ITU-T E.164: a plus sign and at most 15 digits,
// the first not zero. No country has numbers of fewer than seven digits in all.
func validE164(number string) bool {
	if len(number) < 8 || len(number) > 16 || number[0] != '+' || number[1] == '0' {
		return false
	}
	return strings.IndexFunc(number[1:], func(r rune) bool { return r < '0' || r > '9' }) < 0
}
