package messaging

import "context"

// Alias says which message a provider's own id is of. It is for providers whose reports have no
// other name for a message.
type Alias struct {
	// Provider is the configured name of the one that took the message, and
	// ProviderMessageID its name for it.
	Provider          string
	ProviderMessageID string
	// Tenant and ID are the message's.
	Tenant string
	ID     string
}

// Aliases keep for some days which message a provider's id is of.
type Aliases interface {
	// Keep stores a. It never blocks and never fails: what can't be stored is dropped and
	// counted, for no delivery may wait for it.
	Keep(a Alias)
	// Find returns the alias of a provider's id. It waits for a moment at most. The error is
	// an *Error: CodeNotFound where there is none, which another one may just be storing, and
	// CodeUnavailable where nobody can tell now.
	Find(ctx context.Context, provider, providerMessageID string) (Alias, error)
}
