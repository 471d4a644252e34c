package console_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/phonehook/phonehook/gateway/console"
)

// box is an inbox that tests put messages into.
type box struct {
	mu       sync.Mutex
	messages []console.InboxMessage
	down     bool
}

func (b *box) Messages() []console.InboxMessage {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.down {
		panic(http.ErrAbortHandler)
	}
	return append([]console.InboxMessage(nil), b.messages...)
}

// put puts a message on top.
func (b *box) put(m console.InboxMessage) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.messages = append([]console.InboxMessage{m}, b.messages...)
}

func (b *box) setDown(down bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.down = down
}

// tab is a browser's tab with the console in it, and what its script complained of.
type tab struct {
	ctx    context.Context
	mu     sync.Mutex
	faults []string
}

// open opens the console in a browser of its own. Without Chromium the test is skipped,
// so that a machine with Go alone can run the others; in CI it fails.
func open(t *testing.T, o console.Options) *tab {
	t.Helper()
	path, err := exec.LookPath("chromium")
	switch {
	case err != nil && os.Getenv("CI") != "":
		t.Fatalf("the page is tested in a browser: install Chromium (Debian: apt-get install chromium): %v", err)
	case err != nil:
		t.Skipf("NOT TESTED: there is no Chromium (Debian: apt-get install chromium): %v", err)
	}
	server := httptest.NewServer(console.Handler(o))
	t.Cleanup(server.Close)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path),
		chromedp.WSURLReadTimeout(time.Minute)) // a loaded machine starts a browser slowly
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses to sandbox root, as which containers run
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 2*time.Minute)
	t.Cleanup(cancel)
	ctx, cancelBrowser := chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancelBrowser)
	ctx, cancelTab := chromedp.NewContext(ctx)
	t.Cleanup(cancelTab)
	t.Cleanup(func() { _ = chromedp.Cancel(ctx) }) // waits until the browser has ended and its profile is gone
	opened := &tab{ctx: ctx}
	chromedp.ListenTarget(ctx, opened.listen)
	opened.run(t, chromedp.Navigate(server.URL+"/"))
	return opened
}

// listen keeps what the page's script throws or logs as an error.
func (b *tab) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.faults = append(b.faults, e.ExceptionDetails.Error())
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError {
			b.faults = append(b.faults, "console.error")
		}
	}
}

func (b *tab) run(t *testing.T, actions ...chromedp.Action) {
	t.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// eval returns what a script in the page evaluates to.
func (b *tab) eval(t *testing.T, script string) string {
	t.Helper()
	var value string
	b.run(t, chromedp.Evaluate("String("+script+")", &value))
	return value
}

// until waits until a script in the page is true.
func (b *tab) until(t *testing.T, script string) {
	t.Helper()
	if err := chromedp.Run(b.ctx, chromedp.Poll(script, nil, chromedp.WithPollingTimeout(time.Minute))); err != nil {
		t.Fatalf("never true: %s: %v; the page says:\n%s", script, err, b.eval(t, "document.body.innerText"))
	}
}

func (b *tab) noFaults(t *testing.T) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.faults) > 0 {
		t.Errorf("the page complained: %s", strings.Join(b.faults, "; "))
	}
}

func example(id, text string) console.InboxMessage {
	return console.InboxMessage{
		ID: id, Tenant: "dev", Channel: "sms", To: "+18085555555", Text: text, Language: "en", Provider: "inbox", At: time.Now(),
	}
}

func TestAMessageAppearsOnTheOpenPage(t *testing.T) {
	inbox := &box{}
	b := open(t, console.Options{Inbox: inbox, HookURL: "http://127.0.0.1:8080/hooks/send-phone-message", Token: "dev-token"})
	b.until(t, `!document.querySelector('#empty').hidden`)
	curl := b.eval(t, `document.querySelector('#curl').textContent`)
	if !strings.Contains(curl, "http://127.0.0.1:8080/hooks/send-phone-message") || !strings.Contains(curl, "Bearer dev-token") {
		t.Errorf("the empty page shows %q", curl)
	}

	inbox.put(example("1", "first 111111"))
	b.until(t, `document.querySelectorAll('#list li').length === 1`)
	inbox.put(example("2", "second 222222"))
	b.until(t, `document.querySelectorAll('#list li').length === 2`)
	if got := b.eval(t, `[...document.querySelectorAll('#list .text')].map(e => e.textContent).join('|')`); got != "second 222222|first 111111" {
		t.Errorf("the texts are %q; want the newest first", got)
	}
	if got := b.eval(t, `document.querySelector('#empty').hidden + ' ' + document.querySelector('#state').textContent`); got != "true 2 messages" {
		t.Errorf("the page's state is %q", got)
	}
	for _, want := range []string{"+18085555555", "inbox", "dev"} {
		if item := b.eval(t, `document.querySelector('#list li').innerText`); !strings.Contains(item, want) {
			t.Errorf("%q is not in %q", want, item)
		}
	}
	b.noFaults(t)
}

