package door

import (
	"slices"
	"strconv"
	"time"

	"golang.org/x/text/language"

	"github.com/phonehook/phonehook/messaging"
)

// maxLife is the longest life that a caller can give to a message, in seconds: a day.
// One-time codes live for minutes, and whatever else is worth a message is stale
// by then.
const maxLife = 24 * 60 * 60

// DecodeNative reads a body of POST /v1/messages. It is strict: what the API does not
// have is refused, because a caller who writes for this API means everything that it
// writes. The refusals are Decode's.
func DecodeNative(body []byte) (Draft, error) {
	r := readers.Get().(*reader) //nolint:forcetypeassert // the pool holds nothing else
	defer r.release()
	if f := r.scan(body); f != nil {
		return Draft{}, f.refusal()
	}
	if r.nodes[0].kind != mapping {
		return Draft{}, invalid("", "the body must be a JSON object")
	}
	draft := r.native()
	if r.err != nil {
		return Draft{Shape: ShapeNative}, r.err
	}
	return draft, nil
}

func (r *reader) native() Draft {
	root := r.root()
	root.only("to", "channel", "text", "code", "from", "language", "action", "expires_in", "client", "user", "ip", "user_agent")
	root.object("client").only("client_id", "name", "client_metadata")
	root.object("user").only("user_id", "name", "email", "app_metadata", "user_metadata")
	m := messaging.Message{
		To:        root.required("to"),
		Text:      root.required("text"),
		Channel:   root.nativeChannel("channel"),
		Code:      root.text("code"),
		From:      root.text("from"),
		Language:  root.nativeLanguage("language"),
		Action:    root.nativeAction("action"),
		IP:        root.text("ip"),
		UserAgent: root.text("user_agent"),
		Client:    root.client("client_metadata"),
		User:      root.user(),
	}
	return Draft{Shape: ShapeNative, Message: m, Life: root.life("expires_in"), RecipientField: "to", TextField: "text"}
}

// only refuses every member that is not one of the known ones, and null for any.
func (o object) only(known ...string) {
	if o.absent {
		return
	}
	for i := o.nodes[o.node].child; i != 0; i = o.nodes[i].next {
		n := o.nodes[i]
		path := shortened(o.path(shownKey(n.key)), maxPathShown)
		switch {
		case !slices.Contains(known, string(n.key)):
			o.fail(path, "is not a member that the API has")
		case n.kind == null:
			o.fail(path, "must not be null; leave it out instead")
		}
	}
}

func (o object) nativeChannel(member string) messaging.Channel {
	if !o.has(member) {
		return messaging.SMS
	}
	switch channel := messaging.Channel(o.text(member)); channel {
	case messaging.SMS, messaging.Voice:
		return channel
	}
	o.fail(o.path(member), "must be sms or voice")
	return ""
}

func (o object) nativeAction(member string) messaging.Action {
	if !o.has(member) {
		return ""
	}
	switch action := messaging.Action(o.text(member)); action {
	case messaging.Enrollment, messaging.SecondFactor, messaging.Passwordless,
		messaging.BlockedAccount, messaging.ChangePassword, messaging.PasswordBreach:
		return action
	}
	o.fail(o.path(member), "must be enrollment, second-factor-authentication, passwordless, blocked_account, change_password or password_breach")
	return ""
}

func (o object) nativeLanguage(member string) string {
	if !o.has(member) {
		return ""
	}
	word := o.text(member)
	tag, err := language.Parse(word)
	if word == "" || len(word) > maxLanguageLength || err != nil || tag == language.Und {
		o.fail(o.path(member), "must be a language tag, such as en or pt-BR")
		return ""
	}
	return tag.String()
}

// life reads a number of seconds; none means the life of a one-time code.
func (o object) life(member string) time.Duration {
	if !o.has(member) {
		return lifeMFA
	}
	const wanted = "must be a whole number of seconds from 1 to 86400"
	i := o.get(member, number, wanted)
	if i == 0 {
		return 0
	}
	seconds, err := strconv.Atoi(string(o.source(i)))
	if err != nil || seconds < 1 || seconds > maxLife {
		o.fail(o.path(member), wanted)
		return 0
	}
	return time.Duration(seconds) * time.Second
}
