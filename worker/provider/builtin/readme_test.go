package builtin_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/builtin"
)

var update = flag.Bool("update", false, "write worker/provider/README.md anew")

// examples is where the example configurations are, seen from here.
const examples = "../../../configs/providers"

// TestTheTableOfProvidersIsTheCode holds worker/provider/README.md against the facts that the
// providers state of themselves.
func TestTheTableOfProvidersIsTheCode(t *testing.T) {
	const path = "../README.md"
	want := table()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil { //nolint:gosec // a document of the repository
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("write it anew with go test ./worker/provider/builtin -update (-want +got):\n%s", diff)
	}
}

func table() string {
	var out strings.Builder
	out.WriteString(`# Providers

What phonehook knows of each vendor, made from the code by ` + "`go test ./worker/provider/builtin -update`" + `. The key is that of the
section in a worker's file, and leads to an example of one. Each vendor has a folder here, with its look-alike beside it.

| key | vendor | channels | validity | repetitions | receipts | regions | senders |
|---|---|---|---|---|---|---|---|
`)
	for _, v := range builtin.Vendors() {
		key := "`" + v.Key + "`"
		if _, err := os.Stat(filepath.Join(examples, v.Key+".yaml")); err == nil {
			key = "[" + key + "](../../configs/providers/" + v.Key + ".yaml)"
		}
		vendor := v.Vendor
		if v.Docs != "" {
			vendor = "[" + vendor + "](" + v.Docs + ")"
		}
		fmt.Fprintf(&out, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", key, vendor, channels(v.Channels),
			v.Validity, v.Idempotency, v.Receipts, v.Regions, v.Senders)
	}
	return out.String()
}

func channels(all []provider.Channel) string {
	names := make([]string, len(all))
	for i, c := range all {
		names[i] = string(c)
	}
	return strings.Join(names, ", ")
}

func TestEveryVendorStatesItsFacts(t *testing.T) {
	for _, v := range builtin.Vendors() {
		for name, fact := range map[string]string{
			"vendor": v.Vendor, "validity": v.Validity, "idempotency": v.Idempotency, "receipts": v.Receipts, "regions": v.Regions, "senders": v.Senders,
		} {
			if fact == "" || strings.ContainsAny(fact, "|\n") {
				t.Errorf("%s: the fact %s is %q", v.Key, name, fact)
			}
		}
		if len(v.Channels) == 0 {
			t.Errorf("%s has no channels", v.Key)
		}
	}
}
