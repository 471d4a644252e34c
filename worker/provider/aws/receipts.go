package aws

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
)

// Receive implements provider.Receiver. Reports are events of a configuration set that go to an SNS
// topic, to which the account's address is subscribed. A notification is believed that came to that
// address, from a topic of the file, signed by the vendor: anybody can have the vendor sign
// something that is said in a topic of his own. A subscription to such a topic is confirmed.
func (c *Client) Receive(ctx context.Context, callback provider.Callback) (provider.Reception, error) {
	n, err := readNotification(callback.Body)
	switch {
	case err != nil:
		return provider.Reception{}, err
	case !callback.Trusted:
		return provider.Reception{}, provider.Forgery("the address is not one that was given out")
	case !slices.Contains(c.cfg.TopicARN, n.TopicARN):
		return provider.Reception{}, provider.Forgery("the topic is not one of topic_arn")
	}
	if err := c.verify(ctx, n, callback.At); err != nil {
		return provider.Reception{}, err
	}
	reception := provider.Reception{Signed: true}
	switch n.Type {
	case ofSubscription:
		return reception, c.confirm(ctx, n)
	case ofMessage:
		reception.Reports, err = reports(n.Message)
	}
	return reception, err
}

// confirm asks the vendor for the subscription that a notification is about.
func (c *Client) confirm(ctx context.Context, n *notification) error {
	address, ok := n.confirmationURL()
	if !ok {
		return provider.Forgery("the subscription is not confirmed at the vendor's address for the topic's region")
	}
	answer, err := c.fetch(ctx, address)
	if err != nil || answer.Status/100 != 2 {
		return unanswerable("the subscription can't be confirmed")
	}
	return nil
}

// event is what became of a message
// (docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-format.html). The prices
// are of SMS; whether calls have them under the same names is not confirmed at the vendor.
type event struct {
	Type      string `json:"eventType"`
	Timestamp int64  `json:"eventTimestamp"`
	Final     *bool  `json:"isFinal"`
	MessageID string `json:"messageId"`
	Context   struct {
		Reference string `json:"reference"`
		Tenant    string `json:"tenant"`
	} `json:"context"`
	CountryCode string   `json:"mcc"`
	NetworkCode string   `json:"mnc"`
	Carrier     string   `json:"carrierName"`
	Price       *float64 `json:"totalMessagePrice"`
	Fee         *float64 `json:"totalCarrierFee"`
}

// outcome is what an event means. The reason is of those that are failures.
type outcome struct {
	status provider.Status
	reason string
}

// outcomes is what the types of event mean
// (docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-types.html). The page
// says that a network's acceptance, TEXT_SUCCESSFUL, stands for delivery in some countries, but not
// in which, so that it is believed to be no more than what it says.
var outcomes = map[string]outcome{
	"TEXT_QUEUED":              {status: provider.Accepted},
	"TEXT_PENDING":             {status: provider.Accepted},
	"TEXT_SENT":                {status: provider.Sent},
	"TEXT_SUCCESSFUL":          {status: provider.Sent},
	"TEXT_DELIVERED":           {status: provider.Delivered},
	"TEXT_INVALID":             {provider.Undelivered, "the number is not valid"},
	"TEXT_INVALID_MESSAGE":     {provider.Failed, "the text is not valid"},
	"TEXT_UNREACHABLE":         {provider.Undelivered, "the phone can't be reached"},
	"TEXT_CARRIER_UNREACHABLE": {provider.Undelivered, "the network can't be reached"},
	"TEXT_BLOCKED":             {provider.Undelivered, "the phone or the network bars messages"},
	"TEXT_CARRIER_BLOCKED":     {provider.Undelivered, "the network bars the message"},
	"TEXT_SPAM":                {provider.Undelivered, "the network takes it for spam"},
	"TEXT_UNKNOWN":             {provider.Unconfirmed, "the vendor does not know what became of it"},
	"TEXT_TTL_EXPIRED":         {provider.Expired, "it was not sent within its time"},
	"TEXT_PROTECT_BLOCKED":     {provider.Failed, "the account's protect configuration bars it"},
	"VOICE_INITIATED":          {status: provider.Accepted},
	"VOICE_RINGING":            {status: provider.Sent},
	"VOICE_ANSWERED":           {status: provider.Delivered},
	"VOICE_COMPLETED":          {status: provider.Delivered},
	"VOICE_BUSY":               {provider.Undelivered, "the line is busy"},
	"VOICE_NO_ANSWER":          {provider.Undelivered, "nobody answered"},
	"VOICE_FAILED":             {provider.Failed, "the call failed"},
	"VOICE_TTL_EXPIRED":        {provider.Expired, "the call was not made within its time"},
}

// reports reads what a topic says. What is no event about a message is nobody's report: a topic has
// others, such as that of its own check.
func reports(message string) ([]provider.Report, error) {
	var e event
	if err := json.Unmarshal([]byte(message), &e); err != nil {
		if strings.Contains(message, `"eventType"`) {
			return nil, provider.Malformation("it has an event that can't be read")
		}
		return nil, nil
	}
	if e.Type == "" || e.MessageID == "" {
		return nil, nil
	}
	report := provider.Report{
		Reference: e.Context.Reference, Tenant: e.Context.Tenant, ID: e.MessageID, Status: provider.Unconfirmed, Network: e.network(),
	}
	if known, ok := outcomes[e.Type]; ok {
		report.Status, report.Reason = known.status, known.reason
		if known.reason != "" {
			report.Code = e.Type
		}
		if e.Final != nil && !*e.Final && known.reason != "" {
			report.Status = provider.Sent // the vendor still tries
		}
	}
	if e.Timestamp > 0 {
		report.At = time.UnixMilli(e.Timestamp).UTC()
	}
	report.Price, report.Currency = e.cost()
	return []provider.Report{report}, nil
}

func (e *event) network() string {
	if e.CountryCode != "" && e.NetworkCode != "" {
		return e.CountryCode + e.NetworkCode
	}
	return e.Carrier
}

// priceDigits are those behind the point of a sum. The vendor's prices have five.
const priceDigits = 6

// cost is the vendor's price and the network's fee together.
func (e *event) cost() (price, currency string) {
	if e.Price == nil {
		return "", ""
	}
	sum := *e.Price
	if e.Fee != nil {
		sum += *e.Fee
	}
	text := strconv.FormatFloat(sum, 'f', priceDigits, 64)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), "."), "USD"
}
