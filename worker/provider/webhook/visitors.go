package webhook

import (
	"errors"
	"regexp"

	"github.com/expr-lang/expr/ast"
)

// counter has every predicate count its evaluations.
type counter struct{}

// Visit implements ast.Visitor.
func (*counter) Visit(n *ast.Node) {
	predicate, ok := (*n).(*ast.PredicateNode)
	if !ok {
		return
	}
	if _, done := predicate.Node.(*ast.ConditionalNode); done && counted(predicate.Node) {
		return
	}
	predicate.Node = &ast.ConditionalNode{
		Ternary: true, Cond: &ast.CallNode{Callee: &ast.IdentifierNode{Value: stepName}}, Exp1: predicate.Node, Exp2: predicate.Node,
	}
}

func counted(n ast.Node) bool {
	call, ok := n.(*ast.ConditionalNode).Cond.(*ast.CallNode)
	if !ok {
		return false
	}
	name, ok := call.Callee.(*ast.IdentifierNode)
	return ok && name.Value == stepName
}

// capturer is the function capture of one expression: the first group of a pattern in a text,
// or nothing. The patterns are constants, so that they are compiled with it.
type capturer struct {
	patterns map[string]*regexp.Regexp
	err      error
}

// Visit implements ast.Visitor.
func (c *capturer) Visit(n *ast.Node) {
	call, ok := (*n).(*ast.CallNode)
	if !ok {
		return
	}
	if name, ok := call.Callee.(*ast.IdentifierNode); !ok || name.Value != "capture" || len(call.Arguments) != 2 {
		return
	}
	pattern, ok := call.Arguments[1].(*ast.StringNode)
	if !ok {
		c.err = errors.New("the pattern of capture must be a string in quotes")
		return
	}
	compiled, err := regexp.Compile(pattern.Value)
	switch {
	case err != nil:
		c.err = err
	case compiled.NumSubexp() != 1:
		c.err = errors.New("the pattern of capture must have one group in parentheses")
	default:
		c.patterns[pattern.Value] = compiled
	}
}

func (c *capturer) capture(arguments ...any) (any, error) {
	text, _ := arguments[0].(string)
	pattern, _ := arguments[1].(string)
	compiled, ok := c.patterns[pattern]
	if !ok {
		return "", errors.New("there is no such pattern")
	}
	if found := compiled.FindStringSubmatch(text); found != nil {
		return found[1], nil
	}
	return "", nil
}
