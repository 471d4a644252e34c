package simulator

import (
	_ "embed" // for page.html
	"html/template"
	"net/http"
	"slices"
)

//go:embed page.html
var pageHTML string

var page = template.Must(template.New("page").Parse(pageHTML))

// showPage shows a person what the look-alike was sent. It runs nothing in the browser.
func (s *Server) showPage(w http.ResponseWriter, _ *http.Request) {
	messages := s.Messages()
	slices.Reverse(messages)
	const most = 200 // more than anybody reads through
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_ = page.Execute(w, map[string]any{"Messages": messages[:min(len(messages), most)], "Stats": s.Stats()}) // whoever asked is gone
}
