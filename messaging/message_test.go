package messaging_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/messagingtest"
)

func TestAPrintedMessageRevealsNothing(t *testing.T) {
	m := messagingtest.Message()
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "message", m)
	for _, printed := range []string{
		fmt.Sprint(m), fmt.Sprintf("%+v", m), fmt.Sprintf("%#v", m), fmt.Sprintf("%s", m), fmt.Sprintf("%d", m),
		fmt.Sprint(&m), fmt.Sprintf("%+v", []messaging.Message{m}), fmt.Sprintf("%v", map[string]any{"m": m}), log.String(),
	} {
		for _, secret := range []string{m.Code, m.Text, m.To, m.To[1:], m.User.Email} {
			if strings.Contains(printed, secret) {
				t.Errorf("%q is in %q", secret, printed)
			}
		}
		if !strings.Contains(printed, m.ID) {
			t.Errorf("the id is not in %q", printed)
		}
	}
}

func TestValidate(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(*messaging.Message)
		field string
		code  messaging.Code
	}{
		"no id":             {func(m *messaging.Message) { m.ID = "" }, "id", messaging.CodeInvalidRequest},
		"a long id":         {func(m *messaging.Message) { m.ID = strings.Repeat("x", 65) }, "id", messaging.CodeInvalidRequest},
		"a tenant with dot": {func(m *messaging.Message) { m.Tenant = "a.b" }, "tenant", messaging.CodeInvalidRequest},
		"no channel":        {func(m *messaging.Message) { m.Channel = "" }, "channel", messaging.CodeInvalidRequest},
		"another channel":   {func(m *messaging.Message) { m.Channel = "pigeon" }, "channel", messaging.CodeInvalidRequest},
		"no number":         {func(m *messaging.Message) { m.To = "" }, "to", messaging.CodeInvalidNumber},
		"a national number": {func(m *messaging.Message) { m.To = "018085555555" }, "to", messaging.CodeInvalidNumber},
		"a plus and a zero": {func(m *messaging.Message) { m.To = "+0808555555" }, "to", messaging.CodeInvalidNumber},
		"letters":           {func(m *messaging.Message) { m.To = "+1808FLOWERS" }, "to", messaging.CodeInvalidNumber},
		"16 digits":         {func(m *messaging.Message) { m.To = "+1234567890123456" }, "to", messaging.CodeInvalidNumber},
		"blank text":        {func(m *messaging.Message) { m.Text = " \n" }, "text", messaging.CodeInvalidRequest},
		"a long text":       {func(m *messaging.Message) { m.Text = strings.Repeat("é", 1601) }, "text", messaging.CodeInvalidRequest},
		"no life":           {func(m *messaging.Message) { m.Expires = time.Time{} }, "expires", messaging.CodeInvalidRequest},
	} {
		t.Run(name, func(t *testing.T) {
			m := messagingtest.Message()
			test.spoil(&m)
			err := messaging.AsError(m.Validate())
			if err == nil || err.Field != test.field || err.Code != test.code {
				t.Errorf("Validate() = %v, want %s of %s", err, test.code, test.field)
			}
		})
	}
	m := messagingtest.Message()
	m.Text = strings.Repeat("é", 1600)
	if err := m.Validate(); err != nil {
		t.Errorf("a good message: %v", err)
	}
}

func TestValidTenant(t *testing.T) {
	for name, want := range map[string]bool{
		"a": true, "0": true, "acme-eu_1": true, strings.Repeat("a", 63): true,
		"": false, "-a": false, "_a": false, "A": false, "a.b": false, "a*": false, "a b": false, "ä": false, "*": false, strings.Repeat("a", 64): false,
	} {
		if got := messaging.ValidTenant(name); got != want {
			t.Errorf("ValidTenant(%q) = %t", name, got)
		}
	}
}

func TestDecodingErrorsQuoteNothing(t *testing.T) {
	const secret = "424242"
	for _, data := range []string{`{"code":` + secret + `}`, `{"text":"` + secret, secret, `{"to":["` + secret + `"]}`, `{"received_at":"` + secret + `"}`} {
		_, err := messaging.DecodeMessage([]byte(data))
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("DecodeMessage(%s) = %v", data, err)
		}
	}
	m := messagingtest.Message()
	m.User.AppMetadata = []byte("{" + secret)
	if _, err := messaging.EncodeMessage(m); err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("EncodeMessage = %v", err)
	}
}

func TestAnOutcomeThatCannotBeReadIsUnknown(t *testing.T) {
	for _, data := range []string{"", "{", "[]", "{}", `{"code":7}`, `{"code":"sent","attempts":{}}`} {
		if _, err := messaging.DecodeOutcome([]byte(data)); !errors.Is(err, messaging.CodeUnknown) {
			t.Errorf("DecodeOutcome(%q) = %v, want %v", data, err, messaging.CodeUnknown)
		}
	}
}

func FuzzMessageCodec(f *testing.F) {
	body, err := messaging.EncodeMessage(messagingtest.Message())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := messaging.DecodeMessage(data)
		if err != nil {
			return
		}
		encoded, err := messaging.EncodeMessage(m)
		if err != nil {
			return // a time of day that Go reads but does not write
		}
		again, err := messaging.DecodeMessage(encoded)
		if err != nil {
			t.Fatalf("what was encoded does not decode: %v", err)
		}
		reencoded, err := messaging.EncodeMessage(again)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(encoded), string(reencoded)); diff != "" {
			t.Errorf("encoded once (-), twice (+):\n%s", diff)
		}
	})
}

func BenchmarkMessageCodec(b *testing.B) {
	m := messagingtest.Message()
	body, err := messaging.EncodeMessage(m)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = messaging.EncodeMessage(m)
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = messaging.DecodeMessage(body)
		}
	})
}

func BenchmarkOutcomeCodec(b *testing.B) {
	r := messaging.Receipt{
		Code: messaging.CodeSent, Provider: "vonage", ProviderMessageID: "0A0000001234", Worker: "w1",
		Attempts: []messaging.Attempt{{Provider: "vonage", Code: messaging.CodeSent, Duration: 120 * time.Millisecond}},
	}
	body, err := messaging.EncodeOutcome(r, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = messaging.EncodeOutcome(r, nil)
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = messaging.DecodeOutcome(body)
		}
	})
}
