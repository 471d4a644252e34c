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
		{"no load", []string{"--connections", "0", "--rate", "0"}, "nothing to measure"},
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
