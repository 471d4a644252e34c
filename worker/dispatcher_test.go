package worker_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/worker"
	"github.com/phonehook/phonehook/worker/provider"
)

func TestMessageReachesProviderWhole(t *testing.T) {
	a := takes()
	d, _ := dispatcher(t, a)
	m := message()
	got, err := d.Send(within(t, 9*time.Second), m)
	if err != nil {
		t.Fatal(err)
	}
	want := messaging.Receipt{
		Code: messaging.CodeSent, Provider: "a", ProviderMessageID: "vendor-1",
		Attempts: []messaging.Attempt{{Provider: "a", Code: messaging.CodeSent, ProviderMessageID: "vendor-1"}},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(messaging.Attempt{}, "Duration")); diff != "" {
		t.Errorf("receipt (-want +got):\n%s", diff)
	}
	wantMessage := provider.Message{
		Reference: m.ID, Tenant: "acme", Channel: provider.SMS, To: "+18085555555", Country: "US", From: "Acme",
		Text: "Here is your one time password: 999111", Code: "999111", Language: "en", Expires: m.Expires,
	}
	// The comparison is Go's own, because the formatting of a message hides it.
	if a.calls[0].message != wantMessage {
		t.Error("the provider was given another message")
	}
}

func TestOutcomeOfFailures(t *testing.T) {
	throttled := failsWith(&provider.Error{Kind: provider.Throttled, RetryAfter: 3 * time.Second})
	soonerThrottled := failsWith(&provider.Error{Kind: provider.Throttled, RetryAfter: time.Second})
	refused, unavailable, unknown := fails(provider.Refused), fails(provider.Unavailable), fails(provider.Unknown)
	misconfigured, foreign := fails(provider.Misconfigured), failsWith(errors.New("secret words"))
	panics := &fake{do: func(context.Context, provider.Message) (provider.Receipt, error) { panic("secret words") }}
	type codes = []messaging.Code
	const sent, rejected, limited = messaging.CodeSent, messaging.CodeRejected, messaging.CodeRateLimited
	for name, tt := range map[string]struct {
		providers []*fake
		want      messaging.Code
		attempts  codes
		after     time.Duration
	}{
		"refusal stops":                         {[]*fake{refused, takes()}, rejected, codes{rejected}, 0},
		"throttled goes on":                     {[]*fake{throttled, takes()}, sent, codes{limited, sent}, 0},
		"unavailable goes on":                   {[]*fake{unavailable, takes()}, sent, codes{messaging.CodeUnavailable, sent}, 0},
		"misconfigured goes on":                 {[]*fake{misconfigured, takes()}, sent, codes{messaging.CodeMisconfigured, sent}, 0},
		"unknown goes on":                       {[]*fake{unknown, takes()}, sent, codes{messaging.CodeUnknown, sent}, 0},
		"foreign error is unknown and goes on":  {[]*fake{foreign, takes()}, sent, codes{messaging.CodeUnknown, sent}, 0},
		"panic is unknown and goes on":          {[]*fake{panics, takes()}, sent, codes{messaging.CodeUnknown, sent}, 0},
		"unknown kind is unknown":               {[]*fake{fails(200)}, messaging.CodeUnknown, codes{messaging.CodeUnknown}, 0},
		"throttled alone is unavailable":        {[]*fake{throttled, soonerThrottled}, messaging.CodeUnavailable, codes{limited, limited}, time.Second},
		"unavailable alone":                     {[]*fake{unavailable}, messaging.CodeUnavailable, codes{messaging.CodeUnavailable}, 0},
		"misconfigured alone":                   {[]*fake{misconfigured}, messaging.CodeMisconfigured, codes{messaging.CodeMisconfigured}, 0},
		"misconfigured and throttled may pass":  {[]*fake{misconfigured, throttled}, messaging.CodeUnavailable, codes{messaging.CodeMisconfigured, limited}, 3 * time.Second},
		"unknown stays unknown before others":   {[]*fake{unknown, unavailable}, messaging.CodeUnknown, codes{messaging.CodeUnknown, messaging.CodeUnavailable}, 0},
		"unknown stays unknown after others":    {[]*fake{misconfigured, unknown}, messaging.CodeUnknown, codes{messaging.CodeMisconfigured, messaging.CodeUnknown}, 0},
		"unknown stays unknown before refusal":  {[]*fake{unknown, refused}, messaging.CodeUnknown, codes{messaging.CodeUnknown, rejected}, 0},
		"refusal by a second decides":           {[]*fake{unavailable, refused}, rejected, codes{messaging.CodeUnavailable, rejected}, 0},
		"wrapped provider error keeps its kind": {[]*fake{failsWith(errors.Join(&provider.Error{Kind: provider.Refused}))}, rejected, codes{rejected}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			d, _ := dispatcher(t, tt.providers...)
			receipt, err := d.Send(within(t, 9*time.Second), message())
			if got := messaging.CodeOf(receipt, err); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			var attempts codes
			for _, a := range receipt.Attempts {
				attempts = append(attempts, a.Code)
			}
			if diff := cmp.Diff(tt.attempts, attempts); diff != "" {
				t.Errorf("attempts (-want +got):\n%s", diff)
			}
			if e := messaging.AsError(err); e != nil && e.RetryAfter != tt.after {
				t.Errorf("retry after %v, want %v", e.RetryAfter, tt.after)
			}
		})
	}
}

