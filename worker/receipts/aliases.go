package receipts

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/worker/provider"
)

// Keeper has providers whose reports name a message by the vendor's id alone keep which message an
// id is of. The zero value is ready. It is safe for concurrent use.
type Keeper struct {
	aliases atomic.Pointer[messaging.Aliases]
}

// Use says where to keep it, once there is such a place. What is sent before is not kept.
func (k *Keeper) Use(aliases messaging.Aliases) { k.aliases.Store(&aliases) }

// Wrap returns what is to send for p, which is configured under name: p itself where its vendor's
// reports tell the message.
func (k *Keeper) Wrap(name string, p provider.Provider) provider.Provider {
	if known, ok := p.(provider.ReporterByID); !ok || !known.ReportsByID() {
		return p
	}
	return &keeping{Provider: p, name: name, keeper: k}
}

// keeping is a provider of whose messages the ids are kept.
type keeping struct {
	provider.Provider

	name   string
	keeper *Keeper
}

// Send implements provider.Provider.
func (p *keeping) Send(ctx context.Context, m provider.Message) (provider.Receipt, error) {
	receipt, err := p.Provider.Send(ctx, m)
	if aliases := p.keeper.aliases.Load(); err == nil && receipt.ID != "" && aliases != nil {
		(*aliases).Keep(messaging.Alias{Provider: p.name, ProviderMessageID: receipt.ID, Tenant: m.Tenant, ID: m.Reference})
	}
	return receipt, err
}

// SendsFromService implements provider.ServiceSender.
func (p *keeping) SendsFromService() bool {
	s, ok := p.Provider.(provider.ServiceSender)
	return ok && s.SendsFromService()
}

// A report can come before its message's alias is stored, which takes some 15 ms and longer while a
// cluster has no leader.
const (
	// aliasPatience is how long a report waits for that. A vendor's request is given up
	// after 5 s.
	aliasPatience = 2 * time.Second
	// aliasPause is before the second question, and doubled before each further one.
	aliasPause = 20 * time.Millisecond
)

// whose finds out which message a provider's own id is of. It returns empty names where there is
// none, and an *Error where nobody can tell now.
func (d *Desk) whose(ctx context.Context, account, id string) (tenant, messageID string, err error) {
	known, ok := d.opts.Providers[account].(provider.ReporterByID)
	if !ok || !known.ReportsByID() || d.opts.Aliases == nil || id == "" {
		return "", "", nil
	}
	ctx, cancel := context.WithTimeout(ctx, aliasPatience)
	defer cancel()
	for pause := aliasPause; ; pause *= 2 {
		alias, err := d.opts.Aliases.Find(ctx, account, id)
		if err == nil {
			return alias.Tenant, alias.ID, nil
		}
		unknown := errors.Is(err, messaging.CodeNotFound)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			if unknown {
				return "", "", nil
			}
			return "", "", err
		}
	}
}
