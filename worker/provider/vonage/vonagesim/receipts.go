package vonagesim

import (
	"crypto/hmac"
	"crypto/md5"  //nolint:gosec // what the vendor's dashboard offers
	"crypto/sha1" //nolint:gosec // likewise
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"hash"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// What the three APIs say of a message: status and err-code of the SMS API, status and code of the
// Messages API, and the status of a call. A call has none for a message that was too late.
var (
	smsReports = map[simulator.Report][2]string{
		simulator.Sent: {"buffered", "0"}, simulator.Delivered: {"delivered", "0"}, simulator.Undelivered: {"failed", "2"},
		simulator.Failed: {"rejected", "6"}, simulator.Expired: {"expired", "1"},
	}
	messageReports = map[simulator.Report][2]string{
		simulator.Sent: {"submitted", ""}, simulator.Delivered: {"delivered", ""}, simulator.Undelivered: {"undeliverable", "1260"},
		simulator.Failed: {"rejected", "1120"}, simulator.Expired: {"undeliverable", "1360"},
	}
	callReports = map[simulator.Report]string{
		simulator.Sent: "ringing", simulator.Delivered: "answered", simulator.Undelivered: "unanswered", simulator.Failed: "failed",
		simulator.Expired: "timeout",
	}
)

// receipt makes the request about a message, of the API that took it.
func (s *Server) receipt(m simulator.Message, report simulator.Report) (*http.Request, error) {
	switch {
	case m.Channel == "voice":
		return s.withToken(m.Callback, map[string]any{
			"uuid": m.ID, "conversation_uuid": "CON-" + m.ID, "status": callReports[report], "direction": "outbound",
			"from": m.From, "to": strings.TrimPrefix(m.To, "+"), "timestamp": now(), "headers": map[string]string{},
		})
	case len(m.ID) == smsIDLength:
		return s.smsReceipt(m, smsReports[report])
	}
	what := messageReports[report]
	body := map[string]any{
		"message_uuid": m.ID, "client_ref": m.Reference, "to": strings.TrimPrefix(m.To, "+"), "from": m.From, "timestamp": now(), "status": what[0],
		"channel": "sms", "usage": map[string]string{"currency": "EUR", "price": "0.0333"}, "destination": map[string]string{"network_code": "23410"},
		"sms": map[string]string{"count_total": strconv.Itoa(m.Parts)},
	}
	if what[1] != "" {
		body["error"] = map[string]string{
			"type": "https://developer.vonage.com/api-errors/messages#" + what[1], "title": what[1], "detail": "Refused for " + m.To, "instance": uuid.NewString(),
		}
	}
	return s.withToken(m.Callback, body)
}

func now() string { return time.Now().UTC().Format("2006-01-02T15:04:05.000Z") }

// withToken makes a request with a body and, where the account signs, a token for it.
func (s *Server) withToken(address string, value any) (*http.Request, error) {
	body, _ := json.Marshal(value)                                                             // nothing in it fails
	request, err := http.NewRequest(http.MethodPost, address, strings.NewReader(string(body))) //nolint:noctx // the base gives it one
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if s.options.SignatureSecret == "" {
		return request, nil
	}
	sum := sha256.Sum256(body)
	claims := jwt.MapClaims{"iat": time.Now().Unix(), "jti": uuid.NewString(), "iss": "Vonage", "payload_hash": hex.EncodeToString(sum[:])}
	for name, value := range map[string]string{"api_key": s.options.APIKey, "application_id": s.options.ApplicationID} {
		if value != "" {
			claims[name] = value
		}
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(s.options.SignatureSecret))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	return request, nil
}

func (s *Server) smsReceipt(m simulator.Message, what [2]string) (*http.Request, error) {
	at := time.Now().UTC()
	form := url.Values{
		"msisdn": {strings.TrimPrefix(m.To, "+")}, "to": {m.From}, "network-code": {"23410"}, "messageId": {m.ID}, "price": {"0.03330000"},
		"status": {what[0]}, "err-code": {what[1]}, "scts": {at.Format("0601021504")}, "message-timestamp": {at.Format("2006-01-02 15:04:05")},
		"client-ref": {m.Reference}, "api-key": {s.options.APIKey},
	}
	if s.options.SignatureMethod != "" {
		form.Set("timestamp", strconv.FormatInt(at.Unix(), 10))
		form.Set("nonce", uuid.NewString())
		form.Set("sig", s.sign(form))
	}
	method, address, media, body := http.MethodPost, m.Callback, "application/x-www-form-urlencoded", form.Encode()
	switch s.options.ReceiptForm {
	case http.MethodGet:
		method, address, media, body = http.MethodGet, m.Callback+"?"+form.Encode(), "", ""
	case "JSON":
		media, body = "application/json", asJSON(form)
	}
	request, err := http.NewRequest(method, address, strings.NewReader(body)) //nolint:noctx // the base gives it one
	if err != nil {
		return nil, err
	}
	if media != "" {
		request.Header.Set("Content-Type", media)
	}
	return request, nil
}

func asJSON(form url.Values) string {
	members := make(map[string]string, len(form))
	for name := range form {
		members[name] = form.Get(name)
	}
	body, _ := json.Marshal(members) // nothing in it fails
	return string(body)
}

// sign returns the parameter sig for the others, as
// developer.vonage.com/en/getting-started/concepts/signing-messages describes it.
func (s *Server) sign(form url.Values) string {
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	sort.Strings(names)
	pairs := make([]string, len(names))
	for i, name := range names {
		value := strings.ReplaceAll(strings.ReplaceAll(form.Get(name), "&", "_"), "=", "_")
		pairs[i] = "&" + name + "=" + value
	}
	text := strings.Join(pairs, "")
	hashes := map[string]func() hash.Hash{"md5": md5.New, "sha1": sha1.New, "sha256": sha256.New, "sha512": sha512.New}
	if make := hashes[s.options.SignatureMethod]; make != nil {
		mac := hmac.New(make, []byte(s.options.SignatureSecret))
		mac.Write([]byte(text))
		return strings.ToUpper(hex.EncodeToString(mac.Sum(nil)))
	}
	sum := md5.Sum([]byte(text + s.options.SignatureSecret)) //nolint:gosec // the account is configured so
	return hex.EncodeToString(sum[:])
}
