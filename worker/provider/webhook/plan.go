package webhook

import (
	"errors"
	"net/http"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider/speech"
)

// The formats of a body.
const (
	formatJSON = "json"
	formatForm = "form"
	formatText = "text"
)

// media are the formats' content types, where no header says another.
var media = map[string]string{
	formatJSON: "application/json", formatForm: "application/x-www-form-urlencoded", formatText: "text/plain; charset=utf-8",
}

// plan is how requests are made.
type plan struct {
	cfg     Config
	voices  *speech.Voices
	method  string
	address *address
	headers []header
	// One of these is the body, if there is one.
	json   node
	fields []parameter
	text   *text
	media  string
}

// parameter is a value of a form.
type parameter struct {
	name     string
	optional bool
	text     *text
}

// compilePlan compiles what Config says of requests. Every error is a complaint.
func compilePlan(cfg *Config) (*plan, error) {
	p := &plan{cfg: *cfg, method: orMethod(cfg.Method)}
	var errs [3]error
	p.address, errs[0] = compileAddress(cfg.URL, cfg.AllowInsecure, cfg.Secrets)
	p.headers, errs[1] = compileHeaders(cfg.Headers, cfg.Secrets)
	errs[2] = p.compileBody()
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	if len(cfg.Voice.Languages) > 0 {
		p.voices = speech.NewVoices(strings.Join(cfg.Voice.Languages, " "))
	}
	return p, nil
}

func orMethod(method string) string {
	if method == "" {
		return http.MethodPost
	}
	return method
}

func (p *plan) compileBody() error {
	body, format := &p.cfg.Body, p.cfg.Format
	for body.Kind == yaml.AliasNode {
		body = body.Alias
	}
	if format == "" {
		format = formatJSON
	}
	if body.Kind == 0 {
		return nil
	}
	var err error
	switch {
	case p.method == http.MethodGet && format != formatForm:
		return configs.Complain("body", "can't be sent by GET; with format: form it becomes the query")
	case format == formatJSON && body.Kind == yaml.ScalarNode:
		return configs.Complain("body", "must be a mapping or a sequence, of which JSON is made")
	case format == formatJSON:
		t := tree{secrets: p.cfg.Secrets}
		p.json, err = t.compile("body", body)
	case format == formatText && body.Kind != yaml.ScalarNode:
		return configs.Complain("body", "must be one string, which is a template")
	case format == formatText:
		p.text, err = compileText("body", body.Value, inText, p.cfg.Secrets)
	default:
		p.fields, err = compileForm(body, p.cfg.Secrets)
	}
	if p.method != http.MethodGet {
		p.media = media[format]
	}
	return err
}

func compileForm(body *yaml.Node, secrets map[string]Source) ([]parameter, error) {
	if body.Kind != yaml.MappingNode {
		return nil, configs.Complain("body", "must be a mapping of names to templates")
	}
	var parameters []parameter
	seen := make(map[string]bool)
	for i := 0; i+1 < len(body.Content); i += 2 {
		name, optional := strings.CutSuffix(body.Content[i].Value, "?")
		value := body.Content[i+1]
		if value.Kind != yaml.ScalarNode || value.ShortTag() == "!!null" {
			return nil, configs.Complain("body."+name, "is no value; a form has only strings and numbers")
		}
		if seen[name] {
			return nil, configs.Complain("body."+name, "is given twice")
		}
		seen[name] = true
		compiled, err := compileText("body."+name, value.Value, asIs, secrets)
		if err != nil {
			return nil, err
		}
		parameters = append(parameters, parameter{name, optional, compiled})
	}
	return parameters, nil
}
