package simulator

// ledger counts messages by their reference and remembers the last keep references.
type ledger struct {
	keep    int
	entries map[string]*Message
	// order has the references from the oldest, beginning at next once it is
	// full.
	order []string
	next  int
}

func newLedger(keep int) ledger {
	return ledger{keep: keep, entries: make(map[string]*Message)}
}

func (l *ledger) add(m Message) {
	if entry, ok := l.entries[m.Reference]; ok {
		m.Count = entry.Count + 1
		*entry = m
		return
	}
	if len(l.order) < l.keep {
		l.order = append(l.order, m.Reference)
	} else {
		delete(l.entries, l.order[l.next])
		l.order[l.next] = m.Reference
		l.next = (l.next + 1) % l.keep
	}
	m.Count = 1
	l.entries[m.Reference] = &m
}

// all returns the messages remembered, the oldest reference first.
func (l *ledger) all() []Message {
	messages := make([]Message, 0, len(l.order))
	for i := range l.order {
		messages = append(messages, *l.entries[l.order[(l.next+i)%len(l.order)]])
	}
	return messages
}
