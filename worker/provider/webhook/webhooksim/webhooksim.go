// Package webhooksim is a look-alike of "Acme SMS", a vendor that does not exist, for a provider
// that is described in a file alone. Its API is a small and strict one such as many vendors have:
//
//	POST /v1/messages with a bearer token and JSON
//	  type         sms or voice
//	  to, from     numbers in E.164 with a plus sign; from can be up to 11 letters and digits for sms
//	  text         1 to 1,600 characters
//	  encoding     gsm or unicode, for sms
//	  language     such as en-GB, for voice
//	  validity     how many seconds the message is tried, 30 to 86,400; optional
//	  reference    1 to 64 letters, digits and hyphens
//	  report_url   where reports go; optional
//	202 {"message":{"id":"acme-…","state":"queued","parts":1}}
//	4xx {"error":{"code":1001,"text":"…"}}
//
// Its reports are a POST of {"id","reference","state","reason","at"}, with the header
// X-Acme-Signature: sha256= and the HMAC of the body in hex.
package webhooksim

import (
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// The kinds of fault that are Acme's own.
const (
	// Refuse answers with the code Fault.Code and its status.
	Refuse simulator.Kind = "refuse"
	// Throttle answers as above the account's limit: 429 with the code 4290.
	Throttle simulator.Kind = "throttle"
	// Inside answers 200 with the error Fault.Code in it.
	Inside simulator.Kind = "inside"
	// Partial takes the message and says that some of its parts were lost.
	Partial simulator.Kind = "partial"
)

// Options say whom the look-alike knows. The zero value lets in anybody whose request has the
// right form.
type Options struct {
	// Token is the account's; empty lets any in.
	Token string
	// SigningKey is what reports are signed with; empty signs with an empty key.
	SigningKey string
	// Keep is how many references are remembered; 0 means simulator.DefaultKeep.
	Keep int
}

// Server is the look-alike. It is an http.Handler.
type Server struct {
	*simulator.Server
	options Options
}

// New returns a look-alike at the path /v1/messages. Close it when it is no longer used.
func New(options Options) *Server {
	s := &Server{options: options}
	s.Server = simulator.New(simulator.Options{
		Handler: s.serve,
		Kinds:   []simulator.Kind{Refuse, Throttle, Inside, Partial},
		Receipt: s.receipt,
		Keep:    options.Keep,
	})
	return s
}

// Development returns an account that everybody knows.
func Development() Options {
	return Options{Token: "development-only", SigningKey: "development-only-key"}
}

// Section returns a section of a worker's file that sends to the look-alike of Development at
// base.
func Section(base string) string {
	return strings.Join([]string{
		`channels: [sms, voice]`,
		`from: "+15550100123"`,
		`voice: {from: "+447700900000", languages: [en-GB, de-DE, fr-FR, es-ES, ru-RU], language: en-GB}`,
		`url: ` + base + `/v1/messages`,
		`bearer: development-only`,
		`body: {type: "{{.Channel}}", to: "{{.To}}", from: "{{.From}}", ` +
			`text: '{{if eq .Channel "voice"}}{{.Spoken}}{{else}}{{.Text}}{{end}}', ` +
			`"encoding?": '{{if eq .Channel "sms"}}{{if .Unicode}}unicode{{else}}gsm{{end}}{{end}}', ` +
			`"language?": '{{if eq .Channel "voice"}}{{.Language}}{{end}}', ` +
			`"validity?": '{{if .TTL}}{{.TTL | atLeast 30 | atMost 86400 | number}}{{end}}', reference: "{{.Reference}}", "report_url?": "{{.Callback}}"}`,
		`success: body.message.state == "queued"`,
		`id: body.message.id`,
		`errors: ` +
			`[{when: "body.error.code in [1001, 1003]", kind: refused, code: body.error.code}, ` +
			`{when: "body.error.code in [1002, 1004]", kind: unroutable, code: body.error.code}, ` +
			`{when: "body.error.code == 4290", kind: throttled, code: body.error.code}, ` +
			`{when: "body.error.code == 5001", kind: unavailable, code: body.error.code}, ` +
			`{when: "body.error.code > 0", kind: misconfigured, code: body.error.code}, ` +
			`{when: 'body.message.state == "partial"', kind: unknown, code: body.message.state}]`,
		`receipts: {status: body.state, id: body.id, reference: body.reference, code: body.reason, at: body.at, ` +
			`statuses: {SENT: sent, DELIVERED: delivered, UNDELIVERABLE: undelivered, FAILED: failed, EXPIRED: expired}, ` +
			`hmac: {header: X-Acme-Signature, prefix: "sha256=", secret: development-only-key}}`,
		`allow_insecure: true`,
	}, "\n") + "\n"
}

func (s *Server) serve(r *http.Request, body []byte, fault *simulator.Fault) simulator.Answer {
	switch {
	case r.URL.Path != "/v1/messages":
		s.Refuse("there is no API at this path")
		return simulator.Answer{Status: http.StatusNotFound, Type: "text/plain", Body: []byte("not found\n")}
	case r.Method != http.MethodPost:
		s.Refuse("the method is not POST")
		return simulator.Answer{Status: http.StatusMethodNotAllowed, Type: "text/plain", Body: []byte("method not allowed\n")}
	case !s.knows(r.Header.Get("Authorization")):
		s.Refuse("the token is missing or wrong")
		return problem(http.StatusUnauthorized, 3002)
	case r.URL.RawQuery != "":
		s.Refuse("the address has a query, which ends up in logs")
		return problem(http.StatusBadRequest, 2001)
	}
	return s.messages(r, body, fault)
}

func (s *Server) knows(authorization string) bool {
	token, ok := strings.CutPrefix(authorization, "Bearer ")
	return ok && token != "" && (s.options.Token == "" || subtle.ConstantTimeCompare([]byte(token), []byte(s.options.Token)) == 1)
}
