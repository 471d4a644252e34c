// Package sinchsim is a look-alike of Sinch's SMS REST API and of the text-to-speech callouts of its
// Voice API. It refuses what Sinch refuses, in Sinch's shapes, and also what Sinch takes but does
// wrong by the sender: a call without a number, which never reaches its phone, a text with a
// parameter that has no value, and an SMS that is valid for no time that anybody said.
//
// Its own kinds of fault are Refuse and Throttle; the package simulator has the rest and the control
// endpoint.
package sinchsim

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// The kinds of fault that are Sinch's own.
const (
	// Refuse answers with Fault.Code, a code of the API such as "syntax_invalid_parameter_format",
	// or for calls "40001", with the HTTP status that belongs to it.
	Refuse simulator.Kind = "refuse"
	// Throttle answers with HTTP 429.
	Throttle simulator.Kind = "throttle"
)

// Options say whom the look-alike knows. The zero value lets in anybody whose request has the right
// form, and then signs nothing.
type Options struct {
	// ServicePlanID and APIToken are those of SMS; empty lets any in.
	ServicePlanID, APIToken string
	// WebhookSecret signs reports of SMS; without it they have no signature.
	WebhookSecret string
	// ApplicationKey and ApplicationSecret are those of calls, the secret in base64; without them
	// signatures are not checked, and events have none.
	ApplicationKey, ApplicationSecret string
	// Keep is how many references are remembered; 0 means simulator.DefaultKeep.
	Keep int
}

// Server is the look-alike. It is an http.Handler.
type Server struct {
	*simulator.Server
	options  Options
	secret   []byte
	reportTo atomic.Pointer[string]
}

// New returns a look-alike of both APIs, at the vendor's paths. Close it when it is no longer used.
func New(options Options) *Server {
	secret, err := base64.StdEncoding.DecodeString(options.ApplicationSecret)
	if err != nil {
		panic("sinchsim: the application's secret is not in base64")
	}
	s := &Server{options: options, secret: secret}
	s.Server = simulator.New(simulator.Options{
		Handler: s.route,
		Kinds:   []simulator.Kind{Refuse, Throttle},
		Receipt: s.receipt,
		Keep:    options.Keep,
	})
	return s
}

// ReportTo has the ends of calls that are taken from now on reported to address, as the dashboard
// has one for an application; empty ends that.
func (s *Server) ReportTo(address string) { s.reportTo.Store(&address) }

// The account of Development. Everybody knows it.
const (
	developmentPlan        = "developmentonly0000000000000000000"
	developmentToken       = "developmentonly00000000000000token"
	developmentWebhook     = "phonehook-development-only-sign"
	developmentApplication = "de0e10be-0000-4000-8000-0000000000de"
	developmentSecret      = "ZGV2ZWxvcG1lbnQgb25seSBzZWNyZXQ=" //nolint:gosec // everybody knows it
)

// Development returns the account for trying things out.
func Development() Options {
	return Options{
		ServicePlanID: developmentPlan, APIToken: developmentToken, WebhookSecret: developmentWebhook,
		ApplicationKey: developmentApplication, ApplicationSecret: developmentSecret,
	}
}

// Section returns the section of a worker's file for the account of Development.
func Section(base string) string {
	return "service_plan_id: " + developmentPlan + "\napi_token: " + developmentToken + "\nwebhook_secret: " + developmentWebhook + "\n" +
		"from: \"+15550100123\"\n" +
		"voice: {application_key: " + developmentApplication + ", application_secret: \"" + developmentSecret + "\", base_url: \"" + base + "\"}\n" +
		"base_url: " + base + "\nallow_insecure: true\n"
}

const (
	plansPath    = "/xms/v1/"
	calloutsPath = "/calling/v1/callouts"
)

func (s *Server) route(r *http.Request, body []byte, fault *simulator.Fault) simulator.Answer {
	plan, isSMS := strings.CutPrefix(r.URL.Path, plansPath)
	plan, batches := strings.CutSuffix(plan, "/batches")
	switch {
	case r.URL.Path == calloutsPath && r.Method == http.MethodPost:
		return s.call(r, body, fault)
	case isSMS && batches && r.Method == http.MethodPost:
		return s.sms(r, plan, body, fault)
	}
	s.Refuse("there is no API at this path, or not with this method")
	return simulator.Answer{Status: http.StatusNotFound}
}

var number = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// parse reads the body, or says why it can't.
func parse(r *http.Request, body []byte, into any) string {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return "the content type is not application/json"
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return "the body is not JSON, or has a field or a type that the API does not have"
	}
	if err := decoder.Decode(new(json.RawMessage)); !errors.Is(err, io.EOF) {
		return "there is more after the first JSON value"
	}
	return ""
}

// statuses are the HTTP statuses of the codes of SMS that are not answered with 400.
var statuses = map[string]int{"unknown_campaign": 403, "blocked_account": 403, "illegal_number_type": 403}

// problem answers an SMS with a code. The text quotes what the request had in it, as the vendor's can.
func problem(code, text string) simulator.Answer {
	status, ok := statuses[code]
	if !ok {
		status = http.StatusBadRequest
	}
	return answer(status, map[string]any{"code": code, "text": "Refused: " + text})
}

// voiceProblem answers a call with a code, whose first three digits are the status.
func voiceProblem(code, text string) simulator.Answer {
	number, err := strconv.Atoi(code)
	if err != nil || number < 40000 || number > 59999 {
		number = 40000
	}
	return answer(number/100, map[string]any{"errorCode": number, "message": "Refused: " + text, "reference": "r-" + newID()})
}

func answer(status int, value any) simulator.Answer {
	body, _ := json.Marshal(value) // nothing in it fails
	return simulator.Answer{Status: status, Body: body}
}

func webAddress(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && strings.HasPrefix(u.Scheme, "http")
}

// newID returns an id of 26 characters, such as those of batches.
func newID() string {
	var id [13]byte
	_, _ = rand.Read(id[:]) // never fails
	return strings.ToUpper(hex.EncodeToString(id[:]))
}
