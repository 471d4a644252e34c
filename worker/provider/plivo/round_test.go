package plivo_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/plivo"
	"github.com/phonehook/phonehook/worker/provider/plivo/plivosim"
	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// gateway takes the vendor's requests and has a client read them, as a gateway and a worker do.
type gateway struct {
	*httptest.Server
	account provider.Account
	// client is set before a request can come.
	client *plivo.Client
	// broken has requests for the text of a call fail, as often as it says.
	broken int
	// reports are those that were read, and answers what calls were told to say.
	reports chan provider.Report
	answers chan string
}

// round is a look-alike, a client that sends to it, and the gateway that the look-alike calls back.
func round(t *testing.T) (*plivosim.Server, *gateway) {
	t.Helper()
	g := &gateway{reports: make(chan provider.Report, 16), answers: make(chan string, 16)}
	g.Server = httptest.NewServer(g)
	t.Cleanup(g.Close)
	g.account = provider.Account{Kind: "plivo", Name: "main", Addresses: addressesAt(g.URL)}
	look, client := start(t, g.account)
	g.client = client
	return look, g
}

// ServeHTTP implements http.Handler.
func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	subject, err := g.account.Addresses.Open("plivo", "main", path.Base(r.URL.Path), time.Now())
	if err == nil && subject.Speech != nil && g.broken > 0 {
		g.broken--
		err = errors.New("broken")
	}
	if err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	reception, err := g.client.Receive(r.Context(), provider.Callback{
		Method: r.Method, URL: g.account.Addresses.Public(r.URL.RequestURI()), Header: r.Header, Body: body, At: time.Now(),
		Trusted: true, Speech: subject.Speech,
	})
	if err != nil {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	for _, report := range reception.Reports {
		g.reports <- report
	}
	if reception.Type != "" {
		g.answers <- string(reception.Body)
		w.Header().Set("Content-Type", reception.Type)
	}
	_, _ = w.Write(reception.Body)
}

// send sends m and returns what the look-alike took.
func (g *gateway) send(t *testing.T, look *plivosim.Server, m provider.Message) (provider.Receipt, simulator.Message) {
	t.Helper()
	receipt, err := g.client.Send(t.Context(), m)
	if err != nil {
		t.Fatalf("%s: %v (refused: %v)", m.Channel, err, look.Stats().Refused)
	}
	return receipt, look.Messages()[len(look.Messages())-1]
}

// report returns the next report that was read.
func (g *gateway) report(t *testing.T) provider.Report {
	t.Helper()
	select {
	case report := <-g.reports:
		return report
	case <-time.After(10 * time.Second): // so that a report that is missing does not stop everything
		t.Fatal("no report came")
		return provider.Report{}
	}
}

// reference returns the id of a message that is made now; reports about old ones are not taken.
func reference(t *testing.T) string {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	return id.String()
}

// TestMessagesArriveInEveryLanguage has calls go all the way: the look-alike calls, asks the gateway
// what to say and says it.
func TestMessagesArriveInEveryLanguage(t *testing.T) {
	look, g := round(t)
	for _, c := range []struct{ language, text, voice string }{
		{"en", "Here is your one time password: 999111", "en-US"},
		{"ru-RU", "Ваш код: 493817", "ru-RU"},
		{"zh-Hans-CN", "您的验证码为 493817。", "cmn-CN"},
		{"ar-EG", "رمزك هو 493817", "arb"},
		{"ja", "認証コードは493817です", "ja-JP"},
		{"cs", "Kód 493817 Ç & \"x\"", "en-US"},
		{"", strings.Repeat("long ", 60) + "493817", "en-US"},
	} {
		for _, channel := range []provider.Channel{provider.SMS, provider.Voice} {
			m := message(channel)
			m.Reference, m.Text, m.Language = reference(t), c.text, c.language
			receipt, arrived := g.send(t, look, m)
			_, parts := provider.Segments(c.text)
			want := simulator.Message{
				Reference: receipt.ID, Count: 1, ID: receipt.ID, Channel: "sms", To: "447400123456", From: "AcmeInc", Text: c.text, Parts: parts,
				At: arrived.At, Callback: g.account.CallbackURL(m),
			}
			if channel == provider.Voice {
				want.Channel, want.From, want.Language, want.Parts = "voice", "447700900000", c.voice, 1
			}
			if diff := cmp.Diff(want, arrived); diff != "" {
				t.Errorf("%s %s: -want +got:\n%s", channel, c.language, diff)
			}
		}
	}
}

func TestWhatACallIsToldToSay(t *testing.T) {
	look, g := round(t)
	m := message(provider.Voice)
	m.Reference, m.Language, m.Text, m.Code = reference(t), "pt", `Seu "código" & é 49`, "49"
	g.send(t, look, m)
	const want = `<?xml version="1.0" encoding="UTF-8"?><Response><Speak voice="Polly.Vitoria" language="pt-BR" loop="2">` +
		`Seu &#34;código&#34; &amp; é 4<break time="400ms"/>9<break time="400ms"/></Speak></Response>`
	if got := <-g.answers; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestACallIsReportedAfterItsText(t *testing.T) {
	for _, c := range []struct {
		name   string
		broken int
		want   provider.Report
		said   string
	}{
		{"all goes well", 0, provider.Report{Status: provider.Delivered, Code: "4010", Reason: "all was said"}, "Your code is 493817"},
		{"the gateway fails once", 1, provider.Report{Status: provider.Delivered, Code: "4010", Reason: "all was said"}, "Your code is 493817"},
		{
			"the gateway fails", 2,
			provider.Report{Status: provider.Failed, Code: "7011", Reason: "somebody answered and the vendor could not ask what to say"},
			"(nothing: the answer URL gave no document)",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			look, g := round(t)
			g.broken = c.broken
			if err := look.SetReceipts(simulator.Receipts{Reports: []simulator.Report{simulator.Sent, simulator.Delivered}}); err != nil {
				t.Fatal(err)
			}
			m := message(provider.Voice)
			m.Reference = reference(t)
			receipt, arrived := g.send(t, look, m)
			if arrived.Text != c.said {
				t.Errorf("the call said %q; want %q", arrived.Text, c.said)
			}
			ringing := provider.Report{ID: receipt.ID, Status: provider.Sent}
			c.want.ID, c.want.Price = receipt.ID, "0.01000"
			if diff := cmp.Diff([]provider.Report{ringing, c.want}, []provider.Report{g.report(t), g.report(t)}); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
