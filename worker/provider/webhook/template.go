package webhook

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"

	"github.com/phonehook/phonehook/configs"
)

const (
	// maxSource bounds a template or an expression in the file: a whole SOAP envelope has
	// some 2 KiB.
	maxSource = 16 << 10
	// maxRendered bounds what one template makes. Vendors take texts of a few thousand
	// characters, and escaped for an address each can be 12 bytes.
	maxRendered = 64 << 10
)

// errTooLong ends a template that makes too much.
var errTooLong = errors.New("it is too long")

// text is a template that was compiled, or a constant.
type text struct {
	constant string
	// template is nil for a constant.
	template *template.Template
	// typed says that it writes a number or a boolean, or nothing.
	typed bool
}

// manner is what is asked of the values that a template writes.
type manner uint8

// The manners.
const (
	// asIs writes them as they are: what is around them escapes the whole.
	asIs manner = iota
	// inAddress escapes each as a part of an address.
	inAddress
	// inText asks each to say how it is escaped.
	inText
)

// escapers are the functions with which a value in a text ends.
var escapers = []string{"json", "query", "xml", "raw", "number", "boolean"}

// compileText compiles a template. The secrets are the names that it can use.
func compileText(key, source string, how manner, secrets map[string]Source) (*text, error) {
	if len(source) > maxSource {
		return nil, configs.Complain(key, "is longer than %d bytes", maxSource)
	}
	if !strings.Contains(source, "{{") {
		return &text{constant: source}, nil
	}
	made, err := template.New(key).Funcs(functions).Parse(source)
	if err != nil {
		return nil, configs.Complain(key, "is no template: %s", strings.TrimPrefix(err.Error(), "template: "+key+":"))
	}
	if len(made.Templates()) > 1 {
		return nil, configs.Complain(key, "defines a template, which can't be done here")
	}
	c := checker{secrets: secrets, how: how}
	if err := c.check(made.Root, false); err != nil {
		return nil, configs.Complain(key, "%v", err)
	}
	return &text{template: made, typed: isTyped(made.Root)}, nil
}

// render writes the template with the values in it.
func (t *text) render(v *values) (string, error) {
	if t.template == nil {
		return t.constant, nil
	}
	var out bounded
	if err := t.template.Execute(&out, v); err != nil {
		return "", err
	}
	return out.String(), nil
}

// bounded takes maxRendered bytes.
type bounded struct{ strings.Builder }

func (b *bounded) Write(data []byte) (int, error) {
	if b.Len()+len(data) > maxRendered {
		return 0, errTooLong
	}
	return b.Builder.Write(data)
}

// typers are the functions that make a value of another type than string.
var typers = []string{"number", "boolean"}

// isTyped says whether a template writes values by number and boolean and nothing else: one of
// them, or under a condition one or none.
func isTyped(root *parse.ListNode) bool {
	values, others := 0, 0
	count(root, &values, &others)
	return values > 0 && others == 0
}

// count counts the values by typers that a template can write, and what else it can.
func count(list *parse.ListNode, values, others *int) {
	if list == nil {
		return
	}
	for _, node := range list.Nodes {
		switch n := node.(type) {
		case *parse.TextNode:
			if len(bytes.TrimSpace(n.Text)) > 0 {
				*others++
			}
		case *parse.ActionNode:
			switch {
			case len(n.Pipe.Decl) > 0: // it writes nothing
			case slices.Contains(typers, lastFunction(n.Pipe)):
				*values++
			default:
				*others++
			}
		case *parse.IfNode:
			count(n.List, values, others)
			count(n.ElseList, values, others)
		case *parse.WithNode:
			count(n.List, values, others)
			count(n.ElseList, values, others)
		}
	}
}

// lastFunction is the function that a pipeline ends with, or nothing.
func lastFunction(pipe *parse.PipeNode) string {
	last := pipe.Cmds[len(pipe.Cmds)-1]
	if identifier, ok := last.Args[0].(*parse.IdentifierNode); ok {
		return identifier.Ident
	}
	return ""
}