func TestATextIsNeverMarkup(t *testing.T) {
	const hostile = `<script>document.title='run'</script><img src=x onerror="document.title='run'"><b>bold</b>`
	inbox := &box{}
	m := example("1", hostile)
	m.From, m.Tenant, m.Language = hostile, hostile, `en"><script>`
	inbox.put(m)
	b := open(t, console.Options{Inbox: inbox})
	b.until(t, `document.querySelectorAll('#list li').length === 1`)
	if got := b.eval(t, `document.querySelector('#list .text').textContent`); got != hostile {
		t.Errorf("the text is %q", got)
	}
	if got := b.eval(t, `document.querySelectorAll('#list script, #list img, #list b').length + document.title`); got != "0phonehook inbox" {
		t.Errorf("the text became markup: %s", got)
	}
	// The policy would stop it even if it were markup.
	if got := b.eval(t, `(() => { const s = document.createElement('script'); s.textContent = "document.title='run'"; document.body.append(s); return document.title })()`); got != "phonehook inbox" {
		t.Errorf("an inline script ran: %s", got)
	}
}

func TestThePageSaysWhenItLosesTheGatewayAndRecovers(t *testing.T) {
	inbox := &box{}
	inbox.put(example("1", "kept"))
	b := open(t, console.Options{Inbox: inbox})
	b.until(t, `document.querySelector('#state').textContent === '1 message'`)
	inbox.setDown(true)
	b.until(t, `document.querySelector('#state').textContent.startsWith('Connection lost')`)
	if got := b.eval(t, `document.querySelectorAll('#list li').length`); got != "1" {
		t.Error("what was shown is gone")
	}
	inbox.setDown(false)
	b.until(t, `document.querySelector('#state').textContent === '1 message'`)
}

func TestThePageFitsAPhoneAndAKeyboard(t *testing.T) {
	inbox := &box{}
	b := open(t, console.Options{Inbox: inbox, HookURL: "http://127.0.0.1:8080/hooks/send-phone-message"})
	// 320 CSS pixels is the narrowest width that WCAG asks pages to fit.
	b.run(t, emulation.SetDeviceMetricsOverride(320, 640, 2, true))
	b.until(t, `!document.querySelector('#empty').hidden`)
	const overflow = `document.documentElement.scrollWidth > innerWidth`
	if got := b.eval(t, overflow); got != "false" {
		t.Error("the empty page is wider than a phone")
	}
	// Tab reaches the skip link, the button in the header, the example and its button.
	for _, want := range []string{"A", "pause", "curl", "copy"} {
		b.run(t, chromedp.KeyEvent(kb.Tab))
		if got := b.eval(t, `document.activeElement.id || document.activeElement.tagName`); got != want {
			t.Errorf("the focus is on %s; want %s", got, want)
		}
	}
	b.run(t, chromedp.Focus("#pause"), chromedp.KeyEvent(kb.Enter))
	b.until(t, `document.querySelector('#state').textContent === 'Paused'`)
	long := example("1", strings.Repeat("wide", 300))
	inbox.put(long)
	b.run(t, chromedp.KeyEvent(kb.Enter))
	b.until(t, `document.querySelectorAll('#list li').length === 1`)
	if got := b.eval(t, overflow); got != "false" {
		t.Error("a long word makes the page wider than a phone")
	}
	b.noFaults(t)
}

func TestWithoutAnInboxThePageExplains(t *testing.T) {
	b := open(t, console.Options{})
	if got := b.eval(t, `document.querySelector('h2').textContent + document.scripts.length`); got != "No inbox here0" {
		t.Errorf("the page has %q", got)
	}
	b.noFaults(t)
}
