package plivosim

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// outcome is a status with the code of its reason.
type outcome struct{ status, code string }

var smsOutcomes = map[simulator.Report]outcome{
	simulator.Sent: {"sent", ""}, simulator.Delivered: {"delivered", ""}, simulator.Undelivered: {"undelivered", "80"},
	simulator.Failed: {"failed", "300"}, simulator.Expired: {"failed", "420"},
}

// A call whose time is over was not answered.
var callOutcomes = map[simulator.Report]outcome{
	simulator.Sent: {"ringing", ""}, simulator.Delivered: {"completed", "4010"}, simulator.Undelivered: {"busy", "3010"},
	simulator.Failed: {"failed", "5020"}, simulator.Expired: {"no-answer", "6010"},
}

// The vendor takes messages to these recipients, and reports that they could not be delivered.
var (
	magicSMS = map[simulator.Magic]outcome{
		simulator.NoRoute: {"undelivered", "90"}, simulator.CountryBarred: {"failed", "450"}, simulator.OptedOut: {"failed", "200"},
		simulator.NotCapable: {"undelivered", "70"},
	}
	magicCalls = map[simulator.Magic]outcome{simulator.NoRoute: {"failed", "5020"}, simulator.CountryBarred: {"failed", "2030"}}
)

// receipt makes a report of a message or of a call.
func (s *Server) receipt(m simulator.Message, report simulator.Report) (*http.Request, error) {
	if m.Channel == "voice" {
		return s.post(m.Callback, callReport(m, report), true)
	}
	return s.post(m.Callback, smsReport(m, report), !s.options.OnlyV2)
}

func smsReport(m simulator.Message, report simulator.Report) url.Values {
	o := smsOutcomes[report]
	if magic, ok := magicSMS[simulator.MagicOf(m.To)]; ok && report != simulator.Sent {
		o = magic
	}
	const layout = "2006-01-02 15:04:05.000000"
	form := url.Values{
		"MessageUUID": {m.ID}, "ParentMessageUUID": {m.ID}, "To": {m.To}, "From": {m.From}, "Type": {"sms"}, "Status": {o.status},
		"Units": {strconv.Itoa(m.Parts)}, "TotalRate": {"0.00350"}, "TotalAmount": {"0.00350"}, "MCC": {"234"}, "MNC": {"10"},
		"PartInfo": {"1 of 1"}, "Sequence": {"1"}, "PowerpackUUID": {""}, "requester_ip": {"192.0.2.1"},
		"MessageTime": {m.At.Format(layout)}, "QueuedTime": {m.At.Format(layout)}, "SentTime": {time.Now().Format(layout)},
	}
	if o.code != "" {
		form.Set("ErrorCode", o.code)
	}
	return form
}

func callReport(m simulator.Message, report simulator.Report) url.Values {
	o := callOutcomes[report]
	if report == simulator.Sent {
		return callForm(m.ID, m.From, m.To, "Ring", o.status)
	}
	switch magic, ok := magicCalls[simulator.MagicOf(m.To)]; {
	case ok:
		o = magic
	case report == simulator.Delivered && m.Text == unreached:
		o.code = "7011"
	case report == simulator.Delivered && m.Text == notAWord:
		o.code = "8011"
	}
	form := callForm(m.ID, m.From, m.To, "Hangup", o.status)
	form.Set("HangupCauseName", "Cause "+o.code)
	form.Set("HangupCauseCode", o.code)
	form.Set("HangupSource", "Plivo")
	form.Set("Duration", "12")
	form.Set("BillDuration", "60")
	form.Set("TotalCost", "0.01000")
	form.Set("StartTime", m.At.Format(time.DateTime))
	form.Set("EndTime", time.Now().Format(time.DateTime))
	return form
}

// post makes a signed request of a form.
func (s *Server) post(address string, form url.Values, v3 bool) (*http.Request, error) {
	request, err := http.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode())) //nolint:noctx // the base gives it one
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("User-Agent", "Plivo")
	if s.options.AuthToken == "" {
		return request, nil
	}
	main := s.options.MainToken
	if main == "" {
		main = s.options.AuthToken
	}
	n := nonce()
	request.Header.Set("X-Plivo-Signature-V2", sign(s.options.AuthToken, bare(request.URL)+n))
	request.Header.Set("X-Plivo-Signature-Ma-V2", sign(main, bare(request.URL)+n))
	request.Header.Set("X-Plivo-Signature-V2-Nonce", n)
	if v3 {
		text := whole(request.URL, form) + "." + n
		request.Header.Set("X-Plivo-Signature-V3", sign(s.options.AuthToken, text))
		request.Header.Set("X-Plivo-Signature-Ma-V3", sign(main, text))
		request.Header.Set("X-Plivo-Signature-V3-Nonce", n)
	}
	return request, nil
}

func sign(token, text string) string {
	mac := hmac.New(sha256.New, []byte(token))
	_, _ = mac.Write([]byte(text)) // never fails
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// nonce is a random number of up to 20 digits.
func nonce() string {
	n, _ := rand.Int(rand.Reader, new(big.Int).Exp(big.NewInt(10), big.NewInt(20), nil)) // never fails
	return n.String()
}

// bare is an address without its query.
func bare(u *url.URL) string { return u.Scheme + "://" + u.Host + u.EscapedPath() }

// whole is an address with its query sorted and the form's parameters behind it.
func whole(u *url.URL, form url.Values) string {
	query, body := sorted(u.Query(), "="), sorted(form, "")
	text := bare(u) + "?" + strings.Join(query, "&")
	if len(query) > 0 && len(body) > 0 {
		text += "."
	}
	return text + strings.Join(body, "")
}

func sorted(values url.Values, between string) []string {
	all := make([]string, 0, len(values))
	for key := range values {
		all = append(all, key)
	}
	sort.Strings(all)
	for i, key := range all {
		all[i] = key + between + values.Get(key)
	}
	return all
}
