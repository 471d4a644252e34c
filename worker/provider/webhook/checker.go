package webhook

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/template/parse"
)

// checker allows of Go's templates what has an end and can't show what it should not: no loops,
// no other templates, and no value but those that exist.
type checker struct {
	secrets map[string]Source
	how     manner
}

// check looks at a node and those below. Within with the dot is a value, and before that it is
// all of them.
func (c *checker) check(node parse.Node, within bool) error {
	switch n := node.(type) {
	case *parse.ListNode:
		return c.checkAll(n, within)
	case *parse.TextNode, *parse.CommentNode, *parse.StringNode, *parse.NumberNode, *parse.BoolNode:
		return nil
	case *parse.ActionNode:
		if err := c.check(n.Pipe, within); err != nil {
			return err
		}
		return c.output(n)
	case *parse.IfNode:
		return c.branches(&n.BranchNode, within, within)
	case *parse.WithNode:
		return c.branches(&n.BranchNode, within, true)
	case *parse.PipeNode:
		for _, command := range n.Cmds {
			for _, argument := range command.Args {
				if err := c.check(argument, within); err != nil {
					return err
				}
			}
		}
		return nil
	case *parse.IdentifierNode:
		if _, own := functions[n.Ident]; own || slices.Contains(builtins, n.Ident) {
			return nil
		}
		return fmt.Errorf("has the function %s, which templates here don't have", n.Ident)
	case *parse.FieldNode:
		if within {
			return fmt.Errorf("has %s within with; write {{$%s}}", n, n)
		}
		return c.value(n.Ident)
	case *parse.VariableNode:
		return c.variable(n)
	case *parse.DotNode:
		if within {
			return nil
		}
		return errors.New("has {{.}}, which is no value; name one, such as {{.Text}}")
	}
	return fmt.Errorf("has %s, which templates here don't have", node)
}

func (c *checker) checkAll(list *parse.ListNode, within bool) error {
	if list == nil {
		return nil
	}
	for _, node := range list.Nodes {
		if err := c.check(node, within); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) branches(branch *parse.BranchNode, within, inside bool) error {
	return errors.Join(c.check(branch.Pipe, within), c.checkAll(branch.List, inside), c.checkAll(branch.ElseList, within))
}

func (c *checker) variable(n *parse.VariableNode) error {
	switch {
	case n.Ident[0] == "$" && len(n.Ident) > 1:
		return c.value(n.Ident[1:])
	case n.Ident[0] == "$" || len(n.Ident) > 1:
		return fmt.Errorf("has %s, which is no value", n)
	}
	return nil
}

// value checks that there is a value of this name.
func (c *checker) value(names []string) error {
	if names[0] == "Secrets" {
		if len(names) == 2 {
			if _, ok := c.secrets[names[1]]; ok {
				return nil
			}
		}
		return fmt.Errorf("has .%s, and there is no such secret", strings.Join(names, "."))
	}
	if len(names) == 1 && slices.Contains(strings.Fields(valueNames), names[0]) {
		return nil
	}
	return fmt.Errorf("has .%s; there are .%s", strings.Join(names, "."), strings.ReplaceAll(valueNames, " ", " ."))
}

// output has the value that an action writes escaped, or checks that it is.
func (c *checker) output(action *parse.ActionNode) error {
	if len(action.Pipe.Decl) > 0 {
		return nil // it writes nothing
	}
	last := lastFunction(action.Pipe)
	switch {
	case c.how == inAddress && last != "query":
		escape := parse.NewIdentifier("query").SetPos(action.Pos)
		action.Pipe.Cmds = append(action.Pipe.Cmds, &parse.CommandNode{NodeType: parse.NodeCommand, Pos: action.Pos, Args: []parse.Node{escape}})
	case c.how == inText && !slices.Contains(escapers, last):
		return fmt.Errorf("has %s, which does not say how it is escaped; end it with | json, | query, | xml or | raw", action)
	}
	return nil
}
