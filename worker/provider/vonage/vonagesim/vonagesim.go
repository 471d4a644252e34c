// Package vonagesim is a look-alike of Vonage's SMS, Messages and Voice APIs. It refuses what
// Vonage refuses, in Vonage's shapes, and also what Vonage takes but does wrong by
// the sender: a text that arrives as question marks because its type is not
// unicode, and a call that never ends because loop is 0.
//
// Its own kinds of fault are Refuse, Throttle, NoParts and Partial; the package
// simulator has the rest and the control endpoint.
package vonagesim

import (
	"crypto/rsa"
	_ "embed" // the key of Development
	"net/http"
	"strconv"

	"github.com/golang-jwt/jwt/v5"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// The kinds of fault that are Vonage's own.
const (
	// Refuse answers with Fault.Code. For SMS that is a status of the API,
	// such as "9", or a code of the Messages API, such as "1040". For calls it is an HTTP
	// status, such as "400", or the state of a call that ended at once, such as "failed";
	// "400:to" is a bad request that names the parameter to.
	Refuse simulator.Kind = "refuse"
	// Throttle answers as Vonage does above the account's limit: status 1, or
	// HTTP 429 for calls and the Messages API.
	Throttle simulator.Kind = "throttle"
	// NoParts answers an SMS with an empty list of messages, and anything else with an
	// empty object.
	NoParts simulator.Kind = "no-parts"
	// Partial takes the first part of an SMS and refuses the second with
	// Fault.Code, or "5". The text counts as two parts if it has only one. It
	// does nothing to calls.
	Partial simulator.Kind = "partial"
)

// Options say whom the look-alike knows. The zero value lets in anybody whose
// request has the right form.
type Options struct {
	// APIKey and APISecret are the SMS account's. Empty lets any in that have
	// the form of one.
	APIKey    string
	APISecret string
	// ApplicationID is the Voice application's; empty lets any in.
	ApplicationID string
	// PublicKey checks the signature of the tokens. With nil the signature is
	// NOT checked: the token must have the right form, algorithm, claims and
	// times, but anybody could have made it.
	PublicKey *rsa.PublicKey
	// SignatureSecret signs what is reported of calls and of messages of the Messages API,
	// and SignatureMethod is how receipts of the SMS API are signed with it: md5hash, md5,
	// sha1, sha256 or sha512. Without either they are not.
	SignatureSecret, SignatureMethod string
	// ReceiptForm is how receipts of the SMS API come: POST, a form; GET, in the address;
	// or JSON. Empty means POST.
	ReceiptForm string
	// Keep is how many references are remembered; 0 means
	// simulator.DefaultKeep.
	Keep int
}

// Server is the look-alike. It is an http.Handler.
type Server struct {
	*simulator.Server
	options Options
}

// New returns a look-alike of the APIs, at the vendor's paths /sms/json, /v1/messages and
// /v1/calls. Close it when it is no longer used.
func New(options Options) *Server {
	s := &Server{options: options}
	s.Server = simulator.New(simulator.Options{
		Handler: s.route,
		Kinds:   []simulator.Kind{Refuse, Throttle, NoParts, Partial},
		Receipt: s.receipt,
		Keep:    options.Keep,
	})
	return s
}

// The account of Development, which is that of configs/worker.yaml. Everybody knows it.
const (
	developmentKey         = "a1b2c3d4"
	developmentSecret      = "development-only"
	developmentApplication = "8f6c9ad0-5b0e-4a53-9d2d-3c1f0f2d6a10"
	developmentSignature   = "development-only-signature-secret"
)

//go:embed development-private.pem
var developmentPrivate string

// Development returns the account for trying things out.
func Development() Options {
	private, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(developmentPrivate))
	if err != nil {
		panic("vonagesim: the key of the package is none")
	}
	return Options{
		APIKey: developmentKey, APISecret: developmentSecret, ApplicationID: developmentApplication, PublicKey: &private.PublicKey,
		SignatureSecret: developmentSignature, SignatureMethod: "sha256",
	}
}

// Section returns the section of a worker's file for the account of Development.
func Section(base string) string {
	return "api_key: " + developmentKey + "\napi_secret: " + developmentSecret + "\n" +
		"application_id: " + developmentApplication + "\nprivate_key: " + strconv.Quote(developmentPrivate) + "\n" +
		"signature_secret: " + developmentSignature + "\nsignature_method: sha256\n" +
		"from: \"15550100123\"\n" +
		"sms_url: " + base + "\nvoice_url: " + base + "\nallow_insecure: true\n"
}

func (s *Server) route(r *http.Request, body []byte, fault *simulator.Fault) simulator.Answer {
	var serve simulator.Handler
	switch r.URL.Path {
	case "/sms/json":
		serve = s.sms
	case "/v1/calls", "/v1/calls/":
		serve = s.voice
	case "/v1/messages":
		serve = s.messages
	default:
		s.Refuse("there is no API at this path")
		return simulator.Answer{Status: http.StatusNotFound, Type: "text/plain", Body: []byte("Not Found\n")}
	}
	if r.Method != http.MethodPost {
		s.Refuse("the method is not POST")
		return simulator.Answer{Status: http.StatusMethodNotAllowed, Type: "text/plain", Body: []byte("Method Not Allowed\n")}
	}
	return serve(r, body, fault)
}
