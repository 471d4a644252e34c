package main

import (
	"net"
	"net/http"
	"strings"
	"testing"
)

const simulatorReady = `listens at http://(127[0-9.:]+)\n`

func TestSimulatedVonageAnswers(t *testing.T) {
	b, found := start(t, simulatorReady, "simulate", "vonage", "--listen", "127.0.0.1:0")
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
	noKey := write(t, "public.pem", "not a key")
	for want, flags := range map[string][]string{
		"; choose another address with --listen":                     {"--listen", listener.Addr().String()},
		noKey + ": vonagesim: the file has no RSA public key in PEM": {"--public-key", noKey},
		"no such file or directory":                                  {"--public-key", "/nowhere/public.pem"},
	} {
		_, _, err := execute(t, t.Context(), append([]string{"simulate", "vonage"}, flags...)...)
		if err == nil || !strings.HasPrefix(err.Error(), "simulate: ") || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
