// Package notify tells tenants' own servers what became of messages, as Standard Webhooks: a POST
// of JSON with the headers webhook-id, webhook-timestamp and webhook-signature, which any library of
// standardwebhooks.com verifies.
package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/worker/provider"
)

// Notifier sends notices. It implements messaging.Notifier and is safe for concurrent use.
type Notifier struct {
	targets map[string]target
	every   *target
	http    *http.Client
}

type target struct {
	url string
	key []byte
}

var _ messaging.Notifier = (*Notifier)(nil)

// Tenant is one whose server is told, or with the name "*" all that are not named otherwise.
type Tenant struct {
	Name string
	// Server is nil for a tenant that is not told.
	Server *Config
}

const everyTenant = "*"

// New returns a Notifier. It reads the secrets that stand in files of their own; its errors are
// *configs.Complaint, joined, each within the tenant's place in the list.
func New(tenants []Tenant) (*Notifier, error) {
	n := &Notifier{targets: make(map[string]target), http: provider.NewHTTPClient()}
	var complaints []error
	for i, t := range tenants {
		if t.Server == nil {
			if t.Name != everyTenant {
				n.targets[t.Name] = target{}
			}
			continue
		}
		key, err := t.Server.key()
		if err != nil {
			complaints = append(complaints, configs.Within("tenants["+strconv.Itoa(i)+"].receipts", err))
			continue
		}
		if t.Name == everyTenant {
			n.every = &target{t.Server.URL, key}
		} else {
			n.targets[t.Name] = target{t.Server.URL, key}
		}
	}
	return n, errors.Join(complaints...)
}

// Tells says whether a tenant's server is told.
func (n *Notifier) Tells(tenant string) bool { return n.target(tenant).url != "" }

func (n *Notifier) target(tenant string) target {
	if t, named := n.targets[tenant]; named {
		return t
	}
	if n.every != nil {
		return *n.every
	}
	return target{}
}

// Close closes the connections that are not in use.
func (n *Notifier) Close() { n.http.CloseIdleConnections() }

// Notify implements messaging.Notifier. Any status of 2xx means that the notice was taken, and 410
// that no further one is wanted.
func (n *Notifier) Notify(ctx context.Context, notice messaging.Notice) error {
	t := n.target(notice.Tenant)
	if t.url == "" {
		return &messaging.Error{Code: messaging.CodeRejected, Detail: "the tenant has no server that is told"}
	}
	request, err := provider.JSONRequest(ctx, t.url, notice.Body)
	if err != nil {
		return &messaging.Error{Code: messaging.CodeRejected, Detail: "the request could not be made"}
	}
	now := strconv.FormatInt(time.Now().Unix(), 10)
	request.Header.Set("webhook-id", notice.ID)
	request.Header.Set("webhook-timestamp", now)
	request.Header.Set("webhook-signature", "v1,"+sign(t.key, notice.ID+"."+now+"."+string(notice.Body)))
	answer, err := provider.Do(n.http, request)
	switch {
	case err != nil:
		return &messaging.Error{Code: messaging.CodeUnavailable, Detail: "the tenant's server did not answer", Cause: err}
	case answer.Status/100 == 2:
		return nil
	case answer.Status == http.StatusGone:
		return &messaging.Error{Code: messaging.CodeRejected, Detail: "the tenant's server wants no further notices (HTTP 410)"}
	}
	return &messaging.Error{Code: messaging.CodeUnavailable, Detail: "the tenant's server answered HTTP " + strconv.Itoa(answer.Status)}
}

// sign returns the signature of Standard Webhooks, version 1.
func sign(key []byte, content string) string {
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte(content)) // never fails
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
