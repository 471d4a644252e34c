package gateway_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/phonehook/phonehook/gateway"
	"github.com/phonehook/phonehook/messaging"
)

// TestEventsOfAGateway has a gateway record what no worker can, and nothing else.
func TestEventsOfAGateway(t *testing.T) {
	for name, c := range map[string]struct {
		receipt messaging.Receipt
		err     error
		want    []messaging.Code
	}{
		"sent by a worker":   {messaging.Receipt{Code: messaging.CodeSent, Worker: "w1"}, nil, nil},
		"failed at a worker": {messaging.Receipt{Worker: "w1"}, &messaging.Error{Code: messaging.CodeRejected}, nil},
		"no worker":          {messaging.Receipt{}, &messaging.Error{Code: messaging.CodeUnavailable}, []messaging.Code{messaging.CodeUnavailable}},
		"unknown":            {messaging.Receipt{}, context.DeadlineExceeded, []messaging.Code{messaging.CodeUnknown}},
		"queued":             {messaging.Receipt{Code: messaging.CodePending}, nil, []messaging.Code{messaging.CodePending}},
	} {
		var e engine
		deps := e.deps()
		deps.Sender = messaging.SenderFunc(func(context.Context, messaging.Message) (messaging.Receipt, error) { return c.receipt, c.err })
		g := start(t, repeating(), deps)
		g.post(t, seedBody)
		if name != "no worker" {
			g.post(t, seedBody) // a repetition is no event
		}
		var got []messaging.Code
		for _, event := range e.history.All() {
			got = append(got, event.Code)
			if event.To != "+18*******55" || event.ToHash != numberKey.Hash("acme", "+18085555555") || event.Tenant != "acme" {
				t.Errorf("%s: %+v", name, event)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: recorded %v, want %v", name, got, c.want)
		}
	}
}

func TestAGatewayWithoutSharedKeysSaysSo(t *testing.T) {
	var e engine
	g := e.gateway(t, repeating())
	type status struct {
		Draining   bool
		Duplicates struct {
			Shared     bool
			Failures   int
			Remembered int
		}
		Process map[string]any
	}
	if s := as[status](t, g.admin(t, http.MethodGet, "/status")); !s.Duplicates.Shared || s.Draining {
		t.Errorf("at first: %+v", s)
	}
	e.keys.Break(true)
	first := g.post(t, seedBody)
	same(t, "alone", first, g.post(t, seedBody))
	if s := as[status](t, g.admin(t, http.MethodGet, "/status")); s.Duplicates.Shared || s.Duplicates.Failures != 1 || s.Duplicates.Remembered != 1 {
		t.Errorf("alone: %+v", s)
	}
	if n := g.logs.FilterMessage("duplicates are seen within this process alone").Len(); n != 1 {
		t.Errorf("%d lines say so", n)
	}
	deps := gateway.Deps{Sender: &phones{}, Status: func() any { return map[string]int{"workers": 3} }}
	if s := as[status](t, start(t, config(), deps).admin(t, http.MethodGet, "/status")); s.Process["workers"] != 3.0 || s.Duplicates.Shared {
		t.Errorf("of a process: %+v", s)
	}
	if got := g.admin(t, http.MethodGet, "/status", "Host", "evil.example"); got.status != http.StatusForbidden {
		t.Errorf("under a foreign name: %+v", got)
	}
}
