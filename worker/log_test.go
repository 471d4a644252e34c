package worker_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/phonehook/phonehook/worker"
	"github.com/phonehook/phonehook/worker/provider"
)

func TestOneLineTellsOfMessage(t *testing.T) {
	d, logs := dispatcher(t, fails(provider.Throttled), takes())
	if _, err := d.Send(within(t, 9*time.Second), message()); err != nil {
		t.Fatal(err)
	}
	all := logs.All()
	if len(all) != 1 {
		t.Fatalf("%d lines, want 1", len(all))
	}
	fields := all[0].ContextMap()
	if _, ok := fields["duration"].(time.Duration); !ok {
		t.Errorf("duration is %v", fields["duration"])
	}
	delete(fields, "duration")
	want := map[string]any{
		"id": "0190c5b2-7c1e-7000-8000-000000000001", "tenant": "acme", "channel": "sms", "country": "US",
		"route": "routes[0]", "outcome": "sent", "attempts": int64(2), "provider": "b",
	}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

func TestLevelTellsWhetherSomebodyMustAct(t *testing.T) {
	for name, tt := range map[string]struct {
		provider *fake
		want     zapcore.Level
	}{
		"sent":          {takes(), zapcore.InfoLevel},
		"refused":       {fails(provider.Refused), zapcore.InfoLevel},
		"throttled":     {fails(provider.Throttled), zapcore.WarnLevel},
		"unavailable":   {fails(provider.Unavailable), zapcore.WarnLevel},
		"unknown":       {fails(provider.Unknown), zapcore.WarnLevel},
		"misconfigured": {fails(provider.Misconfigured), zapcore.ErrorLevel},
	} {
		t.Run(name, func(t *testing.T) {
			d, logs := dispatcher(t, tt.provider)
			_, _ = d.Send(within(t, 9*time.Second), message())
			if got := logs.All()[0].Level; got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// A provider that breaks every rule must still not get the message into the log or
// into what the caller is told.
func TestNothingOfMessageIsTold(t *testing.T) {
	const text, code, number = "Your quokka code: 777333", "777333", "+18085550123"
	for name, do := range map[string]func(m provider.Message) (provider.Receipt, error){
		"success": func(provider.Message) (provider.Receipt, error) { return provider.Receipt{}, nil },
		"foreign error": func(m provider.Message) (provider.Receipt, error) {
			return provider.Receipt{}, errors.New(m.Text + m.To)
		},
		"panic":         func(m provider.Message) (provider.Receipt, error) { panic(m.Text + m.To) },
		"panic of type": func(m provider.Message) (provider.Receipt, error) { panic(m) },
		"refusal": func(provider.Message) (provider.Receipt, error) {
			return provider.Receipt{}, &provider.Error{Kind: provider.Refused}
		},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			core := zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(&out), zapcore.DebugLevel)
			f := &fake{do: func(_ context.Context, m provider.Message) (provider.Receipt, error) { return do(m) }}
			cfg := worker.Config{Tenants: []worker.Tenant{{Name: "*", Routes: []worker.Route{{Providers: []string{"a"}}}}}}
			d, err := worker.NewDispatcher(cfg, map[string]provider.Provider{"a": f}, worker.Options{Logger: zap.New(core)})
			if err != nil {
				t.Fatal(err)
			}
			m := message()
			m.Text, m.Code, m.To = text, code, number
			_, err = d.Send(within(t, 9*time.Second), m)
			told, _ := json.Marshal(err)
			seen := out.String() + string(told)
			if err != nil {
				seen += err.Error()
			}
			if out.Len() == 0 {
				t.Fatal("nothing was logged, so nothing was checked")
			}
			for _, mark := range []string{"quokka", code, number, strings.TrimPrefix(number, "+")} {
				if strings.Contains(seen, mark) {
					t.Errorf("%q was told:\n%s", mark, seen)
				}
			}
		})
	}
}
