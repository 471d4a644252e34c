package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// warmWithin bounds how long a system that says it is ready may need until every call
// goes through, JetStream's streams included.
const warmWithin = 30 * time.Second

// stalled is how late the load may be on a machine that has time for it.
const stalled = 100 * time.Millisecond

// suite runs scenarios one after the other.
type suite struct {
	short    bool
	rate     int
	programs string
	dir      string
	progress io.Writer
	// serial is the next call's number, which no call of the run shares.
	serial int
}

// row is a scenario's result.
type row struct {
	Name    string  `json:"name"`
	Fault   string  `json:"fault"`
	Rate    int     `json:"rate"`
	Figures figures `json:"figures"`
	Holds   bool    `json:"holds"`
	// Why has the complaints, or notes where there are none.
	Why     []string `json:"why"`
	Seconds float64  `json:"seconds"`
	// Examples and Logs help to find out why a row does not hold.
	Examples []string `json:"examples,omitempty"`
	Logs     []string `json:"-"`
}

// run runs one scenario. An error is the end of the suite; whatever is wrong with the
// system under test is in the row.
func (s *suite) run(ctx context.Context, sc scenario) (row, error) {
	begun := time.Now()
	dir := filepath.Join(s.dir, sc.name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return row{}, err
	}
	threads := newSpawner()
	defer threads.close()
	sys, err := newSystem(ctx, threads, s.programs, dir, sc.shape)
	defer sys.close()
	st := &stage{system: sys, short: s.short, rate: s.rate, marks: make(map[string]time.Time)}
	if err == nil {
		err = s.play(ctx, sc, st)
	}
	if ctx.Err() != nil {
		return row{}, ctx.Err()
	}
	r := s.conclude(sc, st, err)
	r.Seconds = time.Since(begun).Seconds()
	return r, nil
}

// play puts the load on the system, has the fault made, and waits until all is over.
func (s *suite) play(ctx context.Context, sc scenario, st *stage) error {
	o := loadOptions{rate: s.rate, length: st.pick(sc.short, sc.whole), deadline: sc.shape.deadline}
	if sc.load != nil {
		sc.load(&o)
	}
	st.rate = o.rate
	if err := s.warm(ctx, o, st); err != nil {
		return err
	}
	acted, failed := make(chan struct{}), error(nil)
	o.more = func() bool {
		select {
		case <-acted:
			return false
		default:
			return true
		}
	}
	l := s.load(o, st)
	err := l.run(ctx, func(start time.Time) {
		st.start = start
		go func() {
			defer close(acted)
			if sc.act != nil {
				failed = sc.act(ctx, st)
			}
		}()
	})
	<-acted
	s.serial += len(l.calls)
	st.calls = l.calls
	err = errors.Join(err, failed, st.settle(ctx, o.asyncEvery > 0))
	for _, cleanup := range st.cleanups {
		err = errors.Join(err, cleanup())
	}
	return err
}

func (s *suite) load(o loadOptions, st *stage) *load { return newLoad(o, s.serial, st.gateways) }

// warm makes calls until all of some succeed, and has them forgotten.
func (s *suite) warm(ctx context.Context, o loadOptions, st *stage) error {
	o.rate, o.length, o.more = 50, 400*time.Millisecond, nil
	err := await(ctx, "every call goes through", warmWithin, func() error {
		l := s.load(o, st)
		if err := l.run(ctx, func(time.Time) {}); err != nil {
			return err
		}
		s.serial += len(l.calls)
		st.warmed = append(st.warmed, l.calls...)
		if complaints := judge(account(l.calls, nil, o.deadline), someCalls, allAnswered, allSucceed); complaints != nil {
			return errors.New(complaints[0])
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, l := range st.looks {
		if err := await(ctx, "the warming up is over", warmWithin, func() error { return l.idle(2 * st.shape.latency) }); err != nil {
			return err
		}
		l.reset()
	}
	return nil
}

// conclude judges a scenario that was played; err is what went wrong with the playing.
func (s *suite) conclude(sc scenario, st *stage, err error) row {
	r := row{Name: sc.name, Fault: sc.fault, Rate: st.rate, Figures: st.accountFor(st.calls)}
	r.Figures.Strange += strangers(st.delivered, st.calls, st.warmed)
	if err != nil {
		r.Why = append(r.Why, err.Error())
	}
	if err := st.crashed(); err != nil {
		r.Why = append(r.Why, err.Error())
	}
	if len(st.calls) > 0 {
		r.Why = append(r.Why, judge(r.Figures, append(always(), sc.rules...)...)...)
		if sc.judge != nil && err == nil {
			r.Why = append(r.Why, sc.judge(st)...)
		}
	}
	r.Holds = len(r.Why) == 0
	if r.Figures.Behind > stalled {
		st.note("the load itself was up to %s behind: something else keeps this machine busy", short(r.Figures.Behind))
	}
	r.Why = append(r.Why, st.notes...)
	if !r.Holds {
		r.Examples = st.examples()
		r.Logs = st.logs()
	}
	return r
}

// runAll runs the scenarios and tells of each as it ends.
func (s *suite) runAll(ctx context.Context, all []scenario) ([]row, error) {
	var rows []row
	for i, sc := range all {
		_, _ = fmt.Fprintf(s.progress, "[%d/%d] %s: %s\n", i+1, len(all), sc.name, sc.fault) // a row is worth more than its announcement
		r, err := s.run(ctx, sc)
		if err != nil {
			return rows, err
		}
		rows = append(rows, r)
		r.tell(s.progress)
	}
	return rows, nil
}
