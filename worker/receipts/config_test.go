package receipts_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/receipts"
)

func TestConfigComplaints(t *testing.T) {
	key := configs.NewSecret(strings.Repeat("k", 32))
	for name, c := range map[string]struct {
		cfg  receipts.Config
		want string
	}{
		"nothing":         {receipts.Config{}, ""},
		"all":             {receipts.Config{URL: "https://hook.example.com", Key: key}, ""},
		"no key":          {receipts.Config{URL: "https://hook.example.com"}, "key: is missing; give it, or the path of a file with it as key_file"},
		"two keys":        {receipts.Config{URL: "https://hook.example.com", Key: key, KeyFile: "/x"}, "key: is given twice, as key and as key_file; keep one"},
		"a short key":     {receipts.Config{URL: "https://hook.example.com", Key: configs.NewSecret("k")}, "key: has fewer than 32 characters; make one with: openssl rand -base64 32"},
		"a key alone":     {receipts.Config{Key: key}, "url: is missing; it is the gateway's public address, and the key alone does nothing"},
		"no TLS":          {receipts.Config{URL: "http://hook.example.com", Key: key}, "url: must begin with https://; providers on this machine need allow_insecure: true"},
		"no address":      {receipts.Config{URL: "hook.example.com", Key: key}, "url: is not an address such as https://example.com"},
		"with a query":    {receipts.Config{URL: "https://hook.example.com?a=1", Key: key}, "url: must not have a query or a fragment"},
		"on this machine": {receipts.Config{URL: "http://127.0.0.1:8080", Key: key, AllowInsecure: true}, ""},
	} {
		got := ""
		if err := c.cfg.Validate(); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: got %q; want %q", name, got, c.want)
		}
	}
}

func TestTheKeyComesFromItsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	cfg := receipts.Config{URL: "https://hook.example.com", KeyFile: path}
	if _, err := cfg.Addresses(); err == nil {
		t.Error("a file that is missing was read")
	}
	if err := os.WriteFile(path, []byte("short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := cfg.Addresses(); err == nil || !strings.Contains(err.Error(), "key_file: has fewer than 32 characters") {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(path, []byte(strings.Repeat("k", 32)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	inline := receipts.Config{URL: cfg.URL, Key: configs.NewSecret(strings.Repeat("k", 32))}
	a, err := cfg.Addresses()
	b, err2 := inline.Addresses()
	if err != nil || err2 != nil || a.ForAccount("k", "n") != b.ForAccount("k", "n") {
		t.Errorf("got %v and %v", err, err2)
	}
	if none, err := (&receipts.Config{}).Addresses(); none != nil || err != nil {
		t.Errorf("without a URL: %v, %v", none, err)
	}
}
