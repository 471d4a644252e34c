package aws

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // the vendor's topics sign with it unless they are told otherwise
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
)

// notification is what SNS sends to a subscribed address
// (docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html). A message that reports is
// in Message.
type notification struct {
	Type             string
	MessageID        string `json:"MessageId"`
	TopicARN         string `json:"TopicArn"`
	Subject          *string
	Message          string
	Timestamp        string
	SignatureVersion string
	Signature        string
	SigningCertURL   string
	// Of a subscription alone.
	Token        string
	SubscribeURL string
}

// The types of notification.
const (
	ofMessage        = "Notification"
	ofSubscription   = "SubscriptionConfirmation"
	ofUnsubscription = "UnsubscribeConfirmation"
)

// readNotification reads a notification of one of the three types.
func readNotification(body []byte) (*notification, error) {
	var n notification
	if json.Unmarshal(body, &n) != nil || n.MessageID == "" || n.TopicARN == "" {
		return nil, provider.Malformation("it is not JSON with a topic and an id")
	}
	switch n.Type {
	case ofMessage, ofSubscription, ofUnsubscription:
		return &n, nil
	}
	return nil, provider.Malformation("it is neither a notification nor about a subscription")
}

// canonical is what is signed: names and values, a line each, in the order of the alphabet
// (docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html). The topic and the type
// come last and can't have a line feed, so that nothing in a message can stand in their place.
func (n *notification) canonical() []byte {
	var out strings.Builder
	line := func(name, value string) { out.WriteString(name + "\n" + value + "\n") }
	line("Message", n.Message)
	line("MessageId", n.MessageID)
	if n.Type == ofMessage {
		if n.Subject != nil {
			line("Subject", *n.Subject)
		}
	} else {
		line("SubscribeURL", n.SubscribeURL)
	}
	line("Timestamp", n.Timestamp)
	if n.Type != ofMessage {
		line("Token", n.Token)
	}
	line("TopicArn", n.TopicARN)
	line("Type", n.Type)
	return []byte(out.String())
}

// host is the vendor's in the region of the topic, which is one of the file's.
func (n *notification) host() string { return "sns." + regionOf(n.TopicARN) + ".amazonaws.com" }

// certificatePaths are those of certificates at that host.
var certificatePaths = regexp.MustCompile(`^/SimpleNotificationService-[A-Za-z0-9]{1,64}\.pem$`)

// certificateURL returns where the certificate is, if that is at the vendor's host of the topic's
// region.
func (n *notification) certificateURL() (*url.URL, bool) {
	u, ok := n.vendors(n.SigningCertURL)
	return u, ok && u.RawQuery == "" && certificatePaths.MatchString(u.Path)
}

// confirmationURL returns where a subscription to the topic is confirmed, if that is at the same
// host.
func (n *notification) confirmationURL() (*url.URL, bool) {
	u, ok := n.vendors(n.SubscribeURL)
	if !ok || u.Path != "/" {
		return nil, false
	}
	query := u.Query()
	return u, query.Get("Action") == "ConfirmSubscription" && query.Get("TopicArn") == n.TopicARN
}

func (n *notification) vendors(address string) (*url.URL, bool) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host != n.host() || u.User != nil || u.Fragment != "" {
		return nil, false
	}
	return u, true
}

// verify fails where a notification is not signed by the vendor, or was signed too long ago.
func (c *Client) verify(ctx context.Context, n *notification, now time.Time) error {
	forged := provider.Forgery("the signature is missing or wrong")
	address, ok := n.certificateURL()
	if !ok {
		return provider.Forgery("the certificate is not at the vendor's address for the topic's region")
	}
	signature, err := base64.StdEncoding.DecodeString(n.Signature)
	if err != nil || len(signature) == 0 {
		return forged
	}
	hash, sum, ok := digest(n.SignatureVersion, n.canonical())
	if !ok {
		return provider.Forgery("the signature is of a version that there is not")
	}
	key, err := c.certificates.key(ctx, address, regionOf(n.TopicARN), now)
	if err != nil {
		return err
	}
	if rsa.VerifyPKCS1v15(key, hash, sum, signature) != nil {
		return forged
	}
	return timely(n.Timestamp, now)
}

// digest hashes what is signed. Version 1, which topics have unless they were told otherwise, has
// SHA-1. Collisions of it are of no use here: both messages would have to end alike, and the end,
// with the topic, is the vendor's.
func digest(version string, signed []byte) (crypto.Hash, []byte, bool) {
	switch version {
	case "1":
		sum := sha1.Sum(signed) //nolint:gosec // as the vendor signs
		return crypto.SHA1, sum[:], true
	case "2":
		sum := sha256.Sum256(signed)
		return crypto.SHA256, sum[:], true
	}
	return 0, nil, false
}

// retriesFor is for how long SNS repeats a notification at most, with the time of the first
// (docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html). A window that is shorter
// would lose what came while the gateway was away.
const retriesFor = time.Hour

// timely fails where a notification is older than the vendor's repetitions.
func timely(timestamp string, now time.Time) error {
	signed, err := time.Parse(time.RFC3339, timestamp)
	if err != nil {
		return provider.Malformation("it has no time")
	}
	if age := now.Sub(signed); age > retriesFor+provider.ReplayWindow || age < -provider.ReplayWindow {
		return provider.Staleness("it was signed more than an hour before it came, or after it")
	}
	return nil
}
