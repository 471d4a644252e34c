package main

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/phonehook/phonehook/cmd/internal/devd"
	"github.com/phonehook/phonehook/cmd/internal/workerd"
	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/builtin"
	"github.com/phonehook/phonehook/worker/provider/lookalike"
)

// TestEveryProviderDeliversAndReports sends through every look-alike, over a gateway, NATS and a
// worker, and waits until the vendor's report has come back on the same way.
func TestEveryProviderDeliversAndReports(t *testing.T) {
	for _, vendor := range builtin.Vendors() {
		if _, ok := lookalike.Find(vendor.Key); !ok {
			continue
		}
		t.Run(vendor.Key, func(t *testing.T) {
			_, hookURL, admin := startDev(t, "--provider", vendor.Key)
			for _, channel := range []provider.Channel{provider.SMS, provider.Voice} {
				args := []string{"send", "--url", hookURL, "--token", devd.Token, "--code", "482910"}
				if channel == provider.Voice {
					args = append(args, "--voice")
				}
				stdout, stderr, err := execute(t, t.Context(), args...)
				if !slices.Contains(vendor.Channels, channel) {
					if err == nil {
						t.Errorf("%s is taken: %s", channel, stdout)
					}
					continue
				}
				if err != nil {
					t.Fatalf("%s: %v\n%s%s", channel, err, stdout, stderr)
				}
				var answer struct{ MessageID string }
				if err := json.Unmarshal([]byte(stdout), &answer); err != nil {
					t.Fatalf("%s: answered %s", channel, stdout)
				}
				wantDelivered(t, hookURL, answer.MessageID)
				if page := get(t, "http://"+admin+"/inbox"); !strings.Contains(page, `"provider":"`+vendor.Key+`"`) {
					t.Errorf("%s: the page of messages shows %s", channel, page)
				}
			}
		})
	}
}

// wantDelivered waits until the gateway knows that a message was delivered.
func wantDelivered(t *testing.T, hookURL, id string) {
	t.Helper()
	type message struct {
		Delivery struct {
			Status string `json:"status"`
			After  *int64 `json:"after_ms"`
		} `json:"delivery"`
	}
	var stdout string
	var err error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		// A gateway that has just started answers that it can't read events yet.
		stdout, _, err = execute(t, t.Context(), "messages", "get", id, "--json", "--url", strings.TrimSuffix(hookURL, hookPath), "--token", devd.Token)
		var m message
		if err == nil {
			err = json.Unmarshal([]byte(stdout), &m)
		}
		if err != nil {
			continue
		}
		if m.Delivery.Status == string(provider.Delivered) {
			if m.Delivery.After == nil || *m.Delivery.After < 0 {
				t.Errorf("it does not say after how long: %s", stdout)
			}
			return
		}
	}
	t.Errorf("nothing says that it was delivered: %s, %v", stdout, err)
}

// TestEveryProviderHasAGoodExample reads the files of configs/providers, whose secrets are not there.
func TestEveryProviderHasAGoodExample(t *testing.T) {
	for _, vendor := range builtin.Vendors() {
		if vendor.Key == "inbox" {
			continue // the file of dev has it
		}
		var cfg workerd.Config
		if err := configs.Load(filepath.Join("../../configs/providers", vendor.Key+".yaml"), &cfg); err != nil {
			t.Error(err)
			continue
		}
		for name, kind := range cfg.Providers.Kinds() {
			if kind != vendor.Key {
				t.Errorf("the example of %s has the provider %s of the kind %s", vendor.Key, name, kind)
			}
		}
	}
	files, err := filepath.Glob("../../configs/providers/*.yaml")
	if err != nil || len(files) != len(builtin.Vendors())-1 {
		t.Errorf("there are the examples %q, %v", files, err)
	}
}
