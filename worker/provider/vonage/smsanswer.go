package vonage

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/phonehook/phonehook/worker/provider"
)

// smsAnswer is the SMS API's answer: one message for each part of the text. The
// HTTP status is 200 whatever became of them.
type smsAnswer struct {
	Count    json.RawMessage `json:"message-count"`
	Messages []smsPart       `json:"messages"`
}

type smsPart struct {
	ID     string          `json:"message-id"`
	Status json.RawMessage `json:"status"`
}

// judgeParts reads an answer with a status of 2xx. The message went out when every
// part was taken. When the vendor took some parts and not others the phone may
// show a piece of the message, with or without the code, so nobody can say that it
// was not delivered: Unknown.
func judgeParts(a *provider.Answer) (provider.Receipt, error) {
	var answer smsAnswer
	if !a.Decode(&answer) {
		return provider.Receipt{}, provider.Unreadable()
	}
	if len(answer.Messages) == 0 {
		return provider.Receipt{}, provider.Fail(provider.Unknown, "", "the answer has no message in it")
	}
	if count, ok := number(answer.Count); ok && count != len(answer.Messages) {
		return provider.Receipt{}, provider.Fail(provider.Unknown, "", "the answer does not have the parts that it counts")
	}
	taken, refused := 0, -1
	for _, part := range answer.Messages {
		status, ok := number(part.Status)
		switch {
		case !ok:
			return provider.Receipt{}, provider.Fail(provider.Unknown, "", "a part in the answer has no status")
		case status == 0:
			taken++
		case refused < 0:
			refused = status
		}
	}
	if taken == len(answer.Messages) {
		return provider.Receipt{ID: answer.Messages[0].ID, Parts: taken}, nil
	}
	code := "status " + strconv.Itoa(refused)
	if taken > 0 {
		return provider.Receipt{}, provider.Fail(provider.Unknown, code, fmt.Sprintf("the vendor took %d of %d parts", taken, len(answer.Messages)))
	}
	class := classOf(refused)
	return provider.Receipt{}, provider.Fail(class.kind, code, class.detail)
}

// number reads a number that the API writes as a JSON string, and takes a plain
// JSON number as well.
func number(raw json.RawMessage) (int, bool) {
	if unquoted := len(raw) - 1; unquoted > 0 && raw[0] == '"' && raw[unquoted] == '"' {
		raw = raw[1:unquoted]
	}
	n, err := strconv.Atoi(string(raw))
	return n, err == nil && n >= 0
}
