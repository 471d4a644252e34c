package provider

import "strings"

// SenderKind is what kind of sender a message shows.
type SenderKind uint8

// The kinds of sender.
const (
	// NumberSender is a telephone number in E.164.
	NumberSender SenderKind = iota + 1
	// ShortCode is a number of 3 to 6 digits that belongs to one country.
	ShortCode
	// NameSender is an alphanumeric name of up to 11 characters (3GPP TS 23.040, section
	// 9.1.2.5).
	NameSender
)

// The bounds of a sender.
const (
	maxSenderName = 11
	minShortCode  = 3
	minNumber     = 7
	maxNumber     = 15 // ITU-T E.164
)

const (
	digitsOnly = "0123456789"
	// nameCharacters are what a name may have with any vendor that takes names; some
	// take fewer.
	nameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" + digitsOnly + " +-_&."
)

// SenderKindOf returns what kind of sender this is, or 0 where it is none: a number with or
// without its plus sign, a short code, or a name with a letter in it.
func SenderKindOf(sender string) SenderKind {
	if digits := strings.TrimPrefix(sender, "+"); strings.Trim(digits, digitsOnly) == "" {
		switch {
		case minNumber <= len(digits) && len(digits) <= maxNumber && digits[0] != '0':
			return NumberSender
		case minShortCode <= len(digits) && len(digits) < minNumber && digits == sender:
			return ShortCode
		}
		return 0
	}
	if len(sender) > maxSenderName || strings.Trim(sender, nameCharacters) != "" || strings.TrimSpace(sender) != sender {
		return 0
	}
	return NameSender // it has a letter or a sign, since it is not digits alone
}

// Sender returns whom an SMS comes from: the sender that the message asks for, or the
// configured one. Where that is a name and the recipient's country shows no names, it is the
// configured number if there is one; else the error is Unroutable, so that another provider
// is tried before it costs money or arrives nowhere.
func (m Message) Sender(configured string) (string, *Error) {
	sender := m.From
	if sender == "" {
		sender = configured
	}
	switch kind := SenderKindOf(sender); {
	case sender == "":
		return "", &Error{Kind: Misconfigured, Detail: "there is no sender; configure one, or have the message bring it"}
	case kind == 0:
		return "", &Error{Kind: Refused, Detail: "the sender is neither a number, a short code nor a name of up to 11 letters and digits"}
	case kind == NameSender && !takesNames(m.Country):
		if SenderKindOf(configured) == NumberSender {
			return configured, nil
		}
		return "", &Error{Kind: Unroutable, Detail: "the recipient's country does not allow a name as the sender; give a number"}
	}
	return sender, nil
}

// VoiceSender returns the number that a call comes from: the message's sender where that is a
// number, and else the configured one, since callers give one sender for both channels and a
// name can't call.
func (m Message) VoiceSender(configured string) (string, *Error) {
	for _, sender := range []string{m.From, configured} {
		if SenderKindOf(sender) == NumberSender {
			return sender, nil
		}
	}
	return "", &Error{Kind: Misconfigured, Detail: "there is no number to call from; configure one"}
}

// Digits returns an E.164 number without its plus sign, and whether it is one.
func Digits(number string) (string, bool) {
	digits := strings.TrimPrefix(number, "+")
	if len(digits) < minNumber || len(digits) > maxNumber || digits[0] == '0' {
		return "", false
	}
	return digits, strings.Trim(digits, digitsOnly) == ""
}

// Plus returns a number with its plus sign, and anything that is no number as it is.
func Plus(sender string) string {
	if SenderKindOf(sender) == NumberSender && sender[0] != '+' {
		return "+" + sender
	}
	return sender
}
