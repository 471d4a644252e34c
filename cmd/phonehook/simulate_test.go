package main

import (
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/builtin"
	"github.com/phonehook/phonehook/worker/provider/lookalike"
)

const simulatorReady = `listens at http://(127[0-9.:]+)\n`

func TestSimulatedVonageAnswers(t *testing.T) {
	b, found := start(t, simulatorReady, "simulate", "vonage", "--open", "--listen", "127.0.0.1:0")
	base := "http://" + found[1]
	form := "api_key=abcd1234&api_secret=Secret12345678&from=Acme&to=18085555555&text=hello&client-ref=m-1"
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/sms/json", strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if messages := get(t, base+"/_control/messages"); !strings.Contains(messages, `"reference":"m-1"`) {
		t.Errorf("the messages are %s", messages)
	}
	if _, _, err := execute(t, t.Context(), "simulate", "vonage", "--listen", found[1], "--healthcheck"); err != nil {
		t.Error(err)
	}
	if err := b.stop(); err != nil {
		t.Error(err)
	}
	if _, _, err := execute(t, t.Context(), "simulate", "vonage", "--listen", found[1], "--healthcheck"); err == nil {
		t.Error("it is healthy after its end")
	}
}

func TestSimulatorEndsWhileARequestHangs(t *testing.T) {
	b, found := start(t, simulatorReady, "simulate", "vonage", "--listen", "127.0.0.1:0")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	send := func(path, body string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+found[1]+path, strings.NewReader(body))
		if err != nil {
			t.Error(err)
			return
		}
		if answer, err := client.Do(request); err == nil {
			_ = answer.Body.Close()
		}
	}
	send("/_control", `{"faults":[{"kind":"hang"}]}`)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		send("/sms/json", "")
	}()
	for !strings.Contains(get(t, "http://"+found[1]+"/_control/stats"), `"hang":1`) {
	}
	if err := b.stop(); err != nil {
		t.Error(err)
	}
	<-ended
}

func TestSimulatorOnBadFlagsSaysWhatToDo(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a test's own listener
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	for want, args := range map[string][]string{
		"; choose another address with --listen":          {"vonage", "--listen", listener.Addr().String()},
		`"8083" is not an address such as 127.0.0.1:8083`: {"vonage", "--listen", "8083"},
		`"127.0.0.1:65535" has no port for ` + strconv.Itoa(len(lookalike.Kinds)) + ` look-alikes; choose a lower one with --listen`: {"all", "--listen", "127.0.0.1:65535"},
		`there is no look-alike of "acme"; there are ` + strings.Join(lookalike.Names(), ", "):                                       {"acme"},
	} {
		_, _, err := execute(t, t.Context(), append([]string{"simulate"}, args...)...)
		if err == nil || !strings.HasPrefix(err.Error(), "simulate: ") || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestAllLookAlikesRunAtOnce(t *testing.T) {
	b, _ := start(t, simulatorReady, "simulate", "all", "--listen", "127.0.0.1:0")
	if err := b.stop(); err != nil {
		t.Error(err)
	}
	for _, kind := range lookalike.Kinds {
		if line := "a look-alike of " + kind.Vendor + " listens at http://127.0.0.1:"; !strings.Contains(b.out.String(), line) {
			t.Errorf("it does not say %q", line)
		}
	}
}

// printed is a worker's file as far as the look-alikes print it.
type printed struct {
	Providers builtin.Entries `yaml:"providers"`
}

func (p *printed) Validate() error { return configs.Within("providers", p.Providers.Validate()) }

func TestThePrintedProvidersAreGood(t *testing.T) {
	text, _, err := execute(t, t.Context(), "simulate", "all", "--listen", "127.0.0.1:8083", "--print-config")
	if err != nil {
		t.Fatal(err)
	}
	var file printed
	if err := configs.Parse("printed.yaml", []byte(text), &file); err != nil {
		t.Fatal(err)
	}
	made, err := builtin.New(file.Providers, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, kind := range lookalike.Kinds {
		if _, ok := made[kind.Name]; !ok || !strings.Contains(text, "http://127.0.0.1:"+strconv.Itoa(8083+i)) {
			t.Errorf("there is no provider %s at its port", kind.Name)
		}
		if closer, ok := made[kind.Name].(interface{ Close() }); ok {
			closer.Close()
		}
	}
}

// TestEveryProviderHasALookAlike but the one that sends nothing.
func TestEveryProviderHasALookAlike(t *testing.T) {
	for _, vendor := range builtin.Vendors() {
		_, ok := lookalike.Find(vendor.Key)
		if sends := vendor.Key != "inbox"; ok != sends {
			t.Errorf("%s: a look-alike is there: %v", vendor.Key, ok)
		}
		if len(vendor.Channels) == 0 || vendor.Channels[0] != provider.SMS {
			t.Errorf("%s serves %v", vendor.Key, vendor.Channels)
		}
	}
}
