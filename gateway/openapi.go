package gateway

import (
	_ "embed" // for the document
	"encoding/json"
	"net/http"
	"sync"

	"github.com/labstack/echo/v4"
	"go.yaml.in/yaml/v3"
)

// openAPIText is the description of the native API, in YAML, which has comments, anchors
// and short lines.
//
//go:embed openapi.yaml
var openAPIText []byte

// openAPI returns the description as JSON.
var openAPI = sync.OnceValues(func() (json.RawMessage, error) {
	var document any
	if err := yaml.Unmarshal(openAPIText, &document); err != nil {
		return nil, err
	}
	return json.Marshal(document)
})

// getOpenAPI serves GET /v1/openapi.json. What an API can do is no secret.
func (s *Server) getOpenAPI(echo.Context, *call) (int, any, error) {
	document, err := openAPI()
	return http.StatusOK, document, err
}
