package gateway_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/phonehook/phonehook/gateway"
	"github.com/phonehook/phonehook/messaging"
)

// sized returns a good body of exactly n bytes.
func sized(n int) string {
	body := strings.Replace(seedBody, `"app_metadata":{}`, `"app_metadata":{"padding":""}`, 1)
	return strings.Replace(body, `"padding":"`, `"padding":"`+strings.Repeat("x", n-len(body)), 1)
}

func TestTheLimitOfABody(t *testing.T) {
	sent := &phones{}
	g := start(t, config(), gateway.Deps{Sender: sent})
	const limit = 262144
	for size, want := range map[int]int{limit - 1: 200, limit: 200, limit + 1: 413, 257 << 10: 413, 4 << 20: 413} {
		for name, body := range map[string]io.Reader{
			"with its length": strings.NewReader(sized(size)),
			"in chunks":       io.MultiReader(strings.NewReader(sized(size))),
		} {
			got, err := g.tryPost(t, body)
			if errors.Is(err, errCutOff) && size > 300<<10 { // the answer can be lost under what is still being sent
				continue
			}
			if err != nil || got.status != want {
				t.Errorf("%d bytes %s: %d %.200s %v", size, name, got.status, got.body, err)
			}
			if want == 413 && !strings.Contains(got.body, `"code":"too_large"`) {
				t.Errorf("%d bytes %s: %.200s", size, name, got.body)
			}
		}
	}
	if n := len(sent.received()); n != 4 {
		t.Errorf("%d messages were sent; want the 4 that are small enough", n)
	}
}

var errCutOff = errors.New("the connection was cut")

// tryPost is post for a body that the gateway may refuse to read.
func (g *running) tryPost(t *testing.T, body io.Reader) (answer, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+g.Addr()+hookPath, body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+statusToken)
	response, err := g.client.Do(request)
	if err != nil {
		return answer{}, errors.Join(errCutOff, err)
	}
	defer func() { _ = response.Body.Close() }()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, errors.Join(errCutOff, err)
	}
	return answer{response.StatusCode, response.Header, string(data)}, nil
}

func TestTheSenderIsGivenTheTenantsDeadline(t *testing.T) {
	type seen struct {
		left  time.Duration
		cause error
	}
	for _, c := range []struct{ configured, want time.Duration }{{0, 9 * time.Second}, {4 * time.Second, 4 * time.Second}, {20 * time.Second, 20 * time.Second}} {
		calls := make(chan seen, 1)
		sender := messaging.SenderFunc(func(ctx context.Context, _ messaging.Message) (messaging.Receipt, error) {
			end, _ := ctx.Deadline()
			calls <- seen{time.Until(end), context.Cause(ctx)}
			return messaging.Receipt{Code: messaging.CodeSent}, nil
		})
		settings := config()
		if c.configured > 0 {
			settings.Tenants[0].Deadline = deadline(c.configured)
		}
		g := start(t, settings, gateway.Deps{Sender: sender})
		g.post(t, seedBody)
		if got := <-calls; got.left > c.want || got.left < c.want-3*time.Second || got.cause != nil {
			t.Errorf("with %v configured the sender has %v", c.configured, got.left)
		}
	}
}

func TestACallEndsAtItsDeadline(t *testing.T) {
	sender := messaging.SenderFunc(func(ctx context.Context, _ messaging.Message) (messaging.Receipt, error) {
		<-ctx.Done()
		return messaging.Receipt{}, &messaging.Error{Code: messaging.CodeExpired, Cause: context.Cause(ctx)}
	})
	settings := config()
	settings.Tenants[0].Deadline = deadline(50 * time.Millisecond)
	g := start(t, settings, gateway.Deps{Sender: sender})
	if got := g.post(t, seedBody); got.status != http.StatusGatewayTimeout || !strings.Contains(got.body, `"code":"expired"`) {
		t.Errorf("the answer is %+v", got)
	}
	line := g.logs.FilterMessage("call").All()[0]
	if !strings.Contains(fmt.Sprint(line.ContextMap()["error"]), "tenant's deadline") {
		t.Errorf("the line does not name the limit that fired: %v", line.ContextMap())
	}
}

