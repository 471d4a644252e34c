package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/phonehook/phonehook/messaging"
)

func TestAMessageIsToldAsItWasAnswered(t *testing.T) {
	var e engine
	g := e.gateway(t, config())
	sent := g.send(t, nativeBody)
	first := as[message](t, sent)
	got := g.native(t, http.MethodGet, messagesPath+"/"+first.ID, "")
	told := as[message](t, got)
	if got.status != http.StatusOK || told.UpdatedAt.IsZero() || !first.UpdatedAt.IsZero() {
		t.Errorf("the answer is %+v", got)
	}
	told.UpdatedAt = time.Time{}
	if diff := cmp.Diff(first, told); diff != "" {
		t.Errorf("(-sent +told):\n%s", diff)
	}
	if upper := g.native(t, http.MethodGet, messagesPath+"/"+strings.ToUpper(first.ID), ""); upper.body != got.body {
		t.Errorf("in capital letters: %+v", upper)
	}
}

func TestAHooksMessageIsTold(t *testing.T) {
	var e engine
	e.fails(&messaging.Error{Code: messaging.CodeRejected, Detail: "the provider refused it"})
	g := e.gateway(t, config())
	id := as[problem](t, g.post(t, seedBody)).MessageID
	m := as[message](t, g.native(t, http.MethodGet, messagesPath+"/"+id, ""))
	if m.Status != "rejected" || m.Detail != "the provider refused it" || m.To != "+18*******55" || m.Attempts == nil {
		t.Errorf("it is told as %+v", m)
	}
}

