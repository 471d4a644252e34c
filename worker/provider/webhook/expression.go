package webhook

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"

	"github.com/phonehook/phonehook/configs"
)

const (
	// maxExpression bounds the parts of an expression. The longest in practice tells a
	// dozen codes apart.
	maxExpression = 300
	// maxSteps bounds how often all predicates of an expression are evaluated together, such
	// as that of any(body.messages, .status == 0): no message has so many parts, and an
	// answer must not keep the worker busy.
	maxSteps = 5000
	// stepName is the name under which an expression counts its steps.
	stepName = "step__"
)

// allowed are the functions of expressions that make nothing which is longer than what they are
// given.
var allowed = []string{
	"all", "any", "none", "one", "filter", "map", "find", "count", "len", "type", "int", "float", "string", "trim", "trimPrefix", "trimSuffix",
	"upper", "lower", "split", "hasPrefix", "hasSuffix", "indexOf", "first", "last", "get", "keys", "values",
}

// steps counts those of one expression. Its method is a field of everything that expressions look
// at.
type steps struct {
	taken int
	// over says that one of the expressions so far took too many.
	over bool
}

func (s *steps) step() (bool, error) {
	if s.taken++; s.taken > maxSteps {
		s.over = true
		return false, errors.New("it has too many steps")
	}
	return true, nil
}

// answered is what the expressions about an answer look at.
type answered struct {
	Status  int               `expr:"status"`
	Headers map[string]string `expr:"headers"`
	// Body is the JSON, or nil where it is none, and Text the body as it is.
	Body any                  `expr:"body"`
	Text string               `expr:"text"`
	Step func() (bool, error) `expr:"step__"`
}

// reported is what the expressions about a report look at.
type reported struct {
	Method  string               `expr:"method"`
	Headers map[string]string    `expr:"headers"`
	Query   map[string]string    `expr:"query"`
	Form    map[string]string    `expr:"form"`
	Body    any                  `expr:"body"`
	Text    string               `expr:"text"`
	Item    any                  `expr:"item"`
	Step    func() (bool, error) `expr:"step__"`
}

// expression is one that was compiled; nil is one that is not there.
type expression struct{ program *vm.Program }

// compileExpression compiles one that looks at env. A truth must be a boolean.
func compileExpression(key, source string, env any, truth bool) (*expression, error) {
	if strings.TrimSpace(source) == "" {
		return nil, nil //nolint:nilnil // an expression that is not there is nil
	}
	if len(source) > maxSource {
		return nil, configs.Complain(key, "is longer than %d bytes", maxSource)
	}
	counting, capturing := new(counter), &capturer{patterns: make(map[string]*regexp.Regexp)}
	options := []expr.Option{
		expr.Env(env), expr.MaxNodes(maxExpression), expr.DisableAllBuiltins(), expr.Patch(counting), expr.Patch(capturing),
		expr.Function("capture", capturing.capture, new(func(string, string) string)),
	}
	for _, name := range allowed {
		options = append(options, expr.EnableBuiltin(name))
	}
	if truth {
		options = append(options, expr.AsBool())
	}
	program, err := expr.Compile(source, options...)
	if err == nil {
		err = capturing.err
	}
	if err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return nil, configs.Complain(key, "is no expression: %s", first)
	}
	return &expression{program}, nil
}

// is evaluates a truth. What can't be evaluated, since the answer has no such thing, is not true.
func (e *expression) is(env any) bool {
	value, err := e.value(env)
	truth, ok := value.(bool)
	return err == nil && ok && truth
}

// text evaluates an expression for a string or a number; nothing where there is neither.
func (e *expression) text(env any) string {
	value, err := e.value(env)
	if err != nil {
		return ""
	}
	switch v := value.(type) {
	case string:
		return strings.TrimSpace(v)
	case int:
		return strconv.Itoa(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// list evaluates an expression for a list.
func (e *expression) list(env any) ([]any, bool) {
	value, err := e.value(env)
	found, ok := value.([]any)
	return found, err == nil && ok
}

// value evaluates an expression; its error can quote what it looks at.
func (e *expression) value(env any) (any, error) {
	if e == nil {
		return nil, nil //nolint:nilnil // the value of nothing
	}
	return expr.Run(e.program, env)
}
