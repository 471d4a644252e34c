// Package simulator is what the vendors' look-alike servers share: faults that can
// be set, messages that are counted, and an endpoint to control both from outside.
//
// A look-alike checks what it receives as strictly as its vendor does and answers
// in the vendor's shapes. It is an http.Handler, for tests and for a program of its
// own. The endpoint is:
//
//	POST /_control           {"faults": [{"kind": "hang", "count": 3}]} sets the faults,
//	                         {"faults": []} clears them, {"reset": true} forgets everything,
//	                         {"receipts": {"delay": "1s", "reports": ["sent", "delivered"]}}
//	                         says what is reported of messages
//	GET  /_control/          a page with the messages taken
//	GET  /_control/messages  the messages taken, counted for each reference
//	GET  /_control/stats     requests, messages taken, faults met, refusals with their reasons, and
//	                         how reports were answered
//
// A look-alike shows the texts and codes that it was sent. It is a phone for tests,
// and nothing for real messages.
package simulator

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

const (
	// DefaultKeep is how many references are remembered when Options say
	// nothing: enough for a minute of 1,000 messages a second, in less than
	// 100 MB with texts of usual length.
	DefaultKeep = 60_000
	// maxRequest bounds the body of a request. The longest text that any vendor
	// takes is a few thousand characters.
	maxRequest = 64 << 10
	// maxReasons bounds how many different reasons of refusals are counted.
	maxReasons = 100
)

// Answer is what a look-alike answers in the vendor's shape.
type Answer struct {
	Status int
	// Type is the Content-Type; empty means application/json.
	Type string
	Body []byte
}

// Message is a message that the look-alike took.
type Message struct {
	// Reference is the client's own, or the vendor's ID where the API has none.
	Reference string `json:"reference"`
	// Count is how often a message with this reference was taken. The other
	// fields are the last one's.
	Count    int       `json:"count"`
	ID       string    `json:"id"`
	Channel  string    `json:"channel"`
	To       string    `json:"to"`
	From     string    `json:"from"`
	Text     string    `json:"text"`
	Language string    `json:"language,omitempty"`
	Parts    int       `json:"parts"`
	At       time.Time `json:"at"`
	// Callback is where the sender wants to have reports of the message, or empty.
	Callback string `json:"callback,omitempty"`
}

// Stats counts what the look-alike saw. The control endpoint is not counted.
type Stats struct {
	Requests int `json:"requests"`
	// Taken is the number of messages taken, counting repetitions.
	Taken int `json:"taken"`
	// Refused counts the refusals of the look-alike's own checks by reason.
	Refused map[string]int `json:"refused"`
	Faults  map[Kind]int   `json:"faults"`
	// Receipts counts the reports sent by the status that they were answered with.
	Receipts map[string]int `json:"receipts"`
}

// Handler is the vendor's API. It checks a request and answers it. It takes the
// message by calling Server.Take, and says that it refuses one by Server.Refuse.
// The fault is nil, or one of the vendor's own kinds for the handler to act on.
type Handler func(request *http.Request, body []byte, fault *Fault) Answer

// Options are what a look-alike gives to New.
type Options struct {
	// Handler answers everything but the control endpoint.
	Handler Handler
	// Kinds are the kinds of fault that Handler itself acts on.
	Kinds []Kind
	// Receipt makes the vendor's request that reports what became of a message to
	// Message.Callback, signed as the vendor signs it; nil for a vendor that reports
	// nothing. It is called for every try.
	Receipt func(m Message, report Report) (*http.Request, error)
	// Keep is how many references are remembered; the oldest are forgotten
	// first. 0 means DefaultKeep.
	Keep int
}

// Server is the shared part of a look-alike. It is safe for concurrent use.
type Server struct {
	options Options
	mux     *http.ServeMux
	closed  chan struct{}
	// ctx ends with closed, for what the look-alike asks others.
	ctx    context.Context
	cancel context.CancelFunc
	client *http.Client
	// running are the reports under way.
	running sync.WaitGroup

	mu        sync.Mutex
	faults    []*Fault
	ledger    ledger
	stats     Stats
	receipts  Receipts
	reporting int
	over      bool
}

// New returns a Server without faults.
func New(options Options) *Server {
	if options.Keep <= 0 {
		options.Keep = DefaultKeep
	}
	s := &Server{options: options, mux: http.NewServeMux(), closed: make(chan struct{}), client: &http.Client{Transport: &http.Transport{}}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.Reset()
	s.mux.HandleFunc("POST /_control", s.control)
	s.mux.HandleFunc("GET /_control/messages", s.showMessages)
	s.mux.HandleFunc("GET /_control/stats", s.showStats)
	s.mux.HandleFunc("GET /_control/{$}", s.showPage)
	s.mux.HandleFunc("/_control", http.NotFound)
	s.mux.HandleFunc("/_control/", http.NotFound)
	s.mux.HandleFunc("/", s.vendor)
	return s
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Close ends the requests that hang or are delayed, and the reports under way. It may be called
// twice.
func (s *Server) Close() {
	s.mu.Lock()
	if !s.over {
		s.over = true
		close(s.closed)
		s.cancel()
	}
	s.mu.Unlock()
	s.running.Wait()
	s.client.CloseIdleConnections()
}

// SetFaults replaces the faults. With no argument it clears them.
func (s *Server) SetFaults(faults ...Fault) error {
	if len(faults) > maxFaults {
		return fmt.Errorf("simulator: %d faults are more than %d", len(faults), maxFaults)
	}
	set := make([]*Fault, len(faults))
	for i, f := range faults {
		if err := f.check(s.options.Kinds); err != nil {
			return err
		}
		f.seen = 0
		set[i] = &f
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = set
	return nil
}

// Reset forgets the faults, the messages and the counts, and what is to be reported.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults, s.ledger = nil, newLedger(s.options.Keep)
	s.stats = Stats{Refused: make(map[string]int), Faults: make(map[Kind]int), Receipts: make(map[string]int)}
	s.receipts = DefaultReceipts
}

// Take records a message as taken, and has what becomes of it reported where it has a Callback.
func (s *Server) Take(m Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Taken++
	s.ledger.add(m)
	s.report(m)
}

// Refuse counts a refusal. The reason is a constant text, never a value of the
// request.
func (s *Server) Refuse(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.stats.Refused[reason]; known || len(s.stats.Refused) < maxReasons {
		s.stats.Refused[reason]++
	}
}

// vendor reads a request, finds its fault and has the handler answer.
func (s *Server) vendor(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		s.Refuse("the body is longer than 64 KiB or broken")
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	s.mu.Lock()
	s.stats.Requests++
	fault := pick(s.faults, r)
	if fault != nil {
		s.stats.Faults[fault.Kind]++
	}
	s.mu.Unlock()
	if fault == nil {
		write(w, s.options.Handler(r, body, nil))
		return
	}
	s.misbehave(w, r, body, fault)
}

// write sends a whole answer.
func write(w http.ResponseWriter, a Answer) {
	if a.Type == "" {
		a.Type = "application/json"
	}
	w.Header().Set("Content-Type", a.Type)
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body)
}