func TestADeliveryGoesOnWhenItsCallerHangsUp(t *testing.T) {
	begun, finish := make(chan struct{}), make(chan struct{})
	outlived := make(chan error, 1)
	sender := messaging.SenderFunc(func(ctx context.Context, _ messaging.Message) (messaging.Receipt, error) {
		close(begun)
		<-finish
		outlived <- ctx.Err()
		return messaging.Receipt{Code: messaging.CodeSent}, nil
	})
	g := start(t, config(), gateway.Deps{Sender: sender})
	ctx, hangUp := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+g.Addr()+hookPath, strings.NewReader(seedBody))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+statusToken)
	go func() {
		<-begun
		hangUp()
	}()
	if response, err := g.client.Do(request); err == nil {
		_ = response.Body.Close()
		t.Fatal("the caller did not hang up")
	}
	time.Sleep(200 * time.Millisecond) // the gateway notices; it must not cancel
	close(finish)
	if err := <-outlived; err != nil {
		t.Errorf("the delivery was cancelled: %v", err)
	}
	eventually(t, "the call's line", func() bool { return g.logs.FilterMessage("call").Len() == 1 })
	if fields := g.logs.FilterMessage("call").All()[0].ContextMap(); fields["caller_gone"] != true || fields["outcome"] != "sent" {
		t.Errorf("the line is %v", fields)
	}
}

func TestABodyThatBreaksOffIsRefused(t *testing.T) {
	sent := &phones{}
	g := start(t, config(), gateway.Deps{Sender: sent})
	var dialer net.Dialer
	conn, err := dialer.DialContext(t.Context(), "tcp", g.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 500\r\n\r\n%s", hookPath, statusToken, seedBody[:50])
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusBadRequest || len(sent.received()) > 0 {
		t.Errorf("the answer is %s", response.Status)
	}
}

func TestDrainingAnswersWhatIsUnderWay(t *testing.T) {
	begun, finish := make(chan struct{}), make(chan struct{})
	sender := messaging.SenderFunc(func(context.Context, messaging.Message) (messaging.Receipt, error) {
		close(begun)
		<-finish
		return messaging.Receipt{Code: messaging.CodeSent}, nil
	})
	g := start(t, config(), gateway.Deps{Sender: sender})
	if got := g.admin(t, http.MethodGet, "/readyz"); got.status != http.StatusOK {
		t.Fatalf("not ready: %+v", got)
	}
	answers := make(chan answer, 1)
	go func() { answers <- g.post(t, seedBody) }()
	<-begun
	g.stop()
	eventually(t, "/readyz is 503 while draining", func() bool {
		got := g.admin(t, http.MethodGet, "/readyz")
		return got.status == http.StatusServiceUnavailable && strings.Contains(got.body, "shutting down")
	})
	var dialer net.Dialer
	eventually(t, "the public listener is closed", func() bool {
		conn, err := dialer.DialContext(t.Context(), "tcp", g.Addr())
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	})
	close(finish)
	if got := <-answers; got.status != http.StatusOK {
		t.Errorf("the call under way got %+v", got)
	}
}

func TestListenNamesTheListenerThatFails(t *testing.T) {
	g := start(t, config(), gateway.Deps{Sender: &phones{}})
	for name, change := range map[string]func(*gateway.Config){
		"public":  func(c *gateway.Config) { c.Listen = g.Addr() },
		"private": func(c *gateway.Config) { c.Admin = g.Addr() },
	} {
		settings := config()
		change(&settings)
		other, err := gateway.New(settings, gateway.Deps{Sender: &phones{}, Logger: discard()})
		if err != nil {
			t.Fatal(err)
		}
		if err := other.Run(t.Context()); err == nil || !strings.Contains(err.Error(), name+" listener") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
