package devd

import (
	"slices"

	"github.com/phonehook/phonehook/gateway/console"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/inbox"
)

// inboxes are the worker's inboxes as the gateway's console shows them.
type inboxes []*inbox.Inbox

// findInboxes returns nil where no provider is an inbox.
func findInboxes(providers map[string]provider.Provider) inboxes {
	var found inboxes
	for _, p := range providers {
		if box, ok := p.(*inbox.Inbox); ok {
			found = append(found, box)
		}
	}
	return found
}

// Messages returns what all inboxes keep, the newest first.
func (all inboxes) Messages() []console.InboxMessage {
	var messages []console.InboxMessage
	for _, box := range all {
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
	}
	if len(all) > 1 {
		slices.SortStableFunc(messages, func(a, b console.InboxMessage) int { return b.At.Compare(a.At) })
	}
	return messages
}
