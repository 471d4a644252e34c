// Package configs reads phonehook's configuration files and holds the types that
// every such file uses. It knows no section of any file: a section's type stands
// beside the code that it configures, and a program puts its own together.
//
// The files of this folder that end in .yaml and .conf are the ones that ship.
package configs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Validator is a section that can check itself. Validate returns every complaint
// at once, joined with errors.Join, each one a *Complaint.
type Validator interface{ Validate() error }

// Complaint is something wrong at one place of a file.
type Complaint struct {
	// Path is the place, as YAML keys and list positions: "tenants[1].name".
	Path   string
	Detail string
}

// Error returns the path and the detail.
func (c *Complaint) Error() string { return c.Path + ": " + c.Detail }

// Complain returns a *Complaint about path.
func Complain(path, format string, args ...any) error {
	return &Complaint{Path: path, Detail: fmt.Sprintf(format, args...)}
}

// Within puts prefix before the path of every complaint in err, and leaves other
// errors as they are. A prefix before a list position joins without a dot.
func Within(prefix string, err error) error {
	switch e := err.(type) { //nolint:errorlint // the tree is taken apart here, node by node
	case nil:
		return nil
	case interface{ Unwrap() []error }:
		joined := make([]error, 0, len(e.Unwrap()))
		for _, inner := range e.Unwrap() {
			joined = append(joined, Within(prefix, inner))
		}
		return errors.Join(joined...)
	case *Complaint:
		separator := "."
		if e.Path == "" || strings.HasPrefix(e.Path, "[") {
			separator = ""
		}
		return &Complaint{Path: prefix + separator + e.Path, Detail: e.Detail}
	default:
		return err
	}
}

// Load reads the YAML file at path into config, which is a pointer to a struct
// that already holds the defaults, and validates it. A key that the struct does
// not have, a key given twice, a second document and an empty file are refused.
// Every line of the error begins with the file's path and says where in it.
func Load(path string, config Validator) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	return Parse(path, data, config)
}

// Parse does what Load does with data that is already in memory; name stands for
// the file in errors.
func Parse(name string, data []byte, config Validator) error {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	switch err := decoder.Decode(config); {
	case errors.Is(err, io.EOF):
		return fmt.Errorf("%s: the file is empty", name)
	case err != nil:
		return located(name, err)
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: the file has a second document; one file holds one configuration", name)
	}
	return located(name, config.Validate())
}

// unknownKey is how the decoder says it: with a Go type, which is nothing to the
// reader of a file.
var unknownKey = regexp.MustCompile(`field (\S+) not found in type \S+`)

// located puts the file's name before each of the complaints in err.
func located(name string, err error) error {
	if err == nil {
		return nil
	}
	if wrong, ok := errors.AsType[*yaml.TypeError](err); ok {
		lines := make([]error, 0, len(wrong.Errors))
		for _, text := range wrong.Errors {
			lines = append(lines, fmt.Errorf("%s: %s", name, unknownKey.ReplaceAllString(text, "unknown key $1")))
		}
		return errors.Join(lines...)
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		lines := make([]error, 0, len(joined.Unwrap()))
		for _, inner := range joined.Unwrap() {
			lines = append(lines, located(name, inner))
		}
		return errors.Join(lines...)
	}
	return fmt.Errorf("%s: %w", name, err)
}
