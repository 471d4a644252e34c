package natsstore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/phonehook/phonehook/messaging"
)

const (
	// reportWithin bounds the storing of a report, whatever the context allows: the
	// provider that made it waits for 2 to 15 seconds and makes it again.
	reportWithin = 4 * time.Second
	// reportAgain is between two tries.
	reportAgain = 100 * time.Millisecond
)

// reports is a messaging.Reports. Unlike other events, a report is stored before anybody is told
// that it was taken: nobody but its provider can repeat it.
type reports struct{ s *Store }

var _ messaging.Reports = (*reports)(nil)

// Report implements messaging.Reports. The same report, made again within half a minute, is
// stored once.
func (r *reports) Report(ctx context.Context, e messaging.Event) error {
	if e.Type != messaging.EventReport || e.Delivery == nil || !messaging.ValidTenant(e.Tenant) {
		return &messaging.Error{Code: messaging.CodeInternal, Detail: "an event that is no report"}
	}
	if e.Worker == "" {
		e.Worker = r.s.opts.Source
	}
	body, err := messaging.EncodeEvent(e)
	if err != nil {
		return &messaging.Error{Code: messaging.CodeInternal, Detail: "the report can't be encoded", Cause: err}
	}
	once := factOf(e.Tenant, e.ID, e.Provider, e.ProviderMessageID, string(e.Delivery.Status), e.Delivery.Code)
	return r.store(ctx, eventSubject(e), body, "report."+once)
}

// Notify implements messaging.Reports.
func (r *reports) Notify(ctx context.Context, n messaging.Notice) error {
	body, err := json.Marshal(n)
	if err != nil || !messaging.ValidTenant(n.Tenant) {
		return &messaging.Error{Code: messaging.CodeInternal, Detail: "the notice can't be encoded", Cause: err}
	}
	return r.store(ctx, noticePrefix+n.Tenant, body, "notice."+n.ID)
}

// store publishes until it is stored or the time is over.
func (r *reports) store(ctx context.Context, subject string, body []byte, once string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, reportWithin, errNoAnswer)
	defer cancel()
	for {
		_, err := r.s.api.store(ctx, &nats.Msg{Subject: subject, Data: body, Header: nats.Header{headerMsgID: {once}}}, storeWithin)
		if err == nil {
			return nil
		}
		if errors.Is(err, nats.ErrNoResponders) {
			r.s.look()
		}
		if _, refused := errors.AsType[*refusal](err); refused || !sleep(ctx, reportAgain) {
			return &messaging.Error{Code: messaging.CodeUnavailable, RetryAfter: time.Second, Detail: "what was reported can't be stored now", Cause: err}
		}
	}
}

// factOf is a short name of a fact, the same whenever it is told.
func factOf(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		_, _ = h.Write([]byte(part + "\n")) // never fails
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}
