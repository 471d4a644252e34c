package vonage

import (
	"strings"

	"github.com/phonehook/phonehook/worker/provider"
)

const alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// validSender says whether Vonage takes the sender as it is. One that breaks the rules is not
// refused but "modified in transit or not delivered at all": its names have letters and digits
// only (developer.vonage.com/en/messaging/sms/guides/custom-sender-id).
func validSender(sender string) bool {
	kind := provider.SenderKindOf(sender)
	return kind != 0 && (kind != provider.NameSender || strings.Trim(sender, alphanumeric) == "")
}

// sender is whom an SMS comes from, as the vendor takes it: without a plus sign.
func (c *Client) sender(m provider.Message) (string, *provider.Error) {
	sender, failure := m.Sender(c.cfg.From)
	switch {
	case failure != nil:
		return "", failure
	case !validSender(sender):
		return "", provider.Fail(provider.Unroutable, "", "the vendor takes only names of letters and digits as the sender")
	}
	return strings.TrimPrefix(sender, "+"), nil
}
