package devd

import (
	"slices"
	"sync"

	"github.com/phonehook/phonehook/gateway/console"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/inbox"
)

// kept is where messages are kept for the console.
type kept interface{ inboxMessages() []console.InboxMessage }

// inboxes are all such places. The gateway shows them and is made before they are known.
type inboxes struct {
	mu  sync.Mutex
	all []kept
}

func (i *inboxes) add(k kept) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.all = append(i.all, k)
}

// find adds the providers that are inboxes.
func (i *inboxes) find(providers map[string]provider.Provider) {
	for _, p := range providers {
		if box, ok := p.(*inbox.Inbox); ok {
			i.add(shownInbox{box})
		}
	}
}

func (i *inboxes) any() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.all) > 0
}

// Messages implements console.Inbox with what all of them keep, the newest first.
func (i *inboxes) Messages() []console.InboxMessage {
	i.mu.Lock()
	all := slices.Clone(i.all)
	i.mu.Unlock()
	var messages []console.InboxMessage
	for _, k := range all {
		messages = append(messages, k.inboxMessages()...)
	}
	if len(all) > 1 {
		slices.SortStableFunc(messages, func(a, b console.InboxMessage) int { return b.At.Compare(a.At) })
	}
	return messages
}

// shownInbox is a worker's inbox as the console shows it.
type shownInbox struct{ *inbox.Inbox }

func (box shownInbox) inboxMessages() []console.InboxMessage {
	var messages []console.InboxMessage
	for _, m := range box.Messages() {
		messages = append(messages, console.InboxMessage{
			ID:       m.ID,
			Tenant:   m.Tenant,
			Channel:  string(m.Channel),
			To:       m.To,
			From:     m.From,
			Text:     m.Text,
			Language: m.Language,
			Provider: m.Provider,
			At:       m.At,
		})
	}
	return messages
}
