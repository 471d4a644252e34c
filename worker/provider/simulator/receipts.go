package simulator

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/phonehook/phonehook/configs"
)

// Report is what became of a message, in the words of provider.Status.
type Report string

// The reports that every look-alike can make.
const (
	Sent        Report = "sent"
	Delivered   Report = "delivered"
	Undelivered Report = "undelivered"
	Failed      Report = "failed"
	Expired     Report = "expired"
)

var reports = []Report{Sent, Delivered, Undelivered, Failed, Expired}

// Receipts is how a look-alike reports what became of the messages that it took.
type Receipts struct {
	// Delay is how long after a message was taken, and after each report, the next
	// one is made.
	Delay configs.Duration `json:"delay"`
	// Reports are made in this order; none makes the look-alike silent. The numbers
	// of Magic have reports of their own.
	Reports []Report `json:"reports"`
	// Copies is how often each is sent; 0 means once. Vendors repeat themselves.
	Copies int `json:"copies,omitempty"`
}

// DefaultReceipts are those of a look-alike that was told nothing else: the phone has the
// message after a second.
var DefaultReceipts = Receipts{Delay: configs.Duration(time.Second), Reports: []Report{Delivered}}

const (
	// receiptTries is how often a report is sent that is not answered with 2xx. Vendors try
	// for hours; a look-alike for some seconds, so that a gateway can be started again.
	receiptTries = 6
	// receiptPause is before the second try, and doubled before each further one.
	receiptPause = 200 * time.Millisecond
	// receiptTimeout is Telnyx's, the shortest of all vendors'
	// (developers.telnyx.com/docs/messaging/messages/receiving-webhooks).
	receiptTimeout = 2 * time.Second
	// maxReceipts bounds the reports that are under way; further ones are dropped and
	// counted.
	maxReceipts = 10_000
	// maxCopies bounds Receipts.Copies.
	maxCopies = 10
)

func (r *Receipts) check() error {
	for _, report := range r.Reports {
		if !slices.Contains(reports, report) {
			return errors.New("simulator: a report is sent, delivered, undelivered, failed or expired")
		}
	}
	if r.Delay < 0 || r.Copies < 0 || r.Copies > maxCopies || len(r.Reports) > len(reports) {
		return errors.New("simulator: receipts have a delay of at least 0s, at most 5 reports and at most 10 copies")
	}
	return nil
}

// SetReceipts replaces what is reported of the messages taken from now on.
func (s *Server) SetReceipts(r Receipts) error {
	if err := r.check(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.receipts = r
	return nil
}

// report has the reports of a message made that has just been taken. The caller holds s.mu.
func (s *Server) report(m Message) {
	if s.options.Receipt == nil || m.Callback == "" || s.over {
		return
	}
	plan := s.receipts
	if magic, ok := magicReports[lookUp(m.To)]; ok {
		plan.Reports = magic
	}
	if len(plan.Reports) == 0 {
		return
	}
	if s.reporting >= maxReceipts {
		s.stats.Receipts["dropped"]++
		return
	}
	s.reporting++
	s.running.Go(func() {
		s.makeReports(m, plan)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.reporting--
	})
}

func (s *Server) makeReports(m Message, plan Receipts) {
	for _, report := range plan.Reports {
		if !s.pause(plan.Delay.Std()) {
			return
		}
		for range max(1, plan.Copies) {
			s.deliverReport(m, report)
		}
	}
}

// deliverReport sends a report until it is taken, and counts every answer.
func (s *Server) deliverReport(m Message, report Report) {
	wait := receiptPause
	for range receiptTries {
		request, err := s.options.Receipt(m, report)
		if err != nil || request == nil {
			return
		}
		answer, taken := s.ask(request)
		s.mu.Lock()
		s.stats.Receipts[answer]++
		s.mu.Unlock()
		if taken || !s.pause(wait) {
			return
		}
		wait *= 2
	}
}

// ask sends a request to whoever asked for it, and returns the answer's status.
func (s *Server) ask(request *http.Request) (answer string, taken bool) {
	ctx, cancel := context.WithTimeout(s.ctx, receiptTimeout)
	defer cancel()
	response, err := s.client.Do(request.WithContext(ctx))
	if err != nil {
		return "none", false
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, maxRequest))
	return strconv.Itoa(response.StatusCode), response.StatusCode/100 == 2
}

// Fetch asks the caller's server for something, as vendors do that ask what a call is to say. It
// returns the body of an answer of 2xx.
func (s *Server) Fetch(request *http.Request) ([]byte, error) {
	ctx, cancel := context.WithTimeout(s.ctx, receiptTimeout)
	defer cancel()
	response, err := s.client.Do(request.WithContext(ctx)) //nolint:gosec // likewise
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	var body bytes.Buffer
	if _, err := body.ReadFrom(io.LimitReader(response.Body, maxRequest)); err != nil {
		return nil, err
	}
	if response.StatusCode/100 != 2 {
		return nil, errors.New("simulator: the answer is " + response.Status)
	}
	return body.Bytes(), nil
}

// Later runs work in the background after a while, unless the look-alike is closed before.
func (s *Server) Later(after time.Duration, work func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return
	}
	s.running.Go(func() {
		if s.pause(after) {
			work()
		}
	})
}

// pause waits, and returns false when the look-alike was closed.
func (s *Server) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.closed:
		return false
	}
}
