package main

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

var update = flag.Bool("update", false, "write the golden files anew")

// execute runs the command line as main would and returns what it wrote.
func execute(t *testing.T, ctx context.Context, args ...string) (stdout, stderr string, err error) { //nolint:revive // the test comes first
	t.Helper()
	var out, errs bytes.Buffer
	root := newRootCommand()
	root.SetArgs(args)
	root.SetOut(&out)
	root.SetErr(&errs)
	err = root.ExecuteContext(ctx)
	return out.String(), errs.String(), err
}

// golden compares got with the file of this name in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s; -update writes it anew (-want +got):\n%s", path, diff)
	}
}

// paths are the command lines of all commands below cmd, itself included.
func paths(cmd *cobra.Command) [][]string {
	all := [][]string{strings.Fields(cmd.CommandPath())[1:]}
	for _, sub := range cmd.Commands() {
		if !sub.Hidden && sub.Name() != "help" {
			all = append(all, paths(sub)...)
		}
	}
	return all
}

func TestHelpIsAsReviewed(t *testing.T) {
	root := newRootCommand()
	for _, path := range paths(root) {
		name := strings.Join(append([]string{"phonehook"}, path...), "-")
		t.Run(name, func(t *testing.T) {
			stdout, _, err := execute(t, t.Context(), append(path, "--help")...)
			if err != nil {
				t.Fatal(err)
			}
			for i, line := range strings.Split(stdout, "\n") {
				if strings.TrimRight(line, " ") != line {
					t.Errorf("line %d ends in blanks", i+1)
				}
			}
			golden(t, "help-"+name+".txt", stdout)
		})
	}
}

func TestEveryCommandExplainsItself(t *testing.T) {
	root := newRootCommand()
	for _, path := range paths(root) {
		cmd, _, err := root.Find(path)
		if err != nil {
			t.Fatal(err)
		}
		if cmd.Short == "" || len(cmd.Long) < 2*len(cmd.Short) {
			t.Errorf("%s has little to say for itself", cmd.CommandPath())
		}
		if cmd.HasParent() && !cmd.HasSubCommands() && cmd.Example == "" {
			t.Errorf("%s has no example", cmd.CommandPath())
		}
	}
}

func TestWrongCommandLinesSayWhatIsWrong(t *testing.T) {
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"unknown command":  {[]string{"sned"}, `unknown command "sned" for "phonehook"`},
		"unknown flag":     {[]string{"send", "--phone", "1"}, "unknown flag: --phone; see phonehook send --help"},
		"surplus argument": {[]string{"token", "x"}, `unknown command "x" for "phonehook token"`},
		"bad duration":     {[]string{"send", "--timeout", "5"}, `invalid argument "5" for "--timeout" flag: time: missing unit in duration "5"; see phonehook send --help`},
		"no file":          {[]string{"check"}, "check: which file? For example: phonehook check configs/gateway.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := execute(t, t.Context(), tt.args...)
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}
