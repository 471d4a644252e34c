package door_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/gateway/door"
	"github.com/phonehook/phonehook/messaging"
)

// sameJSON compares metadata by its meaning: encoders may write it differently.
var sameJSON = cmp.Comparer(func(a, b json.RawMessage) bool {
	return (a == nil) == (b == nil) && reflect.DeepEqual(meaning(a), meaning(b))
})

func meaning(raw json.RawMessage) any {
	if raw == nil {
		return nil
	}
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return err.Error()
	}
	return value
}

// messages prints differences, which messaging.Message by itself would hide.
var messages = cmp.Options{sameJSON, cmp.Transformer("Plain", func(m messaging.Message) any {
	type plain messaging.Message
	return plain(m)
})}

// FuzzDecodedMessagesSurviveEncoding: whatever decodes, in whatever shape, encodes
// into the hook's shape and decodes again into the same message with the same life,
// and survives the wire to the worker.
func FuzzDecodedMessagesSurviveEncoding(f *testing.F) {
	for _, body := range shapes(f) {
		f.Add(body)
	}
	f.Add([]byte(`{"recipient":"+1","text":"<&>\u2028\ud83d\ud83d\ude00","user":{"app_metadata":{"a":[1e400,"\ud800",null]}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		draft, err := door.Decode(body)
		if err != nil {
			if messaging.AsError(err).Code != messaging.CodeInvalidRequest {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		encoded, err := door.EncodeHook(draft.Message)
		if err != nil {
			t.Fatal(err)
		}
		again, err := door.Decode(encoded)
		if err != nil {
			t.Fatalf("the encoded body %s is refused: %v", encoded, err)
		}
		if diff := cmp.Diff(draft.Message, again.Message, messages); diff != "" || again.Life != draft.Life {
			t.Errorf("the hook's shape changed the message (lives %v, %v):\n%s", draft.Life, again.Life, diff)
		}
		wire, err := messaging.EncodeMessage(draft.Message)
		if err != nil {
			t.Fatal(err)
		}
		across, err := messaging.DecodeMessage(wire)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(draft.Message, across, messages); diff != "" {
			t.Errorf("the wire changed the message:\n%s", diff)
		}
	})
}

func TestEncodeHookRefusesMetadataThatIsNoJSON(t *testing.T) {
	_, err := door.EncodeHook(messaging.Message{Client: &messaging.Client{Metadata: json.RawMessage(`{"secret`)}})
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
}

func TestEncodeHookIsAcceptedByTheStrictCheck(t *testing.T) {
	body, err := door.EncodeHook(messaging.Message{To: "+18085555555", Text: "x", Channel: messaging.SMS, Action: messaging.Enrollment})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := door.DecodeStrict(body); err != nil {
		t.Errorf("%s: %v", body, err)
	}
}
