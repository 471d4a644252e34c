package receipts

import (
	"maps"
	"sync"
)

// counts counts callbacks for each account. Accounts that nobody configured share one entry, so
// that memory does not depend on what is asked for.
type counts struct {
	mu      sync.Mutex
	taken   map[string]map[string]uint64
	refused map[string]map[string]uint64
}

// Stats are the counts since the start, by the provider's name and then by the status that was
// reported, or by the reason why a callback was refused: forged, stale, malformed, unanswerable,
// unknown (no such provider), unmatched (of no message), not-stored.
type Stats struct {
	Taken   map[string]map[string]uint64 `json:"taken"`
	Refused map[string]map[string]uint64 `json:"refused"`
}

func (c *counts) take(account, status string)  { c.add(&c.taken, account, status) }
func (c *counts) refuse(account, fault string) { c.add(&c.refused, account, fault) }

func (c *counts) add(of *map[string]map[string]uint64, account, label string) {
	if label == "unknown" && of == &c.refused {
		account = ""
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if *of == nil {
		*of = make(map[string]map[string]uint64)
	}
	if (*of)[account] == nil {
		(*of)[account] = make(map[string]uint64)
	}
	(*of)[account][label]++
}

// Stats returns the counts so far.
func (d *Desk) Stats() Stats {
	d.counts.mu.Lock()
	defer d.counts.mu.Unlock()
	return Stats{Taken: copied(d.counts.taken), Refused: copied(d.counts.refused)}
}

func copied(all map[string]map[string]uint64) map[string]map[string]uint64 {
	out := make(map[string]map[string]uint64, len(all))
	for account, labels := range all {
		out[account] = maps.Clone(labels)
	}
	return out
}
