package vonage

import (
	"strings"

	"github.com/phonehook/phonehook/worker/provider"
)

// maxSenderName is how many letters and digits a sender can have that is no
// number: developer.vonage.com/en/messaging/sms/guides/custom-sender-id.
const maxSenderName = 11

const alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// validSender says whether Vonage takes the sender as it is. One that breaks the
// rules is not refused but "modified in transit or not delivered at all".
func validSender(sender string) bool {
	if _, ok := digits(sender); ok {
		return true
	}
	return sender != "" && len(sender) <= maxSenderName && strings.Trim(sender, alphanumeric) == ""
}

// smsSender is whom an SMS comes from.
func (c *Client) smsSender(m provider.Message) (string, bool) {
	sender := orElse(m.From, c.cfg.From)
	return strings.TrimPrefix(sender, "+"), validSender(sender)
}

// voiceSender is whom a call comes from: the message's sender where that is a
// number, and else the configured number, since callers give one sender for both
// channels and a name can't call.
func (c *Client) voiceSender(m provider.Message) string {
	if number, ok := digits(m.From); ok {
		return number
	}
	number, _ := digits(c.cfg.Voice.From)
	return number
}
