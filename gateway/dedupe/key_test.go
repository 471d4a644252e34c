package dedupe_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/phonehook/phonehook/gateway/dedupe"
	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/messagingtest"
)

func TestParseHeader(t *testing.T) {
	long := strings.Repeat("k", 255)
	for name, c := range map[string]struct {
		values []string
		want   string
		bad    bool
	}{
		"none":                   {nil, "", false},
		"bare":                   {[]string{"8e03978e-40d5-43dd-bc93-6894a57f9324"}, "8e03978e-40d5-43dd-bc93-6894a57f9324", false},
		"quoted":                 {[]string{`"8e03978e-40d5-43dd-bc93-6894a57f9324"`}, "8e03978e-40d5-43dd-bc93-6894a57f9324", false},
		"quoted with escapes":    {[]string{`"a\"b\\c"`}, `a"b\c`, false},
		"blanks around":          {[]string{"\t k "}, "k", false},
		"a comma and a colon":    {[]string{"a,b:c"}, "a,b:c", false},
		"the longest":            {[]string{long}, long, false},
		"the longest, quoted":    {[]string{`"` + long + `"`}, long, false},
		"empty":                  {[]string{""}, "", true},
		"empty in quotes":        {[]string{`""`}, "", true},
		"too long":               {[]string{long + "k"}, "", true},
		"300 characters, quoted": {[]string{`"` + strings.Repeat("k", 300) + `"`}, "", true},
		"a space":                {[]string{"a b"}, "", true},
		"a space in quotes":      {[]string{`"a b"`}, "", true},
		"not ASCII":              {[]string{"schlüssel"}, "", true},
		"a control character":    {[]string{"a\x7f"}, "", true},
		"open quotes":            {[]string{`"abc`}, "", true},
		"ends in a backslash":    {[]string{`"abc\`}, "", true},
		"another escape":         {[]string{`"a\n"`}, "", true},
		"parameters":             {[]string{`"abc";a=1`}, "", true},
		"a quote within":         {[]string{`ab"c`}, "", true},
		"two lines":              {[]string{"a", "a"}, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := dedupe.ParseHeader(c.values)
			if got != c.want || (err != nil) != c.bad {
				t.Errorf("got %q, %v", got, err)
			}
			if err == nil {
				return
			}
			if !errors.Is(err, messaging.CodeInvalidRequest) || !strings.Contains(err.Error(), "the header Idempotency-Key ") {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestNaturalKeys(t *testing.T) {
	s := dedupe.Secret("a secret of the gateways")
	m := messagingtest.Message()
	same := m
	same.ID, same.Text, same.Language, same.User = "another", "Su código: 999111", "es", nil
	if s.NaturalKey(m) != s.NaturalKey(same) {
		t.Error("the same code to the same phone is another key")
	}
	for name, change := range map[string]func(*messaging.Message){
		"tenant":                             func(m *messaging.Message) { m.Tenant = "x" },
		"number":                             func(m *messaging.Message) { m.To = "+18085555556" },
		"channel":                            func(m *messaging.Message) { m.Channel = messaging.Voice },
		"code":                               func(m *messaging.Message) { m.Code = "1" },
		"no code":                            func(m *messaging.Message) { m.Code = "" },
		"a code that is the text of another": func(m *messaging.Message) { m.Code, m.Text = "", m.Code },
	} {
		other := m
		change(&other)
		if s.NaturalKey(m) == s.NaturalKey(other) {
			t.Errorf("another %s is the same key", name)
		}
	}
	one, two := m, m
	one.Code, two.Code, two.Text = "", "", "another text"
	if s.NaturalKey(one) == s.NaturalKey(two) {
		t.Error("without a code, the text makes no difference")
	}
	if s.NaturalKey(m) == dedupe.Secret("another").NaturalKey(m) || s.ClientKey("a", "bc") == s.ClientKey("ab", "c") {
		t.Error("keys are not apart")
	}
}

func TestFingerprints(t *testing.T) {
	s := dedupe.Secret("a secret of the gateways")
	f := s.Fingerprint("/a", []byte("body"))
	if f != s.Fingerprint("/a", []byte("body")) || f.String() == "" || f.String() == s.Fingerprint("/b", []byte("body")).String() ||
		f == s.Fingerprint("/a", []byte("body ")) || f == dedupe.Secret(nil).Fingerprint("/a", []byte("body")) {
		t.Error("fingerprints do not tell requests apart")
	}
	if (dedupe.Fingerprint{}).String() != "" {
		t.Error("no fingerprint is not empty")
	}
}

func FuzzParseHeader(f *testing.F) {
	f.Add(`"a\"b"`)
	f.Add("a,b")
	f.Fuzz(func(t *testing.T, value string) {
		key, err := dedupe.ParseHeader([]string{value})
		if err == nil && (key == "" || len(key) > 255 || strings.ContainsAny(key, " \t\r\n")) {
			t.Errorf("%q became %q", value, key)
		}
		quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(key) + `"`
		if again, err2 := dedupe.ParseHeader([]string{quoted}); err == nil && (err2 != nil || again != key) {
			t.Errorf("%q is %q bare and %q quoted, %v", value, key, again, err2)
		}
	})
}
