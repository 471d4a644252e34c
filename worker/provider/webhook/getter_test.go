package webhook_test

import (
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// newGetter returns a vendor that takes a message as the query of a GET.
func newGetter() *simulator.Server {
	var server *simulator.Server
	server = simulator.New(simulator.Options{Handler: func(r *http.Request, body []byte, _ *simulator.Fault) simulator.Answer {
		query := r.URL.Query()
		switch {
		case r.Method != http.MethodGet || len(body) > 0 || r.ContentLength > 0 || len(r.TransferEncoding) > 0:
			server.Refuse("it is no GET without a body")
			return simulator.Answer{Status: http.StatusBadRequest}
		case query.Get("key") != "development-only":
			return simulator.Answer{Status: http.StatusUnauthorized}
		case len(query.Get("to")) < 7:
			return simulator.Answer{Status: http.StatusUnprocessableEntity}
		}
		id := uuid.NewString()
		server.Take(simulator.Message{Reference: id, ID: id, Channel: "sms", To: "+" + query.Get("to"), Text: query.Get("text"), At: time.Now()})
		return simulator.Answer{Status: http.StatusOK, Body: []byte(`{"id":"` + id + `"}`)}
	}})
	return server
}
