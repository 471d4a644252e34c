// Package mittosim is a look-alike of Mitto's SMS API and of its delivery reports. It refuses what
// Mitto refuses, with Mitto's codes, and also what Mitto takes but does wrong by the sender: an
// unknown field, which Mitto ignores, and a number with a plus sign.
//
// Its own kinds of fault are Refuse, Inside and Throttle; the package simulator has the rest and the
// control endpoint.
package mittosim

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"time"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// The kinds of fault that are Mitto's own.
const (
	// Refuse answers with HTTP 400 and the responseCode Fault.Code, such as "8".
	Refuse simulator.Kind = "refuse"
	// Inside answers with HTTP 200 and the responseCode Fault.Code, or "1".
	Inside simulator.Kind = "inside"
	// Throttle answers with HTTP 429.
	Throttle simulator.Kind = "throttle"
)

// Options say whom the look-alike knows. The zero value lets in anybody whose request has the right
// form.
type Options struct {
	// APIKey is the account's; empty lets any in.
	APIKey string
	// Post has reports made by POST of a form; without it they are made by GET.
	Post bool
	// Keep is how many references are remembered; 0 means simulator.DefaultKeep.
	Keep int
}

// Server is the look-alike. It is an http.Handler.
type Server struct {
	*simulator.Server
	options Options
}

// New returns a look-alike at the vendor's path /sms. Close it when it is no longer used.
func New(options Options) *Server {
	s := &Server{options: options}
	s.Server = simulator.New(simulator.Options{
		Handler: s.serve,
		Kinds:   []simulator.Kind{Refuse, Inside, Throttle},
		Receipt: s.receipt,
		Keep:    options.Keep,
	})
	return s
}

// developmentKey is the key of Development. Everybody knows it.
const developmentKey = "DevelopmentOnlyDevelopmentOnly00"

// Development returns the account for trying things out.
func Development() Options { return Options{APIKey: developmentKey} }

// Section returns the section of a worker's file for the account of Development.
func Section(base string) string {
	return "api_key: " + developmentKey + "\nfrom: \"15550100123\"\nbase_url: " + base + "\nallow_insecure: true\n"
}

func (s *Server) serve(r *http.Request, body []byte, fault *simulator.Fault) simulator.Answer {
	switch {
	case r.URL.Path != "/sms" && r.URL.Path != "/sms.json":
		s.Refuse("there is no API at this path")
		return simulator.Answer{Status: http.StatusNotFound}
	case r.Method != http.MethodPost:
		s.Refuse("the method is not POST")
		return simulator.Answer{Status: http.StatusMethodNotAllowed}
	case !s.knows(r.Header.Get("X-Mitto-API-Key")):
		s.Refuse("the API key is wrong")
		return answer(http.StatusUnauthorized, map[string]any{"message": "Unauthorized"})
	case r.URL.RawQuery != "":
		s.Refuse("the address has a query, which ends up in logs")
		return problem(http.StatusBadRequest, "1")
	}
	return s.sms(r, body, fault)
}

// knows says whether a key lets in.
func (s *Server) knows(key string) bool {
	return key != "" && (s.options.APIKey == "" || subtle.ConstantTimeCompare([]byte(key), []byte(s.options.APIKey)) == 1)
}

// texts are the vendor's for its codes. They quote nothing, but a client must not rely on that.
var texts = map[string]string{
	"0": "SMS sent", "1": "Internal error", "2": "Invalid type", "3": "Empty message", "4": "Message text is invalid", "5": "Empty sender",
	"6": "Invalid sender", "7": "Empty receiver", "8": "Invalid receiver",
}

// problem answers with a code, and without an id.
func problem(status int, code string) simulator.Answer {
	return answer(status, map[string]any{
		"timestamp": now(), "responseCode": json.Number(code), "responseText": texts[code], "textLength": 0,
	})
}

func now() string { return time.Now().UTC().Format("2006-01-02T15:04:05.0000000Z") }

func answer(status int, value any) simulator.Answer {
	body, _ := json.Marshal(value) // nothing in it fails
	return simulator.Answer{Status: status, Type: "application/json; charset=utf-8", Body: body}
}
