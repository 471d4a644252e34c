package natsstore

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/phonehook/phonehook/messaging"
)

// aliasWithin bounds one question for an alias. A server answers in milliseconds, also while
// a cluster has no leader; one that does not is gone, and who asks does so again.
const aliasWithin = 500 * time.Millisecond

// Aliases are which messages providers' ids are of, to write and to read.
type Aliases interface {
	messaging.Aliases
	// Dropped returns how many were lost since the start, because JetStream could not be
	// reached for too long.
	Dropped() uint64
	// Pending returns how many are kept and not yet stored.
	Pending() int
}

// aliases is an Aliases.
type aliases struct{ *outbox }

func newAliases(s *Store) *aliases {
	return &aliases{newOutbox(s, streamAliases, "aliases of providers' ids")}
}

// storedAlias is the value under the subject of a provider's id.
type storedAlias struct {
	Tenant string `json:"tenant"`
	ID     string `json:"id"`
}

// aliasBytes are kept of the hash of a provider's id: so many that among all that are there at a
// time no two ever share one, and no more, because a server keeps each subject in memory.
const aliasBytes = 12

// aliasSubject hashes the id, which can have anything in it, together with the provider's name,
// which has no line feed.
func aliasSubject(provider, id string) string {
	sum := sha256.Sum256([]byte(provider + "\n" + id))
	return aliasPrefix + base64.RawURLEncoding.EncodeToString(sum[:aliasBytes])
}

// Keep implements messaging.Aliases.
func (a *aliases) Keep(alias messaging.Alias) {
	r := newRecord()
	body, err := json.Marshal(storedAlias{alias.Tenant, alias.ID})
	r.body = append(r.body, body...)
	r.subject = aliasSubject(alias.Provider, alias.ProviderMessageID)
	a.post(r, err == nil && alias.ProviderMessageID != "" && messaging.ValidTenant(alias.Tenant))
}

var errNoAlias = &messaging.Error{Code: messaging.CodeNotFound, Detail: "no message is known by this id of the provider's"}

// Find implements messaging.Aliases. It asks any server that has the stream, so in a cluster an
// alias may be found some milliseconds after it was stored.
func (a *aliases) Find(ctx context.Context, provider, id string) (messaging.Alias, error) {
	request, err := json.Marshal(map[string]string{"last_by_subj": aliasSubject(provider, id)})
	if err != nil {
		return messaging.Alias{}, noAliasNow(err)
	}
	answer, err := a.s.api.ask(ctx, &nats.Msg{Subject: "$JS.API.DIRECT.GET." + streamAliases, Data: request}, aliasWithin)
	if err != nil {
		if errors.Is(err, nats.ErrNoResponders) {
			a.s.look()
		}
		return messaging.Alias{}, noAliasNow(err)
	}
	switch answer.Header.Get(headerStatus) {
	case "":
	case statusNoMessage:
		return messaging.Alias{}, errNoAlias
	default:
		return messaging.Alias{}, noAliasNow(&refusal{Description: answer.Header.Get("Description")})
	}
	var found storedAlias
	if json.Unmarshal(answer.Data, &found) != nil {
		return messaging.Alias{}, errNoAlias
	}
	return messaging.Alias{Provider: provider, ProviderMessageID: id, Tenant: found.Tenant, ID: found.ID}, nil
}

func noAliasNow(cause error) error {
	return &messaging.Error{
		Code: messaging.CodeUnavailable, RetryAfter: time.Second,
		Detail: "nobody can tell now which message this is of", Cause: cause,
	}
}
