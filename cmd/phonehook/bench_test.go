package main

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestBenchRefusesBeforeItMeasures(t *testing.T) {
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{"no load", []string{"--connections", "0", "--rate", "0", "--provider", "0"}, "nothing to measure"},
		{"a provider that is quicker than now", []string{"--provider", "-1s"}, "--provider: -1s"},
		{"nobody who waits", []string{"--waiting", "0"}, "--waiting: 0"},
		{"a provider that takes no time", []string{"--waiting", "10", "--provider", "0"}, "--provider: 0s"},
		{"a report of waiting that can't be written", []string{"--waiting", "10", "--json", filepath.Join(t.TempDir(), "missing", "bench.json")}, "--json"},
		{"no connections", []string{"--connections", "16,0"}, "--connections: 0"},
		{"a number that is none", []string{"--rate", "fast"}, "--rate"},
		{"a duration without a unit", []string{"--duration", "5"}, "--duration"},
		{"a report that can't be written", []string{"--json", filepath.Join(t.TempDir(), "missing", "bench.json")}, "--json"},
		{"an argument", []string{"product"}, "product"},
		{"a subject that there is not", []string{"subject", "other"}, "other"},
	} {
		t.Run(test.name, func(t *testing.T) {
			stdout, stderr, err := execute(t, t.Context(), append([]string{"bench"}, test.args...)...)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
			if stdout != "" || strings.Contains(stderr, "takes about") {
				t.Errorf("it began: %q, %q", stdout, stderr)
			}
		})
	}
}
