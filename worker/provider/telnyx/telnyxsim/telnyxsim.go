// Package telnyxsim is a look-alike of Telnyx's Messaging API and of its TeXML calls. It refuses
// what Telnyx refuses, in Telnyx's shapes, and also what Telnyx takes but does wrong by the sender:
// a call that repeats itself for ever because loop is 0, and a language that the voice ignores.
//
// Its own kinds of fault are Refuse, Throttle and Inside; the package simulator has the rest and
// the control endpoint.
package telnyxsim

import (
	"crypto/ed25519"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// The kinds of fault that are Telnyx's own.
const (
	// Refuse answers with Fault.Code, a code of the API such as "40310", with the HTTP status
	// that belongs to it. "10015:/to" names the parameter at fault as well.
	Refuse simulator.Kind = "refuse"
	// Throttle answers as Telnyx does above the account's limit: HTTP 429 and the code 10011.
	Throttle simulator.Kind = "throttle"
	// Inside answers a message with 200 and an id, but says that it could not be sent, with
	// Fault.Code, or "40008". It does nothing to calls.
	Inside simulator.Kind = "inside"
)

// Options say whom the look-alike knows. The zero value lets in anybody whose request has the right
// form.
type Options struct {
	// APIKey is the account's; empty lets any in.
	APIKey string
	// AccountSID and ApplicationID are those of calls, and Profile is the messaging profile;
	// empty lets any in.
	AccountSID, ApplicationID, Profile string
	// PrivateKey signs webhooks; without it they have no signature.
	PrivateKey ed25519.PrivateKey
	// SignCalls has status callbacks of calls signed as well. Whether Telnyx signs them no page
	// of it says.
	SignCalls bool
	// Keep is how many references are remembered; 0 means simulator.DefaultKeep.
	Keep int
}

// Server is the look-alike. It is an http.Handler.
type Server struct {
	*simulator.Server
	options Options
}

// New returns a look-alike of both APIs, at the vendor's paths. Close it when it is no longer used.
func New(options Options) *Server {
	s := &Server{options: options}
	s.Server = simulator.New(simulator.Options{
		Handler: s.route,
		Kinds:   []simulator.Kind{Refuse, Throttle, Inside},
		Receipt: s.receipt,
		Keep:    options.Keep,
	})
	return s
}

// The account of Development. Everybody knows it.
const (
	developmentKey         = "KEY0190000000000000000000000000000D_developmentonly"
	developmentAccount     = "61bf923e-0000-4000-8000-0000000000de"
	developmentApplication = "1700000000000000001"
	developmentProfile     = "40018f00-0000-4000-8000-0000000000de"
	developmentSeed        = "phonehook development only seed!" // of 32 bytes, as ed25519 wants it
)

// Development returns the account for trying things out.
func Development() Options {
	return Options{
		APIKey: developmentKey, AccountSID: developmentAccount, ApplicationID: developmentApplication, Profile: developmentProfile,
		PrivateKey: ed25519.NewKeyFromSeed([]byte(developmentSeed)),
	}
}

// Section returns the section of a worker's file for the account of Development.
func Section(base string) string {
	public, _ := Development().PrivateKey.Public().(ed25519.PublicKey) // it is nothing else
	return "api_key: " + developmentKey + "\n" +
		"public_key: " + base64.StdEncoding.EncodeToString(public) + "\n" +
		"from: \"+15550100123\"\n" +
		"messaging_profile_id: " + developmentProfile + "\n" +
		"voice: {account_sid: " + developmentAccount + ", application_id: \"" + developmentApplication + "\"}\n" +
		"base_url: " + base + "\nallow_insecure: true\n"
}

const (
	messagesPath = "/v2/messages"
	callsBefore  = "/v2/texml/Accounts/"
	callsAfter   = "/Calls"
)

func (s *Server) route(r *http.Request, body []byte, fault *simulator.Fault) simulator.Answer {
	account, isCall := strings.CutPrefix(r.URL.Path, callsBefore)
	if isCall {
		account, isCall = strings.CutSuffix(account, callsAfter)
	}
	switch {
	case r.URL.Path != messagesPath && (!isCall || account == "" || strings.Contains(account, "/")):
		s.Refuse("there is no API at this path")
		return problem("10005", "")
	case r.Method != http.MethodPost:
		s.Refuse("the method is not POST")
		return problem("10030", "")
	case !s.knows(r.Header.Get("Authorization")):
		s.Refuse("the API key is wrong")
		return problem("10009", "")
	case isCall && s.options.AccountSID != "" && account != s.options.AccountSID:
		s.Refuse("voice: the account in the path is another")
		return problem("10005", "")
	case isCall:
		return s.voice(r, body, fault)
	}
	return s.sms(r, body, fault)
}

// knows says whether an Authorization header lets in.
func (s *Server) knows(header string) bool {
	key, ok := strings.CutPrefix(header, "Bearer ")
	return ok && key != "" && (s.options.APIKey == "" || subtle.ConstantTimeCompare([]byte(key), []byte(s.options.APIKey)) == 1)
}

// statuses are the HTTP statuses of the codes that are not answered with 400.
var statuses = map[string]int{
	"10005": 404, "10007": 500, "10008": 504, "10009": 401, "10010": 403, "10011": 429, "10015": 422, "10016": 422, "10027": 422,
	"10029": 415, "10030": 405, "10037": 503, "20012": 403, "20013": 403, "20014": 403, "20015": 403, "20100": 402,
}

// problem answers with a code. The title and the detail quote what the request had in it, as the
// vendor's do.
func problem(code, pointer string) simulator.Answer {
	status, ok := statuses[code]
	if !ok {
		status = http.StatusBadRequest
	}
	one := map[string]any{
		"code": code, "title": "Refused", "detail": "Refused for what the request has at " + pointer,
		"meta": map[string]string{"url": "https://developers.telnyx.com/docs/overview/errors/" + code},
	}
	if pointer != "" {
		one["source"] = map[string]string{"pointer": pointer}
	}
	return answer(status, map[string]any{"errors": []any{one}})
}

func answer(status int, value any) simulator.Answer {
	body, _ := json.Marshal(value) // nothing in it fails
	return simulator.Answer{Status: status, Body: body}
}

// refuse acts on the faults that refuse a request.
func refuse(fault *simulator.Fault) (simulator.Answer, bool) {
	switch {
	case fault == nil:
		return simulator.Answer{}, false
	case fault.Kind == Throttle:
		return problem("10011", ""), true
	case fault.Kind == Refuse:
		code, pointer, _ := strings.Cut(fault.Code, ":")
		return problem(code, pointer), true
	}
	return simulator.Answer{}, false
}
