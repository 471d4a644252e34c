package vonage

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
)

// smsParameters returns the parameters of a receipt of the SMS API, and whether this is one. The
// account's settings say whether they come in the address, as a form or as JSON.
func smsParameters(callback provider.Callback) (url.Values, bool) {
	var parameters url.Values
	switch body := strings.TrimSpace(string(callback.Body)); {
	case callback.Method == http.MethodGet:
		_, query, _ := strings.Cut(callback.URL, "?")
		parameters, _ = url.ParseQuery(query)
	case strings.HasPrefix(body, "{"):
		parameters = flat(callback.Body)
	default:
		parameters, _ = url.ParseQuery(body)
	}
	return parameters, parameters.Get("messageId") != "" && parameters.Get("status") != ""
}

// flat reads an object of strings, or returns nothing.
func flat(body []byte) url.Values {
	var members map[string]string
	if json.Unmarshal(body, &members) != nil {
		return nil
	}
	values := make(url.Values, len(members))
	for name, value := range members {
		values.Set(name, value)
	}
	return values
}

// smsReceiptStatuses are those of developer.vonage.com/en/messaging/sms/guides/delivery-receipts.
var smsReceiptStatuses = map[string]provider.Status{
	"accepted":  provider.Sent, // by the network
	"buffered":  provider.Sent,
	"delivered": provider.Delivered,
	"failed":    provider.Undelivered,
	"rejected":  provider.Failed,
	"expired":   provider.Expired,
	"unknown":   provider.Unconfirmed,
}

// smsReceiptCodes is what err-code says, from the same page. "0" is no error.
var smsReceiptCodes = map[string]string{
	"1":  "the network gave no reason",
	"2":  "the phone could not be reached",
	"3":  "the number is no longer in use",
	"4":  "the recipient bars such messages",
	"5":  "the number was moved to another network",
	"6":  "the network took it for spam",
	"7":  "the phone was busy",
	"8":  "the network failed",
	"9":  "the recipient asked for no such messages",
	"10": "the network refused the message",
	"11": "the vendor has no route to this number",
	"12": "the number can't be reached",
	"13": "the recipient is too young for such messages",
	"14": "the network bars the number",
	"15": "the recipient's prepaid account is empty",
	"99": "the network gave no reason",
}

// receiptTime is how a receipt writes its time, which is in UTC.
const receiptTime = "2006-01-02 15:04:05"

func (c *Client) receiveSMS(callback provider.Callback, parameters url.Values) (provider.Reception, error) {
	signed := c.cfg.SignatureMethod != ""
	if signed {
		if err := c.verifySMS(parameters, callback.At); err != nil {
			return provider.Reception{}, err
		}
	} else if !callback.Trusted {
		return provider.Reception{}, unsigned(callback)
	}
	report := provider.Report{
		Reference: parameters.Get("client-ref"), ID: parameters.Get("messageId"), Status: statusIn(smsReceiptStatuses, parameters.Get("status")),
		At: timeIn(receiptTime, parameters.Get("message-timestamp")), Price: parameters.Get("price"), Network: parameters.Get("network-code"),
	}
	// A code that is no number is none of the vendor's.
	if code := parameters.Get("err-code"); code != "0" {
		if _, err := strconv.ParseUint(code, 10, 16); err == nil {
			report.Code, report.Reason = code, smsReceiptCodes[code]
		}
	}
	return provider.Reception{Reports: []provider.Report{report}, Signed: signed}, nil
}

// verifySMS returns nil where a receipt of the SMS API is signed and the signature is right and
// not old.
func (c *Client) verifySMS(parameters url.Values, now time.Time) error {
	if !validSignature(parameters, c.cfg.SignatureMethod, c.signing) {
		return provider.Forgery("the signature is missing or wrong")
	}
	seconds, err := strconv.ParseInt(parameters.Get("timestamp"), 10, 64)
	if err != nil {
		return provider.Forgery("the signature has no time")
	}
	return provider.Timely(time.Unix(seconds, 0), now)
}
