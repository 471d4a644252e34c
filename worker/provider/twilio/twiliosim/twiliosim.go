// Package twiliosim is a look-alike of Twilio's Messages, Calls and Verifications. It refuses what
// Twilio refuses, in Twilio's shapes, and also what Twilio takes but does wrong by the sender: a
// parameter that it ignores, a call that repeats itself for ever because loop is 0, and a voice that
// does not speak the language. It has no limit of the codes that a number gets in ten minutes.
//
// Its own kinds of fault are Refuse, Throttle and Inside; the package simulator has the rest and
// the control endpoint.
package twiliosim

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// The kinds of fault that are Twilio's own.
const (
	// Refuse answers with Fault.Code, a code of the dictionary such as "21610", with the HTTP
	// status that belongs to it.
	Refuse simulator.Kind = "refuse"
	// Throttle answers as Twilio does above the account's limit: HTTP 429 and the code 20429.
	Throttle simulator.Kind = "throttle"
	// Inside answers a message with 201 and an id, but says that it could not be sent, with
	// Fault.Code, or "30007". It does nothing to calls and verifications.
	Inside simulator.Kind = "inside"
)

// Options say whom the look-alike knows. The zero value lets in anybody whose request has the right
// form.
type Options struct {
	// AccountSID and AuthToken are the account's, APIKeySID and APIKeySecret those of a key that
	// lets in as well; empty lets any in.
	AccountSID, AuthToken   string
	APIKeySID, APIKeySecret string
	// MessagingServiceSID and VerifyServiceSID are the services; empty lets any in.
	MessagingServiceSID, VerifyServiceSID string
	// JSONReports has reports made as JSON, with their hash in the address. Twilio has them as
	// forms, and other webhooks so.
	JSONReports bool
	// Keep is how many references are remembered; 0 means simulator.DefaultKeep.
	Keep int
}

// Server is the look-alike. It is an http.Handler.
type Server struct {
	*simulator.Server
	options       Options
	verifications pending
}

// New returns a look-alike of the three APIs, at the vendor's paths. Close it when it is no longer
// used.
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
	developmentAccount = "AC000000000000000000000000000000de"
	developmentToken   = "development-only"
	developmentPool    = "MG000000000000000000000000000000de"
	developmentVerify  = "VA000000000000000000000000000000de"
)

// Development returns the account for trying things out.
func Development() Options {
	return Options{
		AccountSID: developmentAccount, AuthToken: developmentToken, MessagingServiceSID: developmentPool, VerifyServiceSID: developmentVerify,
	}
}

// Section returns the section of a worker's file for the account of Development.
func Section(base string) string {
	return "account_sid: " + developmentAccount + "\nauth_token: " + developmentToken + "\n" +
		"from: \"+15550100123\"\nmessaging_service_sid: " + developmentPool + "\n" +
		"base_url: " + base + "\nallow_insecure: true\n"
}

// The paths of the APIs. What stands in brackets is the account, the service and the verification.
var (
	accountPath = regexp.MustCompile(`^/2010-04-01/Accounts/([^/]+)/(Messages|Calls)\.json$`)
	servicePath = regexp.MustCompile(`^/v2/Services/([^/]+)/Verifications(?:/([^/]+))?$`)
)

func (s *Server) route(r *http.Request, body []byte, fault *simulator.Fault) simulator.Answer {
	account, service := accountPath.FindStringSubmatch(r.URL.Path), servicePath.FindStringSubmatch(r.URL.Path)
	switch {
	case account == nil && service == nil:
		return s.refuse(mistake{"20404", "there is no API at this path"})
	case r.Method != http.MethodPost:
		return s.refuse(mistake{"20004", "the method is not POST"})
	case !s.knows(r):
		return s.refuse(mistake{"20003", "the credentials are wrong"})
	case account != nil && !is(s.options.AccountSID, "AC", account[1]):
		return s.refuse(mistake{"20404", "the account in the path is another"})
	case service != nil && !is(s.options.VerifyServiceSID, "VA", service[1]):
		return s.refuse(mistake{"20404", "verify: the service in the path is another"})
	}
	form, wrong := parse(r, body)
	switch {
	case wrong != (mistake{}):
		return s.refuse(wrong)
	case service != nil && service[2] != "":
		return s.update(service[2], form, fault)
	case service != nil:
		return s.verify(service[1], form, fault)
	case account[2] == "Calls":
		return s.voice(account[1], form, fault)
	}
	return s.sms(account[1], form, fault)
}

// knows says whether a request's credentials let in.
func (s *Server) knows(r *http.Request) bool {
	user, password, ok := r.BasicAuth()
	if !ok || password == "" {
		return false
	}
	return is(s.options.AccountSID, "AC", user) && same(s.options.AuthToken, password) ||
		is(s.options.APIKeySID, "SK", user) && same(s.options.APIKeySecret, password)
}

// same compares a credential with the one that is known, if one is.
func same(known, given string) bool {
	return known == "" || subtle.ConstantTimeCompare([]byte(known), []byte(given)) == 1
}

var sid = regexp.MustCompile(`^[A-Z]{2}[0-9a-fA-F]{32}$`)

// is says whether given is an id of the kind, and the one that is known, if one is.
func is(known, kind, given string) bool {
	return sid.MatchString(given) && given[:2] == kind && same(known, given)
}

// newSID returns an id of the kind.
func newSID(kind string) string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	return kind + hex.EncodeToString(id[:])
}

// mistake is why a request is refused: the vendor's code, and the reason that the look-alike counts.
// A zero mistake is none.
type mistake struct{ code, reason string }

func (s *Server) refuse(m mistake) simulator.Answer {
	s.Refuse(m.reason)
	return problem(m.code)
}

// statuses are the HTTP statuses of the codes that are not answered with 400.
var statuses = map[string]int{
	"10004": 429, "20003": 401, "20004": 405, "20005": 403, "20403": 403, "20404": 404, "20429": 429, "20500": 500, "20503": 503, "20504": 504,
	"21611": 429, "60203": 429, "60204": 403, "60205": 403, "60212": 429, "60238": 403, "60410": 403, "60605": 403,
}

// problem answers with a code. The text quotes what the request had in it, as the vendor's does.
func problem(code string) simulator.Answer {
	status, ok := statuses[code]
	if !ok {
		status = http.StatusBadRequest
	}
	number, _ := strconv.Atoi(code) // what is none is 0, which is in no list
	return answer(status, map[string]any{
		"code": number, "message": "The 'To' number of this request is refused", "more_info": "https://www.twilio.com/docs/errors/" + code, "status": status,
	})
}

func answer(status int, value any) simulator.Answer {
	body, _ := json.Marshal(value) // nothing in it fails
	return simulator.Answer{Status: status, Body: body}
}

// refusal acts on the recipients with a meaning and on the faults that refuse a request.
func refusal(to string, magic map[simulator.Magic]string, fault *simulator.Fault) (simulator.Answer, bool) {
	code, refused := magic[simulator.MagicOf(to)]
	switch {
	case refused:
		return problem(code), true
	case fault == nil:
		return simulator.Answer{}, false
	case fault.Kind == Throttle:
		return problem("20429"), true
	case fault.Kind == Refuse:
		return problem(fault.Code), true
	}
	return simulator.Answer{}, false
}
