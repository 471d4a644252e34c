// Package plivosim is a look-alike of Plivo's Message API and of its calls. It refuses what Plivo
// refuses, in Plivo's shapes, and also what Plivo takes but does wrong by the sender: a name that it
// would change, and instructions that repeat themselves for ever.
//
// Its phone is answered at once: the look-alike asks the answer URL what to say before it answers
// the request for the call, so that a call that was taken has its text. What it reports of the call
// later may still be that nobody answered. It reports ringing and hanging up to one address.
//
// Its own kinds of fault are Refuse and Throttle; the package simulator has the rest and the
// control endpoint.
package plivosim

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// The kinds of fault that are Plivo's own.
const (
	// Refuse answers with the HTTP status Fault.Code, such as "400". "400:Insufficient Credit"
	// has the text of the error as well.
	Refuse simulator.Kind = "refuse"
	// Throttle answers as Plivo does above the account's limit: HTTP 429.
	Throttle simulator.Kind = "throttle"
)

// Options say whom the look-alike knows. The zero value lets in anybody whose request has the right
// form, and signs nothing.
type Options struct {
	// AuthID and AuthToken are the account's; empty lets any in. The token signs what the
	// look-alike sends.
	AuthID, AuthToken string
	// MainToken is the main account's where the account is a subaccount of it.
	MainToken string
	// Powerpack is the account's; empty lets any in.
	Powerpack string
	// OnlyV2 has reports of SMS signed as the vendor's page about messages says, without V3.
	OnlyV2 bool
	// Unasked has calls taken without asking what they say, for tests of reports alone.
	Unasked bool
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
		Kinds:   []simulator.Kind{Refuse, Throttle},
		Receipt: s.receipt,
		Keep:    options.Keep,
	})
	return s
}

// The account of Development. Everybody knows it.
const (
	developmentID    = "MADEVELOPMENTONLY000"
	developmentToken = "development-only"
)

// Development returns the account for trying things out.
func Development() Options { return Options{AuthID: developmentID, AuthToken: developmentToken} }

// Section returns the section of a worker's file for the account of Development. Its calls need the
// section receipts beside it.
func Section(base string) string {
	return "auth_id: " + developmentID + "\n" +
		"auth_token: " + developmentToken + "\n" +
		"from: \"+15550100123\"\n" +
		"base_url: " + base + "\nallow_insecure: true\n"
}

func (s *Server) route(r *http.Request, body []byte, fault *simulator.Fault) simulator.Answer {
	id, token, ok := r.BasicAuth()
	account, api, found := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v1/Account/"), "/")
	switch {
	case !found || !strings.HasPrefix(r.URL.Path, "/v1/Account/") || api != "Message/" && api != "Call/":
		s.Refuse("there is no API at this path")
		return problem(http.StatusNotFound, "not found")
	case !ok || !s.knows(id, token):
		s.Refuse("the credentials are wrong")
		return problem(http.StatusUnauthorized, "authentication failed")
	case r.Method != http.MethodPost:
		s.Refuse("the method is not POST")
		return problem(http.StatusMethodNotAllowed, "method not allowed")
	case account != id:
		s.Refuse("the account in the path is another")
		return problem(http.StatusNotFound, "not found")
	case api == "Call/":
		return s.voice(r, body, fault)
	}
	return s.sms(r, body, fault)
}

// knows says whether the credentials let in.
func (s *Server) knows(id, token string) bool {
	o := &s.options
	return id != "" && token != "" && (o.AuthID == "" || id == o.AuthID) &&
		(o.AuthToken == "" || subtle.ConstantTimeCompare([]byte(token), []byte(o.AuthToken)) == 1)
}

// problem answers with an error, which has no code and can quote what the request had in it.
func problem(status int, text string) simulator.Answer {
	return answer(status, map[string]any{"api_id": uuid.NewString(), "error": text})
}

func answer(status int, value any) simulator.Answer {
	body, _ := json.Marshal(value) // nothing in it fails
	return simulator.Answer{Status: status, Body: body}
}

// refuse acts on the faults and the recipients that have a request refused.
func refuse(to string, fault *simulator.Fault) (simulator.Answer, bool) {
	magic := simulator.MagicOf(to)
	switch {
	case magic == simulator.InvalidNumber:
		return problem(http.StatusBadRequest, to+" is not a valid phone number"), true
	case magic == simulator.TooMany:
		return problem(http.StatusTooManyRequests, "rate limit exceeded"), true
	case magic == simulator.NoCredit:
		return problem(http.StatusBadRequest, "Insufficient Credit"), true
	case fault == nil:
		return simulator.Answer{}, false
	case fault.Kind == Throttle:
		return problem(http.StatusTooManyRequests, "rate limit exceeded"), true
	case fault.Kind == Refuse:
		number, text, _ := strings.Cut(fault.Code, ":")
		status, err := strconv.Atoi(number)
		if err != nil || status < 400 || status > 599 {
			status = http.StatusBadRequest
		}
		return problem(status, text), true
	}
	return simulator.Answer{}, false
}
