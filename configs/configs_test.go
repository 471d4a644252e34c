package configs_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.yaml.in/yaml/v3"

	"github.com/phonehook/phonehook/configs"
)

// file is a configuration as a program would put it together.
type file struct {
	Name     string           `yaml:"name"`
	Deadline configs.Duration `yaml:"deadline"`
	Entries  []entry          `yaml:"entries"`
}

type entry struct {
	Key     string         `yaml:"key"`
	Secret  configs.Secret `yaml:"secret"`
	Section *section       `yaml:"section"`
}

type section struct {
	Size int `yaml:"size"`
}

func (f *file) Validate() error {
	var complaints []error
	if f.Name == "" {
		complaints = append(complaints, configs.Complain("name", "is missing"))
	}
	for i, e := range f.Entries {
		if e.Key == "" {
			place := "entries[" + string(rune('0'+i)) + "]"
			complaints = append(complaints, configs.Within(place, configs.Complain("key", "is missing")))
		}
	}
	return errors.Join(complaints...)
}

func TestGoodFileIsReadOverDefaults(t *testing.T) {
	path := filepath.Join(t.TempDir(), "good.yaml")
	text := "# a comment\nname: x\nentries:\n  - {key: k, secret: s3cret, section: {size: 3}}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got := file{Name: "default", Deadline: configs.Duration(9 * time.Second)}
	if err := configs.Load(path, &got); err != nil {
		t.Fatal(err)
	}
	if got.Name != "x" || got.Deadline.Std() != 9*time.Second {
		t.Errorf("got name %q and deadline %v", got.Name, got.Deadline)
	}
	if e := got.Entries[0]; e.Secret.Reveal() != "s3cret" || e.Section.Size != 3 {
		t.Errorf("got entry %+v", e)
	}
}

func TestBadFilesNameThePlace(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"empty":               {"", "f.yaml: the file is empty"},
		"comment alone":       {"# nothing\n", "f.yaml: the file is empty"},
		"unknown key":         {"name: x\nnme: y\n", "f.yaml: line 2: unknown key nme"},
		"unknown key deeper":  {"name: x\nentries:\n  - key: k\n    section: {sise: 3}\n", "f.yaml: line 4: unknown key sise"},
		"key twice":           {"name: x\nname: y\n", `f.yaml: line 2: mapping key "name" already defined at line 1`},
		"second document":     {"name: x\n---\nname: y\n", "f.yaml: the file has a second document; one file holds one configuration"},
		"broken YAML":         {"name: [x\n", "f.yaml: yaml:"},
		"wrong type":          {"name: [x]\n", "f.yaml: line 1: cannot unmarshal !!seq into string"},
		"number for duration": {"name: x\ndeadline: 9\n", `f.yaml: line 2: "9" is not a duration with a unit, such as 9s or 250ms`},
		"invalid":             {"name: ''\nentries: [{key: a}, {section: {}}]\n", "f.yaml: name: is missing\nf.yaml: entries[1].key: is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			err := configs.Parse("f.yaml", []byte(tt.text), new(file))
			if err == nil {
				t.Fatal("it was taken")
			}
			for line := range strings.SplitSeq(err.Error(), "\n") {
				if !strings.HasPrefix(line, "f.yaml: ") {
					t.Errorf("the line %q does not name the file", line)
				}
			}
			if !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got %q, want %q", err, tt.want)
			}
		})
	}
}

func TestMissingFileIsNamed(t *testing.T) {
	err := configs.Load("/nowhere/gateway.yaml", new(file))
	if err == nil || !strings.Contains(err.Error(), "/nowhere/gateway.yaml") || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestWithinPrefixesEveryComplaint(t *testing.T) {
	other := errors.New("something else")
	err := configs.Within("tenants[1]", errors.Join(
		configs.Complain("name", "is bad"),
		errors.Join(configs.Complain("[2]", "is worse"), configs.Complain("", "is empty")),
		other,
	))
	want := "tenants[1].name: is bad\ntenants[1][2]: is worse\ntenants[1]: is empty\nsomething else"
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !errors.Is(err, other) {
		t.Error("the other error was lost")
	}
	if configs.Within("x", nil) != nil {
		t.Error("nil did not stay nil")
	}
}

func TestDurationIsWrittenAsItIsRead(t *testing.T) {
	for _, text := range []string{"9s", "250ms", "1m30s", "0s"} {
		var d configs.Duration
		if err := d.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if back, err := d.MarshalText(); err != nil || string(back) != text {
			t.Errorf("%s came back as %s (%v)", text, back, err)
		}
	}
}

// FuzzParse checks that what was taken can be written and taken again as the same,
// and that no input makes Parse panic or an error without the file's name.
func FuzzParse(f *testing.F) {
	f.Add([]byte("name: x\ndeadline: 9s\nentries:\n  - {key: k, section: {size: 3}}\n"))
	f.Add([]byte("name: x\n---\nname: y\n"))
	f.Add([]byte("name: &a [*a]\n"))
	f.Add([]byte("\x00\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var first file
		if err := configs.Parse("f.yaml", data, &first); err != nil {
			if !strings.HasPrefix(err.Error(), "f.yaml: ") {
				t.Fatalf("the error %q does not name the file", err)
			}
			return
		}
		for i := range first.Entries {
			first.Entries[i].Secret = configs.Secret{} // is not written, on purpose
		}
		written, err := yaml.Marshal(first)
		if err != nil {
			t.Fatal(err)
		}
		var second file
		if err := configs.Parse("f.yaml", written, &second); err != nil {
			t.Fatalf("not taken again: %v\n%s", err, written)
		}
		if diff := cmp.Diff(first, second, cmp.AllowUnexported(configs.Secret{}), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("(-first +second):\n%s", diff)
		}
	})
}
