package webhook

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
)

// try makes requests of sample messages, and says what is wrong with them.
func (p *plan) try(secrets map[string]string) error {
	for i, m := range samples(p.cfg.Channels) {
		v, failure := p.values(m)
		if failure != nil {
			return configs.Complain("from", "does not do for %s: %s", sampleNames[i%2], failure.Detail)
		}
		v.Secrets = secrets
		if i%2 == 0 {
			v.Callback = sampleCallback
		}
		_, err := p.build(context.Background(), v) // it is not sent
		if err == nil {
			continue
		}
		wrong, ok := errors.AsType[*placed](err)
		if !ok {
			wrong = &placed{"body", err}
		}
		return configs.Complain(wrong.path, "does not do for %s: %s", sampleNames[i%2], shorten(wrong.err))
	}
	return nil
}

// sampleNames say which of the two samples of a channel it was.
var sampleNames = [2]string{"a message that has everything", "a message that has no country, no language, no sender, no end and no address for reports"}

// shorten leaves out how Go names the template.
func shorten(err error) string {
	text := err.Error()
	if i := strings.LastIndex(text, ">: "); i >= 0 {
		text = text[i+3:]
	}
	if rest, ok := strings.CutPrefix(text, "error calling "); ok {
		if _, said, ok := strings.Cut(rest, ": "); ok {
			return said
		}
	}
	return text
}

// placeholders stand for the secrets while they have not been read.
func placeholders(secrets map[string]Source) map[string]string {
	made := make(map[string]string, len(secrets))
	for name := range secrets {
		made[name] = "secret"
	}
	return made
}

// samples are the messages on which templates are tried: one that has everything and one that
// has as little as a message can, for each channel.
func samples(channels []provider.Channel) []provider.Message {
	var messages []provider.Message
	for _, channel := range channels {
		messages = append(messages, provider.Message{
			Reference: "01890a5d-ac96-774b-bcce-b302099a8057", Tenant: "acme", Channel: channel, To: "+447400123456", From: "+447700900000", Country: "GB",
			Text: "Ваш код \"493817\" & <не> \\ кто", Code: "493817", Language: "ru-RU", Expires: time.Now().Add(time.Hour),
		}, provider.Message{Reference: "r", Channel: channel, To: "+1234567", Text: "1"})
	}
	return messages
}

// sampleCallback is about as long as addresses for reports get.
const sampleCallback = "https://phonehook.example.com/receipts/webhook/acme/m.acme.01890a5d-ac96-774b-bcce-b302099a8057.0123456789abcdef"
