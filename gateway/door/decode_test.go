package door_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/gateway/door"
	"github.com/phonehook/phonehook/messaging"
)

var update = flag.Bool("update", false, "write the golden files anew")

// shapes returns the documented bodies by their file's name.
func shapes(tb testing.TB) map[string][]byte {
	tb.Helper()
	files, err := filepath.Glob("testdata/shapes/*.json")
	if err != nil || len(files) < 15 {
		tb.Fatalf("found %d documented bodies in testdata/shapes: %v", len(files), err)
	}
	bodies := make(map[string][]byte, len(files))
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		bodies[strings.TrimSuffix(filepath.Base(file), ".json")] = data
	}
	return bodies
}

func TestDecodeReadsEveryDocumentedShape(t *testing.T) {
	for name, body := range shapes(t) {
		t.Run(name, func(t *testing.T) {
			draft, err := door.Decode(body)
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.MarshalIndent(struct {
				Shape                     door.Shape
				Life                      string
				RecipientField, TextField string
				Message                   messaging.Message
			}{draft.Shape, draft.Life.String(), draft.RecipientField, draft.TextField, draft.Message}, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(got, []byte("unread")) {
				t.Error("a member that must stay behind is in the message")
			}
			golden(t, "testdata/decoded/"+name+".json", append(got, '\n'))
		})
	}
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-golden +got); run with -update if that is meant:\n%s", path, diff)
	}
}

func TestDecodeMapsEveryWordOfTheVocabulary(t *testing.T) {
	channels := map[string]messaging.Channel{
		`null`: messaging.SMS, `""`: messaging.SMS, `"sms"`: messaging.SMS, `"text"`: messaging.SMS, `"voice"`: messaging.Voice,
	}
	for word, want := range channels {
		draft, err := door.Decode([]byte(`{"recipient":"+1","text":"x","context":{"message_type":` + word + `}}`))
		if err != nil || draft.Message.Channel != want {
			t.Errorf("message_type %s is channel %q, %v; want %q", word, draft.Message.Channel, err, want)
		}
	}
	actions := map[string]messaging.Action{
		`null`: "", `""`: "",
		`"enrollment"`: messaging.Enrollment, `"otp_enroll"`: messaging.Enrollment,
		`"second-factor-authentication"`: messaging.SecondFactor, `"second-factor-authenticator"`: messaging.SecondFactor,
		`"authentication"`: messaging.SecondFactor, `"otp_verify"`: messaging.SecondFactor,
		`"passwordless"`: messaging.Passwordless, `"blocked_account"`: messaging.BlockedAccount,
		`"change_password"`: messaging.ChangePassword, `"password_breach"`: messaging.PasswordBreach,
	}
	for word, want := range actions {
		draft, err := door.Decode([]byte(`{"recipient":"+1","text":"x","context":{"action":` + word + `}}`))
		if err != nil || draft.Message.Action != want {
			t.Errorf("action %s is %q, %v; want %q", word, draft.Message.Action, err, want)
		}
	}
	languages := map[string]string{
		"en": "en", "en-US": "en-US", "en_US": "en-US", "EN_us": "en-US", "zh_hant_tw": "zh-Hant-TW", "iw": "he",
		"N/A": "", "": "", "und": "", "not a language": "", strings.Repeat("en-", 40): "",
	}
	for word, want := range languages {
		draft, err := door.Decode([]byte(`{"recipient":"+1","text":"x","context":{"language":"` + word + `"}}`))
		if err != nil || draft.Message.Language != want {
			t.Errorf("language %q is %q, %v; want %q", word, draft.Message.Language, err, want)
		}
	}
}

func TestDecodeGivesPasswordlessCodesAShorterLife(t *testing.T) {
	for body, want := range map[string]time.Duration{
		`{"recipient":"+1","text":"x"}`:                                       5 * time.Minute,
		`{"recipient":"+1","body":"x"}`:                                       3 * time.Minute,
		`{"recipient":"+1","text":"x","context":{"action":"passwordless"}}`:   3 * time.Minute,
		`{"recipient":"+1","as_text":"x","message_type":"change_password"}`:   5 * time.Minute,
		`{"message_options":{"recipient":"+1","text":"x"},"body":"whatever"}`: 5 * time.Minute,
	} {
		if draft, err := door.Decode([]byte(body)); err != nil || draft.Life != want {
			t.Errorf("%s lives %v, %v; want %v", body, draft.Life, err, want)
		}
	}
}
