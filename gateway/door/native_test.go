package door_test

import (
	"errors"
	"testing"
	"time"

	"github.com/phonehook/phonehook/gateway/door"
	"github.com/phonehook/phonehook/messaging"
)

func TestDecodeNative(t *testing.T) {
	draft, err := door.DecodeNative([]byte(`{"to":"+18085555555","text":"x","language":"de_AT","expires_in":86400}`))
	if err != nil {
		t.Fatal(err)
	}
	if draft.Shape != door.ShapeNative || draft.Life != 24*time.Hour || draft.RecipientField != "to" || draft.TextField != "text" ||
		draft.Message.Language != "de-AT" || draft.Message.Channel != messaging.SMS {
		t.Errorf("the draft is %+v", draft)
	}
	draft, err = door.DecodeNative([]byte(`{"to":"+18085555555","text":"x","context":{}}`))
	if e := messaging.AsError(err); e == nil || e.Code != messaging.CodeInvalidRequest || e.Field != "context" || draft.Shape != door.ShapeNative {
		t.Errorf("another shape: %+v, %v", draft, err)
	}
}

// FuzzDecodeNative checks that what the API takes, the hooks' decoder reads as JSON too,
// and that every refusal is a request's fault.
func FuzzDecodeNative(f *testing.F) {
	f.Add([]byte(`{"to":"+18085555555","text":"x","client":{"name":"n"},"user":{"app_metadata":{"a":[1]}},"expires_in":9}`))
	f.Add([]byte(`{"to":null,"expires_in":1e3}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		draft, err := door.DecodeNative(body)
		if err != nil {
			if !errors.Is(err, messaging.CodeInvalidRequest) {
				t.Fatalf("the error is %v", err)
			}
			return
		}
		if draft.Life < time.Second || draft.Life > 24*time.Hour || draft.Message.Channel == "" {
			t.Errorf("the draft is %+v", draft)
		}
		if _, err := door.Decode(body); errors.Is(err, messaging.CodeInternal) {
			t.Errorf("Decode says %v", err)
		}
	})
}
