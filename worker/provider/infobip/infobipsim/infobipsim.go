// Package infobipsim is a look-alike of Infobip's SMS API, third version, and of its API for voice
// messages. It refuses what Infobip refuses, in Infobip's shapes: a request that can't be read with an
// HTTP status, and a message that can't be sent with a status inside of an answer of 200. It refuses
// also what Infobip takes but does otherwise than the sender wants: an unknown field, a number with a
// plus sign, and a validity period above 48 hours, which is cut.
//
// Its own kinds of fault are Refuse, Inside and Throttle; the package simulator has the rest and the
// control endpoint.
package infobipsim

import (
	"bytes"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// The kinds of fault that are Infobip's own.
const (
	// Refuse answers with Fault.Code, such as "E400", or "BAD_REQUEST" in the older form, with the
	// HTTP status that belongs to it. "E400:messages[0].sender" names the property at fault as
	// well.
	Refuse simulator.Kind = "refuse"
	// Inside answers with 200 and the status Fault.Code inside, such as "8", or "6". "4/999" names
	// its group as well, for a status that the look-alike does not know.
	Inside simulator.Kind = "inside"
	// Throttle answers as Infobip does above the account's limit: HTTP 429.
	Throttle simulator.Kind = "throttle"
)

// Options say whom the look-alike knows. The zero value lets in anybody whose request has the right
// form.
type Options struct {
	// APIKey is the account's; empty lets any in.
	APIKey string
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
		Kinds:   []simulator.Kind{Refuse, Inside, Throttle},
		Receipt: receipt,
		Keep:    options.Keep,
	})
	return s
}

// developmentKey is the key of Development. Everybody knows it.
const developmentKey = "0000000000000000000000000000de00-00000000-0000-4000-8000-0000000000de"

// Development returns the account for trying things out.
func Development() Options { return Options{APIKey: developmentKey} }

// Section returns the section of a worker's file for the account of Development.
func Section(base string) string {
	return "api_key: " + developmentKey + "\n" +
		"from: \"15550100123\"\n" +
		"voice: {from: \"+15550100123\"}\n" +
		"base_url: " + base + "\nallow_insecure: true\n"
}

// The paths of the APIs. The one for voice messages has the older form of errors.
const (
	smsPath   = "/sms/3/messages"
	voicePath = "/tts/3/advanced"
)

func (s *Server) route(r *http.Request, body []byte, fault *simulator.Fault) simulator.Answer {
	older := r.URL.Path == voicePath
	switch {
	case r.URL.Path != smsPath && !older:
		s.Refuse("there is no API at this path")
		return problem("E404", "")
	case r.Method != http.MethodPost:
		s.Refuse("the method is not POST")
		return problem("E405", "")
	case !s.knows(r.Header.Get("Authorization")):
		s.Refuse("the API key is wrong")
		return problem(inForm("E401", older), "")
	case older:
		return s.voice(r, body, fault)
	}
	return s.sms(r, body, fault)
}

// knows says whether an Authorization header lets in.
func (s *Server) knows(header string) bool {
	key, ok := strings.CutPrefix(header, "App ")
	return ok && key != "" && (s.options.APIKey == "" || subtle.ConstantTimeCompare([]byte(key), []byte(s.options.APIKey)) == 1)
}

// mistake is why a request is refused: the property at fault of a request that can't be read, or the
// status inside of an answer of 200; and the reason that the look-alike counts. A zero mistake is none.
type mistake struct{ property, status, reason string }

// parse reads the body, or says why it can't.
func parse(r *http.Request, body []byte, into any) mistake {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return mistake{"", "", "the content type is not application/json"}
	}
	if !utf8.Valid(body) {
		return mistake{"", "", "the body is not UTF-8"}
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return mistake{"", "", "the body is not JSON, or has a field or a type that the API does not have"}
	}
	if err := decoder.Decode(new(json.RawMessage)); !errors.Is(err, io.EOF) {
		return mistake{"", "", "there is more after the first JSON value"}
	}
	return mistake{}
}

// What both APIs have.
type destination struct {
	To        *string `json:"to"`
	MessageID *string `json:"messageId"`
}

// maxID is the vendor's bound of an id.
const maxID = 200

var number = regexp.MustCompile(`^[1-9][0-9]{6,14}$`)

// checkDestinations says what is wrong with the recipients of a message, or nothing. The look-alike
// takes one at a time.
func checkDestinations(all []destination) mistake {
	switch {
	case len(all) != 1:
		return mistake{"messages[0].destinations", "", "there is not one recipient"}
	case all[0].To == nil:
		return mistake{"messages[0].destinations[0].to", "", "to is missing"}
	case *all[0].To == "":
		return mistake{"", "51", "to is empty"}
	case !number.MatchString(*all[0].To):
		return mistake{"", "52", "to is not a number of digits alone"}
	case len(text(all[0].MessageID)) > maxID:
		return mistake{"messages[0].destinations[0].messageId", "", "messageId is longer than 200 characters"}
	}
	return mistake{}
}

// text returns a string that may be absent.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func webAddress(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && strings.HasPrefix(u.Scheme, "http")
}

func within(value *int, low, high int) bool { return value == nil || low <= *value && *value <= high }

func answer(status int, value any) simulator.Answer {
	body, _ := json.Marshal(value) // nothing in it fails
	return simulator.Answer{Status: status, Body: body}
}
