package mittosim

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// reports are the status and the error code of a delivery report. The codes are made up, but for the
// first, since there is no list.
var reports = map[simulator.Report]struct{ status, code string }{
	simulator.Sent:        {"SENT", "0"},
	simulator.Delivered:   {"DELIVERED", "0"},
	simulator.Undelivered: {"UNDELIVERED", "438"},
	simulator.Failed:      {"FAILED", "439"},
	simulator.Expired:     {"EXPIRED", "440"},
}

// receipt makes a delivery report: a GET with a query, or a POST of a form.
func (s *Server) receipt(m simulator.Message, report simulator.Report) (*http.Request, error) {
	fields := url.Values{
		"msgid": {m.ID}, "status": {reports[report].status}, "errorcode": {reports[report].code},
		"from": {m.From}, "to": {strings.TrimPrefix(m.To, "+")}, "reference": {m.Reference}, "timestamp": {now()},
	}.Encode()
	if !s.options.Post {
		return http.NewRequest(http.MethodGet, m.Callback+"?"+fields, http.NoBody) //nolint:noctx // the base gives it a context
	}
	request, err := http.NewRequest(http.MethodPost, m.Callback, strings.NewReader(fields)) //nolint:noctx // likewise
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return request, nil
}
