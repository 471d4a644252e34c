package messagebirdsim

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// report is what is reported of a message.
type report struct{ status, reason, code string }

var smsReports = map[simulator.Report]report{
	simulator.Sent:        {"sent", "pending DLR", ""},
	simulator.Delivered:   {"delivered", "successfully delivered", ""},
	simulator.Undelivered: {"delivery_failed", "unknown subscriber", "1"},
	simulator.Failed:      {"delivery_failed", "insufficient balance", ""},
	simulator.Expired:     {"expired", "unavailable subscriber", "27"},
}

// voiceReports are those of calls. One that nobody takes in time is failed.
var voiceReports = map[simulator.Report]report{
	simulator.Sent:        {status: "calling"},
	simulator.Delivered:   {status: "answered"},
	simulator.Undelivered: {status: "busy"},
	simulator.Failed:      {status: "failed"},
	simulator.Expired:     {status: "failed"},
}

// tokenLife is for how long a signature is good.
const tokenLife = time.Minute

// receipt makes a report, which is a GET with its parameters behind the address that was given.
func (s *Server) receipt(m simulator.Message, what simulator.Report) (*http.Request, error) {
	address := m.Callback
	if strings.Contains(address, "?") {
		address += "&"
	} else {
		address += "?"
	}
	address += parameters(m, what).Encode()
	request, err := http.NewRequest(http.MethodGet, address, http.NoBody) //nolint:noctx // the base gives it one
	if err != nil {
		return nil, err
	}
	request.Header.Set("User-Agent", "MessageBird/StatusReport")
	if s.options.SigningKey != "" {
		token, err := sign(address, s.options.SigningKey, time.Now())
		if err != nil {
			return nil, err
		}
		request.Header.Set("MessageBird-Signature-JWT", token)
	}
	return request, nil
}

func parameters(m simulator.Message, what simulator.Report) url.Values {
	one := smsReports[what]
	if m.Channel == "voice" {
		one = voiceReports[what]
	}
	form := url.Values{"id": {m.ID}, "reference": {m.Reference}, "recipient": {m.To}, "status": {one.status}, "statusDatetime": {now()}}
	if m.Channel == "voice" {
		return form
	}
	form.Set("statusReason", one.reason)
	form.Set("statusErrorCode", one.code)
	form.Set("mccmnc", "23430")
	form.Set("ported", "0")
	form.Set("messagePartCount", strconv.Itoa(m.Parts))
	form.Set("price[amount]", "0.0400")
	form.Set("price[currency]", "EUR")
	return form
}

// sign makes the token of a request without a body.
func sign(address, key string, at time.Time) (string, error) {
	sum := sha256.Sum256([]byte(address))
	return jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"iss": "MessageBird", "nbf": at.Unix(), "exp": at.Add(tokenLife).Unix(), "jti": newID(), "url_hash": hex.EncodeToString(sum[:]),
	}).SignedString([]byte(key))
}
