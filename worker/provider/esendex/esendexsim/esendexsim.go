// Package esendexsim is a look-alike of Esendex's message dispatcher and of its push notifications.
// It refuses what Esendex refuses, with texts and no codes as Esendex does, and also what Esendex
// takes but does wrong by the sender: a text that does not fit its character set, and fields of an
// SMS in a call.
//
// Its own kinds of fault are Refuse, Throttle and NoMessages; the package simulator has the rest and
// the control endpoint.
package esendexsim

import (
	"crypto/subtle"
	"net/http"
	"strconv"
	"sync/atomic"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// The kinds of fault that are Esendex's own.
const (
	// Refuse answers with the HTTP status Fault.Code, such as "402"; the API has no other codes.
	Refuse simulator.Kind = "refuse"
	// Throttle answers with HTTP 429.
	Throttle simulator.Kind = "throttle"
	// NoMessages answers 200 with an empty list.
	NoMessages simulator.Kind = "no-messages"
)

// Options say whom the look-alike knows. The zero value lets in anybody whose request has the right
// form.
type Options struct {
	// Username, Password and AccountReference are the account's; empty lets any in.
	Username, Password, AccountReference string
	// Keep is how many references are remembered; 0 means simulator.DefaultKeep.
	Keep int
}

// Server is the look-alike. It is an http.Handler.
type Server struct {
	*simulator.Server
	options  Options
	reportTo atomic.Pointer[string]
}

// New returns a look-alike at the vendor's path /v1.0/messagedispatcher. Close it when it is no
// longer used.
func New(options Options) *Server {
	s := &Server{options: options}
	s.Server = simulator.New(simulator.Options{
		Handler: s.serve,
		Kinds:   []simulator.Kind{Refuse, Throttle, NoMessages},
		Receipt: s.receipt,
		Keep:    options.Keep,
	})
	return s
}

// ReportTo has the messages that are taken from now on reported to address, as Esendex's pages have
// one for each account; empty ends that.
func (s *Server) ReportTo(address string) { s.reportTo.Store(&address) }

// Development returns an account that everybody knows.
func Development() Options {
	return Options{Username: "development@example.com", Password: "development-only", AccountReference: "EX0000000"}
}

// Section returns the section of a worker's file for the account of Development.
func Section(base string) string {
	return "username: development@example.com\npassword: development-only\naccount_reference: EX0000000\n" +
		"from: \"+447700900000\"\nbase_url: " + base + "\nallow_insecure: true\n"
}

func (s *Server) serve(r *http.Request, body []byte, fault *simulator.Fault) simulator.Answer {
	switch {
	case r.URL.Path != "/v1.0/messagedispatcher":
		s.Refuse("there is no API at this path")
		return refusal(http.StatusNotFound)
	case r.Method != http.MethodPost:
		s.Refuse("the method is not POST")
		return refusal(http.StatusMethodNotAllowed)
	case !s.knows(r):
		s.Refuse("the user or the password is wrong")
		return refusal(http.StatusUnauthorized)
	}
	return s.dispatch(r, body, fault)
}

func (s *Server) knows(r *http.Request) bool {
	username, password, ok := r.BasicAuth()
	return ok && username != "" && password != "" && same(s.options.Username, username) && same(s.options.Password, password)
}

// same compares a credential with the one that is known, if one is.
func same(known, given string) bool {
	return known == "" || subtle.ConstantTimeCompare([]byte(known), []byte(given)) == 1
}

// refusal answers as the vendor does: a status, and a text about it.
func refusal(status int) simulator.Answer {
	return simulator.Answer{Status: status, Type: "text/plain; charset=utf-8", Body: []byte(strconv.Itoa(status) + " " + http.StatusText(status) + "\r\n")}
}
