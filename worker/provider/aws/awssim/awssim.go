// Package awssim is a look-alike of Amazon Web Services as far as phone messages go: SendTextMessage
// and SendVoiceMessage of End User Messaging, Publish of SNS to a number, and the notifications of an
// SNS topic with their certificate and the confirmation of subscriptions. It checks signatures of
// requests by version 4, refuses what the vendor refuses, in the vendor's shapes, and also what the
// vendor takes but does wrong by the sender: a message that is not transactional.
//
// Its own kinds of fault are Refuse and Throttle; the package simulator has the rest and the control
// endpoint.
package awssim

import (
	"crypto/rsa"
	"crypto/x509"
	_ "embed"
	"encoding/pem"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// The kinds of fault that are the vendor's own.
const (
	// Refuse answers with Fault.Code: an exception, behind a blank its reason, and behind a colon
	// the parameter at fault, such as "ValidationException INVALID_PARAMETER:MessageBody".
	Refuse simulator.Kind = "refuse"
	// Throttle answers as the vendor does above the account's limit: with HTTP 400.
	Throttle simulator.Kind = "throttle"
)

// Options say whom the look-alike knows. The zero value lets in anybody whose request has the right
// form, and checks no signature.
type Options struct {
	// AccessKeyID and SecretAccessKey are those of requests; where the first is empty, any are
	// let in.
	AccessKeyID, SecretAccessKey string
	// SessionToken is the one of credentials that end.
	SessionToken string
	// Region is that of signatures; empty means any.
	Region string
	// TopicARN is where notifications come from.
	TopicARN string
	// PrivateKey signs notifications, and Certificate is its certificate in PEM; nil means those
	// of Development.
	PrivateKey  *rsa.PrivateKey
	Certificate []byte
	// SignatureVersion is that of notifications: "1" or "2"; empty means "2".
	SignatureVersion string
	// Keep is how many references are remembered; 0 means simulator.DefaultKeep.
	Keep int
}

// Server is the look-alike. It is an http.Handler.
type Server struct {
	*simulator.Server
	options   Options
	reportTo  atomic.Pointer[string]
	confirmed atomic.Int32
}

// New returns a look-alike of all three APIs, at the vendor's path. Close it when it is no longer
// used.
func New(options Options) *Server {
	if options.PrivateKey == nil {
		options.PrivateKey, options.Certificate = developmentPrivate(), []byte(developmentCertificate)
	}
	if options.SignatureVersion == "" {
		options.SignatureVersion = "2"
	}
	s := &Server{options: options}
	s.Server = simulator.New(simulator.Options{
		Handler: s.route, Kinds: []simulator.Kind{Refuse, Throttle}, Receipt: s.receipt, Keep: options.Keep,
	})
	return s
}

// ReportTo has the messages of End User Messaging that are taken from now on reported to address, as
// a subscription of the topic does; empty ends that.
func (s *Server) ReportTo(address string) { s.reportTo.Store(&address) }

// Confirmed returns how many subscriptions were confirmed.
func (s *Server) Confirmed() int { return int(s.confirmed.Load()) }

// The account of Development. Everybody knows it, and its key.
const (
	developmentKeyID  = "AKIADEVELOPMENTONLY0"
	developmentSecret = "development-only-secret-access-key-00000"
	developmentRegion = "eu-west-1"
	developmentTopic  = "arn:aws:sns:eu-west-1:000000000000:phonehook"
)

var (
	//go:embed development-private.pem
	developmentKey string
	//go:embed development-certificate.pem
	developmentCertificate string
)

func developmentPrivate() *rsa.PrivateKey {
	block, _ := pem.Decode([]byte(developmentKey))
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		panic("awssim: the development key is broken: " + err.Error())
	}
	return key
}

// Development returns the account for trying things out.
func Development() Options {
	return Options{AccessKeyID: developmentKeyID, SecretAccessKey: developmentSecret, Region: developmentRegion, TopicARN: developmentTopic}
}

// Section returns the section of a worker's file for the account of Development.
func Section(base string) string {
	return "region: " + developmentRegion + "\n" +
		"access_key_id: " + developmentKeyID + "\n" +
		"secret_access_key: " + developmentSecret + "\n" +
		"from: \"+447700900000\"\n" +
		"configuration_set: phonehook\n" +
		"topic_arn: [" + developmentTopic + "]\n" +
		"base_url: " + base + "\nsns_url: " + base + "\nallow_insecure: true\n"
}

// What a request to the vendor's only path asks for: a header says it to End User Messaging, a
// parameter to SNS.
const (
	target    = "PinpointSMSVoiceV2."
	jsonMedia = "application/x-amz-json-1.0"
	formMedia = "application/x-www-form-urlencoded"
)

func (s *Server) route(r *http.Request, body []byte, fault *simulator.Fault) simulator.Answer {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) // none is none of the two
	switch {
	case r.Method == http.MethodGet && r.URL.Path == s.certificatePath():
		return simulator.Answer{Status: http.StatusOK, Type: "application/x-x509-ca-cert", Body: s.options.Certificate}
	case r.Method == http.MethodGet && r.URL.Path == "/" && r.URL.Query().Get("Action") == "ConfirmSubscription":
		return s.confirm(r.URL.Query())
	case r.URL.Path != "/" || r.Method != http.MethodPost:
		s.Refuse("there is no API at this path, or not with this method")
		return problemJSON("UnknownOperationException", "")
	case media == formMedia:
		return s.sns(r, body, fault)
	case media != jsonMedia:
		s.Refuse("the content type is neither that of End User Messaging nor that of SNS")
		return problemJSON("UnknownOperationException", "")
	}
	if wrong := s.checkSignature(r, body, "sms-voice", time.Now()); wrong.reason != "" {
		s.Refuse(wrong.reason)
		return problemJSON(wrong.json, "")
	}
	switch r.Header.Get("X-Amz-Target") {
	case target + "SendTextMessage":
		return s.sms(body, fault)
	case target + "SendVoiceMessage":
		return s.voice(body, fault)
	}
	s.Refuse("X-Amz-Target is none of the operations")
	return problemJSON("UnknownOperationException", "")
}

func (s *Server) sns(r *http.Request, body []byte, fault *simulator.Fault) simulator.Answer {
	if wrong := s.checkSignature(r, body, "sns", time.Now()); wrong.reason != "" {
		s.Refuse(wrong.reason)
		return problemXML(wrong.xml, "")
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || form.Get("Action") != "Publish" || form.Get("Version") != "2010-03-31" {
		s.Refuse("sns: it is no form of Publish in the version of 2010-03-31")
		return problemXML("InvalidAction", "")
	}
	return s.publish(form, fault)
}

// refused returns the code of a fault that refuses a request.
func refused(fault *simulator.Fault, throttling string) (string, bool) {
	switch {
	case fault == nil:
		return "", false
	case fault.Kind == Throttle:
		return throttling, true
	case fault.Kind == Refuse:
		return fault.Code, true
	}
	return "", false
}

// address returns where a message of End User Messaging is reported to, or nothing.
func (s *Server) address() string {
	if address := s.reportTo.Load(); address != nil {
		return *address
	}
	return ""
}

// named takes a code of the faults apart.
func named(code string) (exception, reason, parameter string) {
	code, parameter, _ = strings.Cut(code, ":")
	exception, reason, _ = strings.Cut(code, " ")
	return exception, reason, parameter
}
