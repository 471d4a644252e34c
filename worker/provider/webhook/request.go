package webhook

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/phonehook/phonehook/worker/provider"
)

// render writes the body, and the query where the form is one.
func (p *plan) render(v *values) (body []byte, query string, err error) {
	var out bytes.Buffer
	switch {
	case p.json != nil:
		empty, err := p.json.write(&out, v)
		if err == nil && empty {
			err = writeEmpty(&out, p.json)
		}
		if err != nil {
			return nil, "", err
		}
	case p.text != nil:
		written, err := p.text.render(v)
		if err != nil {
			return nil, "", at("body", err)
		}
		out.WriteString(written)
	case p.fields != nil:
		form := make(url.Values, len(p.fields))
		for _, f := range p.fields {
			value, err := f.text.render(v)
			if err != nil {
				return nil, "", at("body."+f.name, err)
			}
			if value != "" || !f.optional {
				form.Set(f.name, value)
			}
		}
		if p.method == http.MethodGet {
			return nil, form.Encode(), nil
		}
		out.WriteString(form.Encode())
	}
	if out.Len() > maxRendered {
		return nil, "", at("body", errTooLong)
	}
	return out.Bytes(), "", nil
}

// request makes the request for one message. A failure tells nothing of the message: what is
// wrong with a template was seen when it was tried, so that it is the message that is at fault.
func (p *plan) request(ctx context.Context, v *values) (*http.Request, *provider.Error) {
	request, err := p.build(ctx, v)
	if err != nil {
		return nil, provider.Fail(provider.Refused, "", "the message can't stand in this vendor's request: it is too long, or has a sign that is not allowed there")
	}
	return request, nil
}

func (p *plan) build(ctx context.Context, v *values) (*http.Request, error) {
	body, query, err := p.render(v)
	if err != nil {
		return nil, err
	}
	address, err := p.address.render(v, query)
	if err != nil {
		return nil, at("url", err)
	}
	request, err := http.NewRequestWithContext(ctx, p.method, address, bytes.NewReader(body))
	if err != nil {
		return nil, at("url", errors.New("no request can be made of it"))
	}
	if p.method == http.MethodGet {
		// net/http repeats a GET by itself after a connection broke, and the vendor would have
		// the message twice. It does not where there is a body that it can't begin anew;
		// this one has nothing in it and is not sent.
		request.Body, request.GetBody = io.NopCloser(strings.NewReader("")), nil
	}
	if p.media != "" {
		request.Header.Set("Content-Type", p.media)
	}
	request.Header.Set("Accept", "application/json, */*;q=0.5")
	request.Header.Set("User-Agent", "phonehook")
	for _, h := range p.headers {
		if err := h.set(request.Header, v); err != nil {
			return nil, err
		}
	}
	p.authorize(request, v)
	return request, nil
}
