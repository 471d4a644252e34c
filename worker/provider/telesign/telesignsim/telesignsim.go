// Package telesignsim is a look-alike of TeleSign's messaging and voice APIs and of its status
// notifications. It refuses what TeleSign refuses, with TeleSign's codes, and also what TeleSign takes
// but does wrong by the sender: a parameter that it ignores, and a message of another type than a code.
//
// Its own kinds of fault are Refuse, Inside and Throttle; the package simulator has the rest and the
// control endpoint.
package telesignsim

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// The kinds of fault that are TeleSign's own.
const (
	// Refuse answers with Fault.Code, an error such as "11000" or "-40007", with the HTTP status
	// that belongs to it.
	Refuse simulator.Kind = "refuse"
	// Inside answers with HTTP 200, a reference and the status Fault.Code, or "507", in place of
	// the one that says that the message is on its way.
	Inside simulator.Kind = "inside"
	// Throttle answers as TeleSign does above the account's rate: HTTP 429 and an error.
	Throttle simulator.Kind = "throttle"
)

// Options say whom the look-alike knows. The zero value lets in anybody whose request has the right
// form, and then signs nothing.
type Options struct {
	// CustomerID and APIKey are the account's, the key in base64; without a key signatures are
	// not checked, and notifications have none.
	CustomerID, APIKey string
	// Keep is how many references are remembered; 0 means simulator.DefaultKeep.
	Keep int
}

// Server is the look-alike. It is an http.Handler.
type Server struct {
	*simulator.Server
	options  Options
	key      []byte
	nonces   nonces
	reportTo atomic.Pointer[string]
}

// New returns a look-alike of both APIs, at the vendor's paths. Close it when it is no longer used.
func New(options Options) *Server {
	key, err := base64.StdEncoding.DecodeString(options.APIKey)
	if err != nil {
		panic("telesignsim: the API key is not in base64")
	}
	s := &Server{options: options, key: key}
	s.Server = simulator.New(simulator.Options{
		Handler: s.serve,
		Kinds:   []simulator.Kind{Refuse, Inside, Throttle},
		Receipt: s.receipt,
		Keep:    options.Keep,
	})
	return s
}

// ReportTo has messages without an address of their own that are taken from now on reported to
// address, as TeleSign's support sets one for an account; empty ends that.
func (s *Server) ReportTo(address string) { s.reportTo.Store(&address) }

// The account of Development. Everybody knows it.
const (
	developmentCustomer = "FFFFFFFF-0000-4000-8000-0000000000DE"
	developmentKey      = "ZGV2ZWxvcG1lbnQgb25seSBkZXZlbG9wbWVudCBvbmx5IGRldmVsb3BtZW50"
)

// Development returns the account for trying things out.
func Development() Options { return Options{CustomerID: developmentCustomer, APIKey: developmentKey} }

// Section returns the section of a worker's file for the account of Development.
func Section(base string) string {
	return "customer_id: " + developmentCustomer + "\napi_key: " + developmentKey + "\nfrom: \"+15550100123\"\nvoice: {language: en-US}\n" +
		"base_url: " + base + "\nallow_insecure: true\n"
}

func (s *Server) serve(r *http.Request, body []byte, fault *simulator.Fault) simulator.Answer {
	isCall := r.URL.Path == "/v1/voice"
	switch {
	case !isCall && r.URL.Path != "/v1/messaging":
		s.Refuse("there is no API at this path")
		return problem(-40004, "")
	case r.Method != http.MethodPost:
		s.Refuse("the method is not POST")
		return problem(-40005, "")
	}
	if wrong := s.authorise(r, body); wrong != (mistake{}) {
		s.Refuse(wrong.reason)
		return problem(wrong.code, "")
	}
	form, wrong := parse(r, body, isCall)
	if wrong == (mistake{}) {
		wrong = check(form, isCall)
	}
	if wrong != (mistake{}) {
		s.Refuse(wrong.reason)
		return problem(wrong.code, form.Get("external_id"))
	}
	if code, ok := magic[simulator.MagicOf(form.Get("phone_number"))]; ok {
		return problem(code, form.Get("external_id"))
	}
	if refusal, refused := refuse(fault); refused {
		return refusal
	}
	return s.take(form, isCall)
}

// mistake is why a request is refused: the vendor's code and the reason that the look-alike counts.
// A zero mistake is none.
type mistake struct {
	code   int
	reason string
}

// httpStatuses are those of the codes that are not answered with 400.
var httpStatuses = map[int]int{
	10000: 500, 10019: 429, 10020: 429, -90001: 503, -40007: 429, -40008: 429, -40004: 404, -40005: 405, 10030: 402, -10030: 402,
}

func httpStatus(code int) int {
	status, ok := httpStatuses[code]
	switch {
	case ok:
		return status
	case 10002 <= code && code < 10036, -30015 <= code && code <= -30000:
		return http.StatusUnauthorized
	}
	return http.StatusBadRequest
}

// refuse acts on the faults that refuse a request.
func refuse(fault *simulator.Fault) (simulator.Answer, bool) {
	if fault == nil {
		return simulator.Answer{}, false
	}
	code, _ := strconv.Atoi(fault.Code)
	switch {
	case fault.Kind == Refuse:
		return problem(code, ""), true
	case fault.Kind == Inside && code == 0:
		return answer(http.StatusOK, transaction(reference(), 507, "")), true
	case fault.Kind == Inside:
		return answer(http.StatusOK, transaction(reference(), code, "")), true
	case fault.Kind == Throttle:
		return problem(10019, ""), true
	}
	return simulator.Answer{}, false
}

// problem answers with a code: as the status where it is one of the APIs' own, and for the older,
// negative ones among the errors, below the status that nothing was attempted.
func problem(code int, external string) simulator.Answer {
	body := transaction(reference(), code, external)
	if code < 0 {
		body = transaction(reference(), 500, external)
		body["errors"] = []any{map[string]any{"code": code, "description": describe(code)}}
	}
	return answer(httpStatus(code), body)
}

// describe is the vendor's text for a code. TeleSign's quote parameters, and so does this one.
func describe(code int) string { return "Description of " + strconv.Itoa(code) + " for message" }

func transaction(id string, code int, external string) map[string]any {
	body := map[string]any{
		"reference_id": id,
		"status":       map[string]any{"code": code, "description": describe(code), "updated_on": now()},
	}
	if external != "" {
		body["external_id"] = external
	}
	return body
}

// reference returns the vendor's name for a transaction.
func reference() string { return strings.ToUpper(strings.ReplaceAll(uuid.NewString(), "-", "")) }

func now() string { return time.Now().UTC().Format("2006-01-02T15:04:05.000000Z") }

func answer(status int, value any) simulator.Answer {
	body, _ := json.Marshal(value) // nothing in it fails
	return simulator.Answer{Status: status, Body: body}
}