func TestWhatIsNotATenantsMessageIsNotFound(t *testing.T) {
	var e engine
	g := e.gateway(t, config())
	id := as[message](t, g.send(t, nativeBody)).ID
	other := g.do(t, http.MethodGet, messagesPath+"/"+id, envelopeToken, "")
	unknown := g.native(t, http.MethodGet, messagesPath+"/019389b8-7c00-7000-8000-0123456789ab", "")
	fresh := g.native(t, http.MethodGet, messagesPath+"/"+uuid.Must(uuid.NewV7()).String(), "")
	random := g.native(t, http.MethodGet, messagesPath+"/"+uuid.NewString(), "")
	for name, got := range map[string]answer{"another tenant's": other, "an unknown one": unknown, "one of now": fresh, "another version": random} {
		if p := as[problem](t, got); got.status != http.StatusNotFound || p.Code != "not_found" || got.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if strings.ReplaceAll(other.body, id, "ID") != strings.ReplaceAll(unknown.body, "019389b8-7c00-7000-8000-0123456789ab", "ID") {
		t.Errorf("they can be told apart: %s, %s", other.body, unknown.body)
	}
	for _, bad := range []string{"x", "019389b8", "019389b8-7c00-7000-8000-0123456789az", "%7B019389b8-7c00-7000-8000-0123456789ab%7D", "019389b87c0070008000" + "0123456789ab", "%00", strings.Repeat("a", 2000)} {
		for _, got := range []answer{
			g.native(t, http.MethodGet, messagesPath+"/"+bad, ""),
			g.native(t, http.MethodPost, messagesPath+"/"+bad+"/cancel", ""),
		} {
			if p := as[problem](t, got); got.status != http.StatusBadRequest || p.Field != "id" || p.MessageID != "" || p.Instance == "" {
				t.Errorf("%.50s: %+v", bad, got)
			}
		}
	}
}

// TestAMessageIsFoundAsSoonAsItWasAnswered has the record of a message come a moment
// after its answer.
func TestAMessageIsFoundAsSoonAsItWasAnswered(t *testing.T) {
	var e engine
	g := e.gateway(t, config())
	id := uuid.Must(uuid.NewV7()).String()
	time.AfterFunc(50*time.Millisecond, func() {
		e.history.Record(messaging.EventOf(messaging.Message{ID: id, Tenant: "acme"}, messaging.Receipt{Code: messaging.CodePending}, nil))
	})
	if got := g.native(t, http.MethodGet, messagesPath+"/"+id, ""); got.status != http.StatusOK {
		t.Errorf("the answer is %+v", got)
	}
}

func TestMessagesAreFoundByTheirNumber(t *testing.T) {
	var e engine
	g := e.gateway(t, config())
	var ids []string
	for i := range 5 {
		ids = append(ids, as[message](t, g.send(t, fmt.Sprintf(`{"to":"+18085555555","text":"%d"}`, i))).ID)
		g.send(t, `{"to":"+18085555556","text":"another"}`)
		g.do(t, http.MethodPost, messagesPath, envelopeToken, `{"to":"+18085555555","text":"another tenant's"}`)
	}
	list := func(query string) []string {
		t.Helper()
		got := g.native(t, http.MethodGet, messagesPath+query, "")
		if got.status != http.StatusOK {
			t.Fatalf("%s: %+v", query, got)
		}
		var found []string
		for _, m := range as[struct{ Messages []message }](t, got).Messages {
			if m.Status != "sent" || m.To != "+18*******55" || len(m.Attempts) != 2 {
				t.Errorf("%s: %+v", query, m)
			}
			found = append(found, m.ID)
		}
		return found
	}
	newest := []string{ids[4], ids[3], ids[2], ids[1], ids[0]}
	for _, query := range []string{"?to=%2B18085555555", "?to=+18085555555", "?to=8085555555", "?to=1-808-555-5555", "?limit=5&to=%2B18085555555"} {
		if diff := cmp.Diff(newest, list(query)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
	if diff := cmp.Diff(newest[:2], list("?to=%2B18085555555&limit=2")); diff != "" {
		t.Errorf("of two (-want +got):\n%s", diff)
	}
	if none := g.native(t, http.MethodGet, messagesPath+"?to=%2B447700900123", ""); none.body != `{"messages":[]}` {
		t.Errorf("of a stranger: %+v", none)
	}
}

// TestAHashAloneIsNoNumber has an event of another number under the hash that is
// asked for.
func TestAHashAloneIsNoNumber(t *testing.T) {
	var e engine
	g := e.gateway(t, config())
	id := uuid.Must(uuid.NewV7()).String()
	hash := numberKey.Hash("acme", "+18085555555")
	m := messaging.Message{ID: id, Tenant: "acme", To: "+18085555544", ToHash: hash}
	e.history.Record(messaging.EventOf(m, messaging.Receipt{Code: messaging.CodeSent}, nil))
	moved := messaging.Message{ID: uuid.Must(uuid.NewV7()).String(), Tenant: "acme", To: "+18085555555", ToHash: hash}
	e.history.Record(messaging.EventOf(moved, messaging.Receipt{Code: messaging.CodePending}, nil))
	moved.ToHash = "another"
	e.history.Record(messaging.EventOf(moved, messaging.Receipt{Code: messaging.CodeSent}, nil))
	if got := g.native(t, http.MethodGet, messagesPath+"?to=%2B18085555555", ""); got.body != `{"messages":[]}` {
		t.Errorf("the answer is %+v", got)
	}
}

func TestBadQuestionsAreRefused(t *testing.T) {
	var e engine
	g := e.gateway(t, config())
	for query, c := range map[string]struct {
		status int
		field  string
	}{
		"":                           {400, "to"},
		"?limit=5":                   {400, "to"},
		"?to=":                       {422, "to"},
		"?to=12":                     {422, "to"},
		"?to=FLOWERS":                {422, "to"},
		"?to=8085555555&limit=0":     {400, "limit"},
		"?to=8085555555&limit=101":   {400, "limit"},
		"?to=8085555555&limit=x":     {400, "limit"},
		"?to=8085555555&limit=":      {400, "limit"},
		"?to=8085555555&to=1":        {400, "to"},
		"?to=8085555555&status=sent": {400, ""},
		"?to=%zz":                    {400, ""},
	} {
		got := g.native(t, http.MethodGet, messagesPath+query, "")
		if p := as[problem](t, got); got.status != c.status || p.Field != c.field || p.Detail == "" || strings.Contains(p.Detail, "8085555555&") {
			t.Errorf("%s: %+v", query, got)
		}
	}
}

func TestAHistoryThatCannotBeReadIsSaid(t *testing.T) {
	var e engine
	g := e.gateway(t, config())
	id := as[message](t, g.send(t, nativeBody, "Prefer", "respond-async")).ID
	e.history.Break(true)
	for name, got := range map[string]answer{
		"get":    g.native(t, http.MethodGet, messagesPath+"/"+id, ""),
		"list":   g.native(t, http.MethodGet, messagesPath+"?to=8085555555", ""),
		"cancel": g.native(t, http.MethodPost, messagesPath+"/"+id+"/cancel", ""),
	} {
		if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if e.queue.Len() != 1 {
		t.Error("the message was cancelled all the same")
	}
}

func TestAQueuedMessageIsCancelled(t *testing.T) {
	var e engine
	g := e.gateway(t, config())
	id := as[message](t, g.send(t, nativeBody, "Prefer", "respond-async")).ID
	cancel := messagesPath + "/" + id + "/cancel"
	if got := g.do(t, http.MethodPost, cancel, envelopeToken, ""); got.status != http.StatusNotFound || e.queue.Len() != 1 {
		t.Errorf("another tenant: %+v", got)
	}
	got := g.native(t, http.MethodPost, cancel, "")
	m := as[message](t, got)
	if got.status != http.StatusOK || m.ID != id || m.Status != "cancelled" || m.To != "+18*******55" || m.CreatedAt.IsZero() || e.queue.Len() != 0 {
		t.Errorf("the answer is %+v", got)
	}
	events := e.history.All()
	last := events[len(events)-1]
	if last.Type != messaging.EventCancelled || last.ID != id || last.ToHash != events[0].ToHash || last.Code != messaging.CodeCancelled {
		t.Errorf("recorded %+v", last)
	}
	if after := as[message](t, answer{body: told(t, g, id)}); after.Status != "cancelled" || after.UpdatedAt.IsZero() {
		t.Errorf("afterwards it is told as %+v", after)
	}
	if again := g.native(t, http.MethodPost, cancel, ""); again.body != told(t, g, id) || again.status != http.StatusOK || len(e.history.All()) != len(events) {
		t.Errorf("again: %+v", again)
	}
	if list := g.native(t, http.MethodGet, messagesPath+"?to=8085555555", ""); !strings.Contains(list.body, `"status":"cancelled"`) {
		t.Errorf("the list is %+v", list)
	}
}

// told returns how a message is told.
func told(t *testing.T, g *running, id string) string {
	t.Helper()
	return g.native(t, http.MethodGet, messagesPath+"/"+id, "").body
}

func TestWhatIsNotQueuedIsNotCancelled(t *testing.T) {
	var e engine
	g := e.gateway(t, config())
	sent := as[message](t, g.send(t, nativeBody)).ID
	begun := as[message](t, g.send(t, nativeBody, "Prefer", "respond-async")).ID
	e.queue.Take()
	for id, want := range map[string]int{
		sent: http.StatusConflict, begun: http.StatusConflict, "019389b8-7c00-7000-8000-0123456789ab": http.StatusNotFound,
	} {
		got := g.native(t, http.MethodPost, messagesPath+"/"+id+"/cancel", "")
		if p := as[problem](t, got); got.status != want || p.MessageID != id || p.Detail == "" {
			t.Errorf("%+v, want %d", got, want)
		}
	}
	for _, e := range e.history.All() {
		if e.Type == messaging.EventCancelled {
			t.Errorf("recorded %+v", e)
		}
	}
	e.queue.Break(true)
	if got := g.native(t, http.MethodPost, messagesPath+"/"+begun+"/cancel", ""); got.status != http.StatusServiceUnavailable {
		t.Errorf("a broken queue: %+v", got)
	}
}

func TestTheConfiguredKeyIsStronger(t *testing.T) {
	var e engine
	settings := config()
	settings.Events.NumberKeyFile = secretFile(t, "fedcba9876543210\n")
	g := start(t, settings, e.deps())
	g.send(t, nativeBody)
	if want := messaging.NumberKey("fedcba9876543210").Hash("acme", "+18085555555"); e.received()[0].ToHash != want {
		t.Error("the configured key is not used")
	}
	deps := e.deps()
	deps.NumberKey = nil
	g = start(t, config(), deps)
	g.send(t, nativeBody)
	if hash := e.received()[1].ToHash; hash != "" {
		t.Errorf("without a key the hash is %q", hash)
	}
}
