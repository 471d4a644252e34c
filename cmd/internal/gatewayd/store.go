package gatewayd

import (
	"context"
	"time"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/messaging/natsstore"
)

// store is what the gateway is given of natsstore before there is a connection: Run
// opens it, and no call comes before that.
type store struct{ *natsstore.Store }

func (s *store) Enqueue(ctx context.Context, m messaging.Message) error {
	return s.Queue().Enqueue(ctx, m)
}

func (s *store) Cancel(ctx context.Context, tenant, id string) error {
	return s.Queue().Cancel(ctx, tenant, id)
}

func (s *store) Record(e messaging.Event) { s.Store.Events().Record(e) }

// history reads events; Store has another method Events.
type history struct{ *store }

func (h history) Events(ctx context.Context, tenant, id string) ([]messaging.Event, error) {
	return h.Store.Events().Events(ctx, tenant, id)
}

func (h history) ByNumber(ctx context.Context, tenant, toHash string, limit int) ([]string, error) {
	return h.Store.Events().ByNumber(ctx, tenant, toHash, limit)
}

func (h history) Await(ctx context.Context, tenant, id string) (messaging.Event, error) {
	return h.Store.Events().Await(ctx, tenant, id)
}

// errNoNumberKey is what a gateway has until it has found the key that all share: what
// it makes of requests without that one is not what the others make.
var errNoNumberKey = &messaging.Error{Code: messaging.CodeUnavailable, Detail: "the gateways' common key for hashing is not known yet"}

func (s *store) Claim(ctx context.Context, key string, mine messaging.Claim, ttl time.Duration) (messaging.Claim, bool, error) {
	if len(s.NumberKey()) == 0 {
		return messaging.Claim{}, false, errNoNumberKey
	}
	return s.Keys().Claim(ctx, key, mine, ttl)
}

func (s *store) Replace(ctx context.Context, key string, earlier, mine messaging.Claim, ttl time.Duration) (messaging.Claim, bool, error) {
	return s.Keys().Replace(ctx, key, earlier, mine, ttl)
}

func (s *store) Release(ctx context.Context, key string, mine messaging.Claim) error {
	return s.Keys().Release(ctx, key, mine)
}
