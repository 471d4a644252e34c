package natsrpc

import (
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/phonehook/phonehook/messaging"
)

// result is what a Sender returns.
type result struct {
	receipt messaging.Receipt
	err     error
}

// hold names the worker that may work on a message, and the offer by which it got it.
type hold struct {
	worker string
	try    int
	since  time.Time
}

func (h hold) by(worker string, try int) bool { return h.worker == worker && h.try == try }

// call is one message on its way: who was offered it, who has it, what became of
// it. Its methods are safe for concurrent use; after each change that the waiting
// goroutine should see there is a value in changed.
type call struct {
	tenant   string
	deadline time.Time
	budget   time.Duration // from the beginning to the deadline
	changed  chan struct{}

	mu    sync.Mutex
	done  *result
	try   int
	again bool // the current try came back
	// unheard says that the first offer is out and nobody has answered it. It
	// alone may have been begun unnoticed, for all later ones need a claim.
	unheard bool
	holder  hold   // zero while nobody is known to have the message
	lost    []hold // had the message, and fell silent
}

func newCall(tenant string, deadline time.Time) *call {
	return &call{
		tenant:   tenant,
		deadline: deadline,
		budget:   time.Until(deadline),
		changed:  make(chan struct{}, 1),
	}
}

func (a *call) signal() {
	select {
	case a.changed <- struct{}{}:
	default: // one is waiting already
	}
}

// nextTry begins the next try and returns its number.
func (a *call) nextTry() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.try++
	a.again = false
	a.unheard = a.unheard || a.try == 1
	return a.try
}

// heard notes that a try was answered.
func (a *call) heard(try int) {
	if try == 1 {
		a.unheard = false
	}
}

// patience is how long the current try may stay unanswered: acceptWithin, doubled
// with every try, for when all workers are slow, more offers do not help.
func (a *call) patience() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	return acceptWithin << min(a.try-1, 3)
}

// state returns the outcome if there is one, whether to offer again, and whether
// somebody holds the message.
func (a *call) state() (done *result, again, held bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.done, a.again && a.holder.worker == "", a.holder.worker != ""
}

// returned notes that a try reached nobody.
func (a *call) returned(try int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.heard(try)
	if try == a.try {
		a.again = true
	}
	a.signal()
}

// busy notes that a worker did not take the message, or hands it back.
func (a *call) busy(worker string, try int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.heard(try)
	handedBack := a.holder.by(worker, try)
	if handedBack {
		a.holder = hold{}
	}
	if handedBack || try == a.try {
		a.again = true
		a.signal()
	}
}

// accepted notes that a worker has the message. Where another one was granted it
// meanwhile, both may be working; the first to send it ends the call.
func (a *call) accepted(worker string, try int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.heard(try)
	if a.holder.worker == "" {
		a.holder = hold{worker, try, time.Now()}
		a.signal()
	}
}

// claim lets a worker begin if nobody else has the message, and returns the time
// left for it; 0 means no.
func (a *call) claim(worker string, try int) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	left := time.Until(a.deadline) - keepBack
	taken := a.holder.worker != "" && !a.holder.by(worker, try)
	a.heard(try)
	if a.done != nil || taken || left < keepBack {
		return 0
	}
	a.holder = hold{worker, try, time.Now()}
	a.signal()
	return left
}

// outcome ends the call, unless it is the failure of a worker while another one
// holds the message.
func (a *call) outcome(worker string, try int, r *result) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.heard(try)
	a.lost = slices.DeleteFunc(a.lost, func(h hold) bool { return h.by(worker, try) })
	if a.holder.by(worker, try) {
		a.holder = hold{}
	}
	if a.done != nil || r.err != nil && a.holder.worker != "" {
		return
	}
	if r.err != nil {
		r.err = a.judgeLocked(r.err)
	}
	a.done = r
	a.signal()
}

// holds says whether somebody has the message and lives. Who has it and does not
// live has lost it.
func (a *call) holds(alive func(worker string, since time.Time) bool) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.holder.worker == "" {
		return false
	}
	if alive(a.holder.worker, a.holder.since) {
		return true
	}
	a.lost = append(a.lost, a.holder)
	a.holder = hold{}
	return false
}

// judge returns err, or the error that the outcome is unknown if some worker may
// have sent the message, or may be doing so.
func (a *call) judge(err error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.judgeLocked(err)
}

func (a *call) judgeLocked(err error) error {
	certain := !a.unheard && a.holder.worker == "" && len(a.lost) == 0
	if certain || errors.Is(err, messaging.CodeUnknown) {
		return err
	}
	return &messaging.Error{
		Code:   messaging.CodeUnknown,
		Detail: "a worker had it and did not say what became of it",
		Cause:  err,
	}
}
