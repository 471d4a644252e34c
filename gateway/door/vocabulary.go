package door

import (
	"golang.org/x/text/language"

	"github.com/phonehook/phonehook/messaging"
)

// maxLanguageLength is the longest language tag that is read: RFC 5646, section
// 4.4.1, counts 35 characters for the longest one that makes sense.
const maxLanguageLength = 35

// channel reads a word for the channel; none means sms.
func (o object) channel(member string) messaging.Channel {
	switch o.text(member) {
	case "", "sms", "text":
		return messaging.SMS
	case "voice":
		return messaging.Voice
	}
	o.fail(o.path(member), "must be sms, text or voice")
	return ""
}

// action reads a word for the reason of the message; none stays none.
func (o object) action(member string) messaging.Action {
	switch word := o.text(member); word {
	case "enrollment", "otp_enroll":
		return messaging.Enrollment
	case "second-factor-authentication", "second-factor-authenticator", "authentication", "otp_verify":
		return messaging.SecondFactor
	case "", "passwordless", "blocked_account", "change_password", "password_breach":
		return messaging.Action(word)
	}
	o.fail(o.path(member), "is not a known reason for a phone message, such as enrollment or second-factor-authentication")
	return ""
}

// language reads a language in any of the forms that callers use (en, en-US, en_US)
// and returns its canonical BCP 47 tag. What is no such tag counts as none: Classic
// Universal Login says N/A, and a message in the wrong language is better than none.
func (o object) language(member string) string {
	word := o.text(member)
	if word == "" || len(word) > maxLanguageLength {
		return ""
	}
	tag, err := language.Parse(word)
	if err != nil || tag == language.Und {
		return ""
	}
	return tag.String()
}

// client reads the application under client, whose metadata the shapes name
// differently.
func (o object) client(metadata string) *messaging.Client {
	inner := o.object("client")
	c := inner.clientHere(metadata)
	if metadata != "client_metadata" && c != nil && c.Metadata == nil {
		c.Metadata = inner.raw("client_metadata")
	}
	return c
}

// clientHere reads the application's members in o itself. All absent is nil.
func (o object) clientHere(metadata string) *messaging.Client {
	c := messaging.Client{ID: o.text("client_id"), Name: o.text("name"), Metadata: o.raw(metadata)}
	if c.ID == "" && c.Name == "" && c.Metadata == nil {
		return nil
	}
	return &c
}

// user reads the person under user. All absent is nil. Linked identities, which can
// hold access tokens, stay behind.
func (o object) user() *messaging.User {
	inner := o.object("user")
	u := messaging.User{
		ID:           inner.text("user_id"),
		Name:         inner.text("name"),
		Email:        inner.text("email"),
		AppMetadata:  inner.raw("app_metadata"),
		UserMetadata: inner.raw("user_metadata"),
	}
	if u.ID == "" && u.Name == "" && u.Email == "" && u.AppMetadata == nil && u.UserMetadata == nil {
		return nil
	}
	return &u
}
