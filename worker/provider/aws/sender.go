package aws

import (
	"regexp"
	"strings"

	"github.com/phonehook/phonehook/worker/provider"
)

// resources are the vendor's names for senders of the account: ids and ARNs of numbers and pools,
// and ARNs of sender ids, as the parameter OriginationIdentity takes them.
var resources = regexp.MustCompile(`^(arn:aws(-us-gov)?:sms-voice:[a-z0-9-]+:[0-9]{12}:(phone-number|pool|sender-id)/[A-Za-z0-9_/-]+|(phone|pool)-[A-Za-z0-9]+)$`)

func isResource(identity string) bool { return resources.MatchString(identity) }

// The characters of a sender id
// (docs.aws.amazon.com/sms-voice/latest/userguide/sender-id.html).
const (
	letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits  = "0123456789"
)

func validName(name string) bool {
	return strings.Trim(name, letters+digits+"-_") == "" && strings.ContainsAny(name, letters)
}

// smsSender returns whom an SMS comes from, or nothing where the vendor is to choose among the
// account's senders. The message's own sender comes first, then its pool, then what is configured.
// Where the recipient's country shows no names, a pool that there is chooses another sender.
func (c *Client) smsSender(m provider.Message) (string, *provider.Error) {
	configured, pool := c.cfg.From, m.Service
	if isResource(configured) {
		configured, pool = "", orElse(pool, configured)
	}
	if m.From == "" && (m.Service != "" || configured == "") {
		return pool, nil
	}
	sender, failure := m.Sender(configured)
	switch {
	case failure != nil && failure.Kind == provider.Unroutable && pool != "":
		return pool, nil
	case failure != nil:
		return "", failure
	case provider.SenderKindOf(sender) == provider.NameSender && !validName(sender):
		return "", provider.Fail(provider.Unroutable, "", "the vendor takes only names of letters, digits, hyphens and underscores as the sender")
	}
	return provider.Plus(sender), nil
}

// caller returns whom a call comes from: the message's sender where that is a number, and else the
// configured number, its id, or a pool.
func (c *Client) caller(m provider.Message) (string, *provider.Error) {
	if provider.SenderKindOf(m.From) != provider.NumberSender && isResource(c.cfg.Voice.From) {
		return c.cfg.Voice.From, nil
	}
	number, failure := m.VoiceSender(c.cfg.Voice.From)
	return provider.Plus(number), failure
}
