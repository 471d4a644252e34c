package worker_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/worker"
	"github.com/phonehook/phonehook/worker/provider"
)

func TestLongSMSAreBlockedBeforeTheyCostMoney(t *testing.T) {
	for name, c := range map[string]struct {
		most    int
		channel messaging.Channel
		text    string
		blocked string
	}{
		"no limit":            {0, messaging.SMS, strings.Repeat("x", 1600), ""},
		"at the limit":        {2, messaging.SMS, strings.Repeat("x", 306), ""},
		"above the limit":     {2, messaging.SMS, strings.Repeat("x", 307), "needs 3 SMS in the alphabet GSM-7, and the tenant's max_segments is 2; it was not sent"},
		"in another alphabet": {1, messaging.SMS, strings.Repeat("я", 71), "needs 2 SMS in the alphabet UCS-2, and the tenant's max_segments is 1; it was not sent"},
		"a call has no parts": {1, messaging.Voice, strings.Repeat("x", 500), ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := takes()
			cfg := worker.Config{Tenants: []worker.Tenant{{Name: "*", MaxSegments: c.most, Routes: []worker.Route{{Providers: []string{"a"}}}}}}
			d, _ := newDispatcher(t, cfg, map[string]provider.Provider{"a": a})
			m := message()
			m.Channel, m.Text = c.channel, c.text
			_, err := d.Send(within(t, 9*time.Second), m)
			if c.blocked == "" {
				if err != nil || len(a.calls) != 1 {
					t.Errorf("got %v after %d attempts", err, len(a.calls))
				}
				return
			}
			failure := messaging.AsError(err)
			if !errors.Is(err, messaging.CodeBlocked) || failure.Field != "text" || failure.Detail != c.blocked || len(a.calls) != 0 {
				t.Errorf("got %v after %d attempts; want blocked: %s", err, len(a.calls), c.blocked)
			}
		})
	}
}
