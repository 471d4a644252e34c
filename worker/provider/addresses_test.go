package provider_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/worker/provider"
)

const messageID = "01890a5d-ac96-774b-bcce-b302099a8057" // of 2023-06-30

var madeThen = time.UnixMilli(0x01890a5dac96)

func addresses(fill byte) *provider.Addresses {
	return provider.NewAddresses("https://phonehook.example.com/", bytes.Repeat([]byte{fill}, provider.MinAddressKey))
}

// last returns the last part of an address under the account that it was made for.
func last(t *testing.T, address string) string {
	t.Helper()
	token, ok := strings.CutPrefix(address, "https://phonehook.example.com/receipts/twilio/main/")
	if !ok {
		t.Fatalf("the address is %q", address)
	}
	return token
}

func TestAddressesAreRecognised(t *testing.T) {
	a := addresses(1)
	for address, want := range map[string]provider.Subject{
		a.ForMessage("twilio", "main", "acme", messageID):                                  {Tenant: "acme", ID: messageID},
		a.ForTenant("twilio", "main", "acme"):                                              {Tenant: "acme"},
		a.ForAccount("twilio", "main"):                                                     {},
		a.ForSpeech("twilio", "main", "acme", messageID, []byte("a.b"), madeThen.Add(1e9)): {Tenant: "acme", ID: messageID, Speech: []byte("a.b")},
	} {
		got, err := a.Open("twilio", "main", last(t, address), madeThen)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", address, err, diff)
		}
	}
}

func TestForeignAddressesAreForged(t *testing.T) {
	a := addresses(1)
	speech := last(t, a.ForSpeech("twilio", "main", "acme", messageID, []byte("493817"), madeThen.Add(time.Minute)))
	message := last(t, a.ForMessage("twilio", "main", "acme", messageID))
	tokens := []string{
		"", ".", "a", "a.", "m.acme." + messageID, "s.", "s.AAAA", speech[:len(speech)-1], message[:len(message)-1], message + "A",
		strings.Replace(message, "acme", "evil", 1), strings.Replace(message, "m.", "t.", 1),
	}
	for i := range speech {
		changed := []byte(speech)
		changed[i] ^= 1
		tokens = append(tokens, string(changed))
	}
	for _, token := range tokens {
		wantFault(t, a, "twilio", "main", token, madeThen, provider.Forged)
	}
	for _, token := range []string{speech, message, last(t, a.ForAccount("twilio", "main"))} {
		wantFault(t, a, "twilio", "other", token, madeThen, provider.Forged)
		wantFault(t, a, "telnyx", "main", token, madeThen, provider.Forged)
		wantFault(t, addresses(2), "twilio", "main", token, madeThen, provider.Forged)
	}
}

func TestOldAddressesAreStale(t *testing.T) {
	a := addresses(1)
	message := last(t, a.ForMessage("twilio", "main", "acme", messageID))
	speech := last(t, a.ForSpeech("twilio", "main", "acme", messageID, nil, madeThen))
	wantFault(t, a, "twilio", "main", message, madeThen.Add(5*24*time.Hour), provider.Stale)
	wantFault(t, a, "twilio", "main", speech, madeThen.Add(2*time.Second), provider.Stale)
}

func wantFault(t *testing.T, a *provider.Addresses, kind, name, token string, now time.Time, want provider.CallbackFault) {
	t.Helper()
	_, err := a.Open(kind, name, token, now)
	if fault, ok := errors.AsType[*provider.CallbackError](err); !ok || fault.Fault != want {
		t.Errorf("%q: got %v; want %s", token, err, want)
	}
}

func TestASealedSpeechIsNotReadable(t *testing.T) {
	a := addresses(1)
	one, two := a.ForSpeech("plivo", "p", "acme", messageID, []byte("493817"), madeThen), a.ForSpeech("plivo", "p", "acme", messageID, []byte("493817"), madeThen)
	if one == two || strings.Contains(one, "493817") {
		t.Errorf("got %s and %s", one, two)
	}
}

func TestNamesThatBreakAnAddressHaveNone(t *testing.T) {
	a := addresses(1)
	for _, got := range []string{a.ForMessage("k", "n", "acme", "a.b"), a.ForMessage("k", "n", "", "a"), a.ForTenant("k", "n", "a/b"), a.ForSpeech("k", "n", "a", "b?", nil, madeThen)} {
		if got != "" {
			t.Errorf("got %q", got)
		}
	}
}