func TestRefusalTellsCallerWhyInOurWords(t *testing.T) {
	d, _ := dispatcher(t, failsWith(&provider.Error{Kind: provider.Refused, Detail: "the number is barred", Cause: errors.New("internals")}))
	_, err := d.Send(within(t, 9*time.Second), message())
	if got, want := messaging.AsError(err).Detail, "the provider refused the message: the number is barred"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSlowProviderLeavesTimeForTheNext(t *testing.T) {
	for name, tt := range map[string]struct {
		limit     time.Duration
		providers []*fake
		want      []time.Duration
	}{
		"two halve the time":                       {9020 * time.Millisecond, []*fake{hangs(), hangs()}, []time.Duration{4500 * time.Millisecond, 4500 * time.Millisecond}},
		"three take thirds":                        {9020 * time.Millisecond, []*fake{hangs(), hangs(), hangs()}, []time.Duration{3 * time.Second, 3 * time.Second, 3 * time.Second}},
		"what the first leaves goes to the second": {9020 * time.Millisecond, []*fake{fails(provider.Unavailable), hangs()}, []time.Duration{4500 * time.Millisecond, 9 * time.Second}},
		"no share is uselessly small":              {1520 * time.Millisecond, []*fake{hangs(), hangs()}, []time.Duration{time.Second, 500 * time.Millisecond}},
		"no attempt begins with too little left":   {1100 * time.Millisecond, []*fake{hangs(), hangs()}, []time.Duration{time.Second}},
		"a short deadline still gets one":          {300 * time.Millisecond, []*fake{hangs(), hangs()}, []time.Duration{280 * time.Millisecond}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, _ := dispatcher(t, tt.providers...)
				begun := time.Now()
				_, err := d.Send(within(t, tt.limit), message())
				if !errors.Is(err, messaging.CodeUnknown) {
					t.Errorf("got %v, want unknown", err)
				}
				if took := time.Since(begun); took > tt.limit {
					t.Errorf("took %v of %v", took, tt.limit)
				}
				var got []time.Duration
				for _, f := range tt.providers {
					for _, c := range f.calls {
						got = append(got, c.left)
					}
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("time given to attempts (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestAttemptsTellHowLongTheyTook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, _ := dispatcher(t, slow(700*time.Millisecond), takes())
		receipt, err := d.Send(within(t, 9*time.Second), message())
		if err != nil {
			t.Fatal(err)
		}
		want := []messaging.Attempt{
			{Provider: "a", Code: messaging.CodeUnavailable, Duration: 700 * time.Millisecond},
			{Provider: "b", Code: messaging.CodeSent, ProviderMessageID: "vendor-1"},
		}
		if diff := cmp.Diff(want, receipt.Attempts); diff != "" {
			t.Errorf("attempts (-want +got):\n%s", diff)
		}
	})
}

func TestNothingBeginsTooLate(t *testing.T) {
	for name, tt := range map[string]struct {
		limit, life time.Duration
	}{
		"deadline too near": {119 * time.Millisecond, time.Minute},
		"life too short":    {9 * time.Second, 119 * time.Millisecond},
		"life over":         {9 * time.Second, -time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := takes()
				d, _ := dispatcher(t, a)
				m := message()
				m.Expires = time.Now().Add(tt.life)
				receipt, err := d.Send(within(t, tt.limit), m)
				if !errors.Is(err, messaging.CodeExpired) {
					t.Errorf("got %v, want expired", err)
				}
				if len(a.calls) != 0 || len(receipt.Attempts) != 0 {
					t.Errorf("%d attempts began", len(a.calls))
				}
			})
		})
	}
}

func TestLifeBoundsAttemptsWhenShorterThanDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := hangs()
		d, _ := dispatcher(t, a)
		m := message()
		m.Expires = time.Now().Add(2020 * time.Millisecond)
		_, err := d.Send(within(t, 9*time.Second), m)
		if !errors.Is(err, messaging.CodeUnknown) {
			t.Errorf("got %v, want unknown", err)
		}
		if a.calls[0].left != 2*time.Second {
			t.Errorf("the attempt had %v, want 2s", a.calls[0].left)
		}
	})
}

