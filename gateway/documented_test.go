package gateway_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// openAPI returns the document and a router over it.
var openAPI = sync.OnceValues(func() (*openapi3.T, routers.Router) {
	data, err := os.ReadFile("openapi.yaml")
	if err != nil {
		panic(err)
	}
	document, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		panic(err)
	}
	if err := document.Validate(context.Background(), openapi3.IsOpenAPI31OrLater()); err != nil {
		panic(err)
	}
	router, err := gorillamux.NewRouter(document)
	if err != nil {
		panic(err)
	}
	return document, router
})

// documented is a transport that holds every call of the native API against its
// OpenAPI document: what the gateway answers has to be documented, and what the document
// forbids must not succeed.
type documented struct {
	t    testing.TB
	next http.RoundTripper

	mu sync.Mutex
	// seen are the operations and statuses that were met.
	seen map[string]bool
}

// CloseIdleConnections lets http.Client close those of the transport below.
func (d *documented) CloseIdleConnections() { d.next.(*http.Transport).CloseIdleConnections() }

func (d *documented) RoundTrip(request *http.Request) (*http.Response, error) {
	var body []byte
	if request.Body != nil {
		var err error
		if body, err = io.ReadAll(request.Body); err != nil {
			return nil, err
		}
		request.Body = io.NopCloser(bytes.NewReader(body))
	}
	response, err := d.next.RoundTrip(request)
	if err != nil || !strings.HasPrefix(request.URL.Path, "/v1/") || request.Method == http.MethodHead ||
		response.StatusCode == http.StatusMethodNotAllowed {
		return response, err
	}
	answer, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	response.Body = io.NopCloser(bytes.NewReader(answer))
	if err == nil {
		d.check(request, body, response, answer)
	}
	return response, err
}

func (d *documented) check(request *http.Request, body []byte, response *http.Response, answer []byte) {
	d.t.Helper()
	_, router := openAPI()
	copied := request.Clone(request.Context())
	copied.Host, copied.URL.Host, copied.URL.Scheme = "", "", ""
	copied.Body = io.NopCloser(bytes.NewReader(body))
	if copied.Header.Get("Content-Type") == "" { // the gateway reads it under any type
		copied.Header.Set("Content-Type", "application/json")
	}
	if query := copied.URL.RawQuery; strings.HasPrefix(query, "to=+") { // likewise
		copied.URL.RawQuery = strings.Replace(query, "+", "%2B", 1)
	}
	route, params, err := router.FindRoute(copied)
	if err != nil {
		if response.StatusCode != http.StatusNotFound {
			d.t.Errorf("%s %s is not documented but answered %d", request.Method, request.URL.Path, response.StatusCode)
		}
		return
	}
	options := &openapi3filter.Options{
		IncludeResponseStatus: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, SkipSettingDefaults: true,
	}
	input := &openapi3filter.RequestValidationInput{Request: copied, PathParams: params, Route: route, Options: options}
	if err := openapi3filter.ValidateRequest(request.Context(), input); err != nil && response.StatusCode < 400 {
		d.t.Errorf("%s %s was answered %d, but the document forbids it: %v", request.Method, request.URL, response.StatusCode, err)
	}
	output := &openapi3filter.ResponseValidationInput{RequestValidationInput: input, Status: response.StatusCode, Header: response.Header, Options: options}
	output.SetBodyBytes(answer)
	if err := openapi3filter.ValidateResponse(request.Context(), output); err != nil {
		d.t.Errorf("%s %s was answered %d with what the document does not have: %v\n%s", request.Method, request.URL, response.StatusCode, err, answer)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.seen == nil {
		d.seen = map[string]bool{}
	}
	d.seen[route.Operation.OperationID+" "+response.Status[:3]] = true
}
