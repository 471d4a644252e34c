package awssim

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // as the vendor signs
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// textEvents and voiceEvents are the types of event that the reports are.
var (
	textEvents = map[simulator.Report]string{
		simulator.Sent: "TEXT_SUCCESSFUL", simulator.Delivered: "TEXT_DELIVERED", simulator.Undelivered: "TEXT_CARRIER_BLOCKED",
		simulator.Failed: "TEXT_PROTECT_BLOCKED", simulator.Expired: "TEXT_TTL_EXPIRED",
	}
	voiceEvents = map[simulator.Report]string{
		simulator.Sent: "VOICE_RINGING", simulator.Delivered: "VOICE_COMPLETED", simulator.Undelivered: "VOICE_NO_ANSWER",
		simulator.Failed: "VOICE_FAILED", simulator.Expired: "VOICE_TTL_EXPIRED",
	}
)

// receipt makes a notification with an event about a message.
func (s *Server) receipt(m simulator.Message, report simulator.Report) (*http.Request, error) {
	address, kept, _ := strings.Cut(m.Callback, "#")
	values, err := url.ParseQuery(kept)
	if err != nil {
		return nil, err
	}
	context := make(map[string]string)
	for key := range values {
		context[key] = values.Get(key)
	}
	body, err := s.notify(event(&m, context, report))
	if err != nil {
		return nil, err
	}
	return post(address, "Notification", body)
}

func event(m *simulator.Message, context map[string]string, report simulator.Report) string {
	now := time.Now().UnixMilli()
	value := map[string]any{
		"eventVersion": "1.0", "eventTimestamp": now, "isFinal": report != simulator.Sent, "originationPhoneNumber": m.From,
		"destinationPhoneNumber": m.To, "isoCountryCode": "GB", "messageId": m.ID, "messageRequestTimestamp": m.At.UnixMilli(), "context": context,
	}
	kind := textEvents[report]
	if m.Channel == "voice" {
		kind = voiceEvents[report]
	} else {
		value["mcc"], value["mnc"], value["carrierName"] = "234", "15", "Acme Mobile"
		value["messageEncoding"], value["messageType"] = "GSM", "TRANSACTIONAL"
		value["totalMessageParts"], value["totalMessagePrice"], value["totalCarrierFee"] = m.Parts, 0.00581, 0.00302
	}
	_, status, _ := strings.Cut(kind, "_")
	value["eventType"], value["messageStatus"], value["messageStatusDescription"] = kind, status, "What became of the message to "+m.To
	body, _ := json.Marshal(value) // nothing in it fails
	return string(body)
}

// notify makes a signed notification of a message
// (docs.aws.amazon.com/sns/latest/dg/http-notification-json.html).
func (s *Server) notify(message string) ([]byte, error) {
	return s.sign([]string{"Message", "MessageId", "Timestamp", "TopicArn", "Type"}, map[string]string{
		"Type": "Notification", "Message": message,
		"UnsubscribeURL": s.host() + "/?Action=Unsubscribe&SubscriptionArn=" + s.options.TopicARN + ":0",
	})
}

// Subscription makes the request in which the topic asks an address whether it wants to be
// subscribed. Its token is given back when it is confirmed.
func (s *Server) Subscription(address string) (*http.Request, error) {
	token := uuid.NewString()
	query := url.Values{"Action": {"ConfirmSubscription"}, "TopicArn": {s.options.TopicARN}, "Token": {token}}
	body, err := s.sign([]string{"Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"}, map[string]string{
		"Type": "SubscriptionConfirmation", "Token": token, "SubscribeURL": s.host() + "/?" + query.Encode(),
		"Message": "You have chosen to subscribe to the topic. To confirm the subscription, visit the SubscribeURL included in this message.",
	})
	if err != nil {
		return nil, err
	}
	return post(address, "SubscriptionConfirmation", body)
}

// sign completes a notification and signs its fields with the names.
func (s *Server) sign(names []string, fields map[string]string) ([]byte, error) {
	fields["MessageId"], fields["TopicArn"] = uuid.NewString(), s.options.TopicARN
	fields["Timestamp"] = time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	fields["SignatureVersion"], fields["SigningCertURL"] = s.options.SignatureVersion, s.host()+s.certificatePath()
	var signed strings.Builder
	for _, name := range names {
		signed.WriteString(name + "\n" + fields[name] + "\n")
	}
	hash, digest := crypto.SHA256, sha256.Sum256([]byte(signed.String()))
	sum := digest[:]
	if s.options.SignatureVersion == "1" {
		short := sha1.Sum([]byte(signed.String())) //nolint:gosec // as the vendor signs
		hash, sum = crypto.SHA1, short[:]
	}
	signature, err := rsa.SignPKCS1v15(rand.Reader, s.options.PrivateKey, hash, sum)
	if err != nil {
		return nil, err
	}
	fields["Signature"] = base64.StdEncoding.EncodeToString(signature)
	return json.Marshal(fields)
}

// post makes the request of a notification. Its type is that of a text, as SNS has it.
func post(address, kind string, body []byte) (*http.Request, error) {
	request, err := http.NewRequest(http.MethodPost, address, strings.NewReader(string(body))) //nolint:noctx // the base gives it one
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "text/plain; charset=UTF-8")
	request.Header.Set("User-Agent", "Amazon Simple Notification Service Agent")
	request.Header.Set("X-Amz-Sns-Message-Type", kind)
	return request, nil
}

// host is where the vendor has what notifications name. The look-alike is asked in its place.
func (s *Server) host() string {
	region := "eu-west-1"
	if parts := strings.Split(s.options.TopicARN, ":"); len(parts) > 3 {
		region = parts[3]
	}
	return "https://sns." + region + ".amazonaws.com"
}

// certificatePath is where the certificate is: under a name of its own, as the vendor has it.
func (s *Server) certificatePath() string {
	digest := sha256.Sum256(s.options.Certificate)
	return "/SimpleNotificationService-" + hex.EncodeToString(digest[:16]) + ".pem"
}

// confirm subscribes who has the token. A look-alike has the only subscription that there is, so
// that any token will do.
func (s *Server) confirm(query url.Values) simulator.Answer {
	if query.Get("TopicArn") != s.options.TopicARN || query.Get("Token") == "" {
		s.Refuse("sns: the subscription is of another topic, or has no token")
		return problemXML("InvalidParameter:Token", "")
	}
	s.confirmed.Add(1)
	return answerXML(http.StatusOK, struct {
		XMLName xml.Name `xml:"http://sns.amazonaws.com/doc/2010-03-31/ ConfirmSubscriptionResponse"`
		ARN     string   `xml:"ConfirmSubscriptionResult>SubscriptionArn"`
	}{ARN: s.options.TopicARN + ":" + uuid.NewString()})
}
