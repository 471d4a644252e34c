// Package messagebirdsim is a look-alike of MessageBird's SMS API and of its Voice Messaging API. It
// refuses what MessageBird refuses, in MessageBird's shapes, and also what MessageBird takes but does
// wrong by the sender: a text whose characters it would replace, and a call that begins with seconds
// of silence. Messages without a reference it does not report, as MessageBird does not.
//
// Its own kinds of fault are Refuse, Throttle and Inside; the package simulator has the rest and
// the control endpoint.
package messagebirdsim

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// The kinds of fault that are MessageBird's own.
const (
	// Refuse answers with Fault.Code, a code of the API such as "25", with the HTTP status that
	// belongs to it. "9:recipients" names the parameter at fault as well.
	Refuse simulator.Kind = "refuse"
	// Throttle answers with HTTP 429.
	Throttle simulator.Kind = "throttle"
	// Inside answers a message with 201 and an id, but says that it could not be sent, with
	// Fault.Code as the network's code, or "34".
	Inside simulator.Kind = "inside"
)

// Options say whom the look-alike knows. The zero value lets in anybody whose request has the right
// form.
type Options struct {
	// AccessKey is the account's; empty lets any in.
	AccessKey string
	// SigningKey signs reports; without it they have no signature.
	SigningKey string
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
	developmentKey     = "live_developmentonly00000"
	developmentSigning = "phonehook-development-only-sign"
)

// Development returns the account for trying things out.
func Development() Options { return Options{AccessKey: developmentKey, SigningKey: developmentSigning} }

// Section returns the section of a worker's file for the account of Development.
func Section(base string) string {
	return "access_key: " + developmentKey + "\n" +
		"signing_key: " + developmentSigning + "\n" +
		"from: \"+15550100123\"\n" +
		"base_url: " + base + "\nallow_insecure: true\n"
}

const (
	messagesPath = "/messages"
	voicePath    = "/voicemessages"
)

func (s *Server) route(r *http.Request, body []byte, fault *simulator.Fault) simulator.Answer {
	switch {
	case r.URL.Path != messagesPath && r.URL.Path != voicePath:
		s.Refuse("there is no API at this path")
		return problem("98", "")
	case r.Method != http.MethodPost:
		s.Refuse("the method is not POST")
		return simulator.Answer{Status: http.StatusMethodNotAllowed, Body: []byte(`{"errors":[]}`)}
	case !s.knows(r.Header.Get("Authorization")):
		s.Refuse("the access key is wrong")
		return problem("2", "access_key")
	case !strings.Contains(r.Header.Get("Accept"), "application/json"):
		s.Refuse("the header Accept does not have application/json")
		return problem("21", "")
	case r.URL.Path == voicePath:
		return s.voice(r, body, fault)
	}
	return s.sms(r, body, fault)
}

// knows says whether an Authorization header lets in.
func (s *Server) knows(header string) bool {
	key, ok := strings.CutPrefix(header, "AccessKey ")
	return ok && key != "" && (s.options.AccessKey == "" || subtle.ConstantTimeCompare([]byte(key), []byte(s.options.AccessKey)) == 1)
}

// statuses are the HTTP statuses of the codes that are not answered with 422. Those of 21, 25 and 99
// are not confirmed at the vendor.
var statuses = map[string]int{"2": 401, "20": 404, "21": 400, "25": 402, "98": 404, "99": 500}

// problem answers with a code and the parameter at fault. The description quotes what the request had
// in it, as the vendor's can.
func problem(code, parameter string) simulator.Answer {
	status, ok := statuses[code]
	if !ok {
		status = http.StatusUnprocessableEntity
	}
	number, _ := strconv.Atoi(code) // a fault without a number has the code 0
	one := map[string]any{"code": number, "description": "Refused for what the request has as " + parameter, "parameter": nil}
	if parameter != "" {
		one["parameter"] = parameter
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
		return tooMany(), true
	case fault.Kind == Refuse:
		code, parameter, _ := strings.Cut(fault.Code, ":")
		return problem(code, parameter), true
	}
	return simulator.Answer{}, false
}

func tooMany() simulator.Answer {
	return simulator.Answer{Status: http.StatusTooManyRequests, Body: []byte(`{"errors":[]}`)}
}

// magicAnswers are those to recipients with a meaning. The vendor refuses none of the others at once:
// it takes their messages and reports that they failed.
var magicAnswers = map[simulator.Magic]func() simulator.Answer{
	simulator.InvalidNumber: func() simulator.Answer { return problem("9", "recipients") },
	simulator.NoCredit:      func() simulator.Answer { return problem("25", "") },
	simulator.TooMany:       tooMany,
}

func magic(to string) (simulator.Answer, bool) {
	if answered, ok := magicAnswers[simulator.MagicOf(to)]; ok {
		return answered(), true
	}
	return simulator.Answer{}, false
}

// newID returns an id such as the vendor makes: 32 hexadecimal digits.
func newID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}
