package gateway_test

import (
	"net/http"
	"testing"

	"github.com/phonehook/phonehook/messaging"
)

func TestFeedbackReachesTheProviderThatTookTheMessage(t *testing.T) {
	var e engine
	var got []messaging.Feedback
	e.learn = func(f messaging.Feedback) error {
		got = append(got, f)
		return nil
	}
	g := e.gateway(t, config())
	id := as[message](t, g.send(t, nativeBody)).ID
	for _, body := range []string{`{"worked":true}`, `{"worked":false}`} {
		if answer := g.native(t, http.MethodPost, messagesPath+"/"+id+"/feedback", body); answer.status != http.StatusOK {
			t.Fatalf("%s: got %d %s", body, answer.status, answer.body)
		}
	}
	want := messaging.Feedback{Account: "vonage", ProviderMessageID: "0A01", Worked: true}
	if len(got) != 2 || got[0] != want || got[1].Worked {
		t.Errorf("got %+v", got)
	}
	for _, body := range []string{``, `{}`, `[]`, `{"worked":1}`, `{"worked":null}`, `{"worked":true,"x":1}`, `{"worked":true} {}`} {
		if answer := g.native(t, http.MethodPost, messagesPath+"/"+id+"/feedback", body); answer.status != http.StatusBadRequest {
			t.Errorf("%q: got %d %s", body, answer.status, answer.body)
		}
	}
	if len(got) != 2 {
		t.Errorf("the provider was told %d times", len(got))
	}
}

func TestFeedbackOnAMessageThatNobodyTookIsAConflict(t *testing.T) {
	var e engine
	e.fails(&messaging.Error{Code: messaging.CodeRejected, Detail: "why"})
	g := e.gateway(t, config())
	g.send(t, nativeBody)
	id := e.received()[0].ID
	if answer := g.native(t, http.MethodPost, messagesPath+"/"+id+"/feedback", `{"worked":true}`); answer.status != http.StatusConflict {
		t.Errorf("got %d %s", answer.status, answer.body)
	}
}
