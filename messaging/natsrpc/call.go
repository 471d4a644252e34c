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

// holder names the worker that may work on a message, and the offer by which it got it.
type holder struct {
	worker string
	try    int
	since  time.Time
}

func (h holder) by(worker string, try int) bool { return h.worker == worker && h.try == try }

// call is one message on its way: who was offered it, who has it, what became of
// it. Its methods are safe for concurrent use; after each change that the waiting
// goroutine should see there is a value in changed.
type call struct {
	ticket  // its place among the other calls of this gateway
	changed chan struct{}

	mu      sync.Mutex
	done    *result
	try     int
	offered time.Time // when the current try was
	again   bool      // the current try came back
	full    bool      // and the reason was that the worker was full
	// unheard says that the first offer is out and nobody has answered it. It
	// alone may have been begun unnoticed, for all later ones need a claim.
	unheard bool
	holder  holder   // zero while nobody is known to have the message
	lost    []holder // had the message, and fell silent
	// perhaps says that a worker which had lost the message reported that it may
	// have sent it.
	perhaps bool
}

func newCall(tenant string, deadline time.Time) *call {
	return &call{
		ticket:  ticket{tenant: tenant, deadline: deadline, budget: time.Until(deadline)},
		changed: make(chan struct{}, 1),
	}
}

func (a *call) signal() {
	select {
	case a.changed <- struct{}{}:
	default: // one is waiting already
	}
}

// nextTry begins the next try and returns its number.
func (a *call) nextTry(now time.Time) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.try++
	a.offered = now
	a.again, a.full = false, false
	a.unheard = a.unheard || a.try == 1
	return a.try
}

// heard notes that a try was answered.
func (a *call) heard(try int) {
	if try == 1 {
		a.unheard = false
	}
}

// offeredAt is when the current try was offered.
func (a *call) offeredAt() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.offered
}

// refused says, once, that the current try came back from a worker that was full.
func (a *call) refused() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	full := a.again && a.full
	a.full = false
	return full
}

// settled says whether there is nothing to offer: the call has ended, or somebody
// has the message.
func (a *call) settled() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.done != nil || a.holder.worker != ""
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

// busy notes that a worker did not take the message, or hands it back unsent.
func (a *call) busy(worker string, try int, full bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.heard(try)
	a.found(worker, try)
	handedBack := a.holder.by(worker, try)
	if handedBack {
		a.holder = holder{}
	}
	if handedBack || try == a.try {
		a.again, a.full = true, full
		a.signal()
	}
}

// found notes that a worker which had fallen silent speaks again.
func (a *call) found(worker string, try int) {
	if len(a.lost) > 0 {
		a.lost = slices.DeleteFunc(a.lost, func(h holder) bool { return h.by(worker, try) })
	}
}

// accepted notes that a worker has the message. Where another one was granted it
// meanwhile, both may be working; the first to send it ends the call.
func (a *call) accepted(worker string, try int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.heard(try)
	if a.holder.worker == "" {
		a.found(worker, try)
		a.holder = holder{worker, try, time.Now()}
		a.signal()
	}
}

// claim lets a worker begin, or go on, if nobody else has the message, and returns the
// time left for it; 0 means no.
func (a *call) claim(worker string, try int) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	left := time.Until(a.deadline) - keepBack
	taken := a.holder.worker != "" && !a.holder.by(worker, try)
	a.heard(try)
	if a.done != nil || taken || left < keepBack {
		return 0
	}
	a.found(worker, try)
	a.holder = holder{worker, try, time.Now()}
	a.signal()
	return left
}

// outcome ends the call, unless it is the failure of a worker while another one
// holds the message.
func (a *call) outcome(worker string, try int, r *result) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.heard(try)
	a.found(worker, try)
	if a.holder.by(worker, try) {
		a.holder = holder{}
	}
	if a.done != nil {
		return
	}
	if r.err != nil && a.holder.worker != "" {
		a.perhaps = a.perhaps || errors.Is(r.err, messaging.CodeUnknown)
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
	a.holder = holder{}
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
	certain := !a.unheard && !a.perhaps && a.holder.worker == "" && len(a.lost) == 0
	if certain || errors.Is(err, messaging.CodeUnknown) {
		return err
	}
	return &messaging.Error{
		Code:   messaging.CodeUnknown,
		Detail: "a worker had it and did not say what became of it",
		Cause:  err,
	}
}
