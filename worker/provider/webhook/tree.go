package webhook

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/phonehook/phonehook/configs"
)

// tree compiles a body of JSON.
type tree struct {
	secrets map[string]Source
	nodes   int
}

func (t *tree) compile(path string, n *yaml.Node) (node, error) {
	if t.nodes++; t.nodes > maxNodes {
		return nil, configs.Complain(path, "makes the body larger than %d values", maxNodes)
	}
	switch n.Kind {
	case yaml.AliasNode:
		return t.compile(path, n.Alias)
	case yaml.MappingNode:
		return t.object(path, n)
	case yaml.SequenceNode:
		elements := make(array, 0, len(n.Content))
		for i, content := range n.Content {
			element, err := t.compile(fmt.Sprintf("%s[%d]", path, i), content)
			if err != nil {
				return nil, err
			}
			elements = append(elements, element)
		}
		return elements, nil
	case yaml.ScalarNode:
		return t.scalar(path, n)
	case yaml.DocumentNode:
	}
	return nil, configs.Complain(path, "is no value")
}

func (t *tree) object(path string, n *yaml.Node) (node, error) {
	fields := make(object, 0, len(n.Content)/2)
	seen := make(map[string]bool)
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, optional := strings.CutSuffix(n.Content[i].Value, "?")
		key := path + "." + name
		switch {
		case n.Content[i].Kind != yaml.ScalarNode || n.Content[i].Tag == "!!merge":
			return nil, configs.Complain(path, "has a name that is no string")
		case seen[name]:
			return nil, configs.Complain(key, "is given twice")
		}
		seen[name] = true
		value, err := t.compile(key, n.Content[i+1])
		if err != nil {
			return nil, err
		}
		written, err := quoted(name)
		if err != nil {
			return nil, configs.Complain(key, "%v", err)
		}
		fields = append(fields, field{path: key, name: written + ":", optional: optional, value: value})
	}
	return fields, nil
}

// scalar keeps numbers, booleans and null as they are, and makes a template of anything else.
func (t *tree) scalar(path string, n *yaml.Node) (node, error) {
	switch n.ShortTag() {
	case "!!null":
		return literal("null"), nil
	case "!!bool", "!!int", "!!float":
		var value any
		if err := n.Decode(&value); err != nil {
			return nil, configs.Complain(path, "is no value")
		}
		written, err := quoted(value)
		if err != nil { // NaN and the infinities
			return nil, configs.Complain(path, "%v", err)
		}
		return literal(written), nil
	case "!!str", "!!timestamp":
		compiled, err := compileText(path, n.Value, asIs, t.secrets)
		if err != nil {
			return nil, err
		}
		return leaf{compiled}, nil
	}
	return nil, configs.Complain(path, "has the type %s, which JSON does not have", n.ShortTag())
}
