// Package console serves the pages of the private listener: the messages that the
// inbox holds instead of having sent them, as a page and as JSON.
//
// The pages show codes and numbers, so they belong on a listener that only the
// operator reaches. They are plain files, embedded, without inline script or style.
package console

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
	"time"
)

// Inbox holds the messages that were kept instead of sent.
type Inbox interface {
	// Messages returns what the inbox holds now, newest first. It is safe for
	// concurrent use, and the slice is the caller's.
	Messages() []InboxMessage
}

// InboxMessage is one message as the page and GET /inbox show it.
type InboxMessage struct {
	ID       string    `json:"id"`
	Tenant   string    `json:"tenant"`
	Channel  string    `json:"channel"`
	To       string    `json:"to"`
	From     string    `json:"from"`
	Text     string    `json:"text"`
	Language string    `json:"language"`
	Provider string    `json:"provider"`
	At       time.Time `json:"at"`
}

// Options are what a console needs.
type Options struct {
	// Inbox may be nil: the page then says that there is none.
	Inbox Inbox
	// HookURL and Token make the example call on the page. An empty token shows a
	// placeholder.
	HookURL, Token string
}

//go:embed page.html
var pageSource string

//go:embed assets
var assets embed.FS

var page = template.Must(template.New("page").Parse(pageSource))

// policy lets the page load its own script, style and icon, and talk to its own
// origin. Nothing inline runs, so a message's text cannot.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// placeholder stands for a token that the page does not know.
const placeholder = "YOUR-TOKEN"

// Handler returns the console: GET / and /assets/, and /inbox where there is an
// inbox. Everything else is not its own and answered 404 without a body worth reading.
func Handler(o Options) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", o.page())
	mux.Handle("GET /assets/", http.FileServerFS(assets))
	if o.Inbox != nil {
		mux.Handle("GET /inbox", listing(o.Inbox))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store") // codes stay out of the browser's cache
		mux.ServeHTTP(w, r)
	})
}

// page renders the page once; only the messages on it change, and the script fetches
// those.
func (o Options) page() http.Handler {
	var rendered bytes.Buffer
	err := page.Execute(&rendered, struct {
		HasInbox       bool
		HookURL, Token string
	}{o.Inbox != nil, o.HookURL, cmp.Or(o.Token, placeholder)})
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if err != nil {
			http.Error(w, "the page cannot be rendered", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(rendered.Bytes())
	})
}

func listing(inbox Inbox) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		messages := inbox.Messages()
		if messages == nil {
			messages = []InboxMessage{} // an array, never null
		}
		data, err := json.Marshal(messages)
		if err != nil {
			http.Error(w, "the messages cannot be encoded", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(data)
	})
}
