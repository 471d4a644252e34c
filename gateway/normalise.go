package gateway

import (
	"cmp"
	"time"

	"github.com/phonehook/phonehook/gateway/door"
	"github.com/phonehook/phonehook/gateway/phone"
	"github.com/phonehook/phonehook/messaging"
)

// normalise makes a message that a worker can be given out of a draft: with its id, its
// tenant, its times and a number in E.164. The fields of its errors are those of the
// caller's body.
func normalise(draft door.Draft, id string, t *tenant, now time.Time) (messaging.Message, error) {
	m := draft.Message
	number, err := phone.Parse(m.To, t.region)
	if err != nil {
		return m, inBody(draft, err, "to")
	}
	m.ID = id
	m.Tenant = t.name
	m.To, m.Country = number.E164, number.Country
	m.ReceivedAt = now
	m.Expires = now.Add(draft.Life)
	if err := m.Validate(); err != nil {
		return m, inBody(draft, err, "")
	}
	return m, nil
}

// inBody returns err with the name that its field has in the caller's body. An error
// without a field of its own is about field.
func inBody(draft door.Draft, err error, field string) error {
	e := *messaging.AsError(err)
	switch cmp.Or(e.Field, field) {
	case "to":
		e.Field = draft.RecipientField
	case "text":
		e.Field = draft.TextField
	}
	return &e
}