func TestProviderThatNeverReturnsCostsItsAttemptOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		deaf := &fake{do: func(context.Context, provider.Message) (provider.Receipt, error) {
			<-release
			return provider.Receipt{}, nil
		}}
		defer close(release)
		d, logs := dispatcher(t, deaf, takes())
		receipt, err := d.Send(within(t, 9*time.Second), message())
		if err != nil || receipt.Provider != "b" {
			t.Errorf("got %v from %q, want b to take it", err, receipt.Provider)
		}
		if logs.FilterMessage("provider does not return").Len() != 1 {
			t.Error("nothing was logged about the provider")
		}
	})
}

func TestCallThatIsCalledOffMakesNoFurtherAttempt(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second)
	defer cancel()
	b := takes()
	d, _ := dispatcher(t, &fake{do: func(context.Context, provider.Message) (provider.Receipt, error) {
		cancel()
		return provider.Receipt{}, &provider.Error{Kind: provider.Unavailable}
	}}, b)
	_, err := d.Send(ctx, message())
	// The provider and the end of the call race; if the end wins, the attempt
	// counts by what the provider says within its grace.
	if !errors.Is(err, messaging.CodeUnavailable) {
		t.Errorf("got %v, want unavailable", err)
	}
	if len(b.calls) != 0 {
		t.Error("another attempt was made")
	}
}

func TestInvalidMessageReachesNobody(t *testing.T) {
	a := takes()
	d, _ := dispatcher(t, a)
	m := message()
	m.To = "18085555555"
	_, err := d.Send(within(t, 9*time.Second), m)
	if !errors.Is(err, messaging.CodeInvalidNumber) || len(a.calls) != 0 {
		t.Errorf("got %v after %d calls, want invalid_number before any", err, len(a.calls))
	}
}

func TestCallWithoutDeadlineIsRefused(t *testing.T) {
	a := takes()
	d, _ := dispatcher(t, a)
	if _, err := d.Send(t.Context(), message()); !errors.Is(err, messaging.CodeInternal) || len(a.calls) != 0 {
		t.Errorf("got %v after %d calls, want internal before any", err, len(a.calls))
	}
}

func TestRouteIsChosenByTenantAndChannel(t *testing.T) {
	cfg := worker.Config{Tenants: []worker.Tenant{
		{Name: "acme", Routes: []worker.Route{
			{Match: worker.Match{Channel: messaging.SMS}, Providers: []string{"acme-sms"}},
			{Providers: []string{"acme-rest"}},
			{Match: worker.Match{Channel: messaging.SMS}, Providers: []string{"never"}},
		}},
		{Name: "smsonly", Routes: []worker.Route{{Match: worker.Match{Channel: messaging.SMS}, Providers: []string{"acme-sms"}}}},
		{Name: worker.EveryTenant, Routes: []worker.Route{{Providers: []string{"everyone"}}}},
	}}
	providers := map[string]provider.Provider{"acme-sms": takes(), "acme-rest": takes(), "never": takes(), "everyone": takes()}
	d, _ := newDispatcher(t, cfg, providers)
	for name, tt := range map[string]struct {
		tenant  string
		channel messaging.Channel
		want    string
	}{
		"first route that fits":              {"acme", messaging.SMS, "acme-sms"},
		"route without a channel fits every": {"acme", messaging.Voice, "acme-rest"},
		"other tenants share theirs":         {"other", messaging.Voice, "everyone"},
		"own entry takes nothing from *":     {"smsonly", messaging.Voice, ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := message()
			m.Tenant, m.Channel = tt.tenant, tt.channel
			receipt, err := d.Send(within(t, 9*time.Second), m)
			if receipt.Provider != tt.want {
				t.Errorf("went to %q, want %q", receipt.Provider, tt.want)
			}
			if tt.want == "" && !errors.Is(err, messaging.CodeBlocked) {
				t.Errorf("got %v, want blocked", err)
			}
		})
	}
}

func TestUnknownProviderIsRefusedAtStart(t *testing.T) {
	cfg := worker.Config{Tenants: []worker.Tenant{{Name: "*", Routes: []worker.Route{{Providers: []string{"ghost"}}}}}}
	_, err := worker.NewDispatcher(cfg, nil, worker.Options{})
	if err == nil || err.Error() != `tenants[0].routes[0].providers[0]: no provider is named "ghost"` {
		t.Errorf("got %v", err)
	}
}
