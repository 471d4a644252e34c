package infobip

import (
	"strconv"
	"strings"

	"github.com/phonehook/phonehook/worker/provider"
)

// taken is what is read of one message in an answer of 2xx. The two APIs have the same form, but
// that only SMS has parts.
type taken struct {
	ID      string `json:"messageId"`
	Status  status `json:"status"`
	Details struct {
		Parts int `json:"messageCount"`
	} `json:"details"`
}

// status is what became of a message so far, without its description, which is free text. The
// pointers tell what is absent from group 0 and id 0.
type status struct {
	Group *int `json:"groupId"`
	ID    *int `json:"id"`
}

// The groups of statuses.
const (
	accepted      = 0
	pending       = 1
	undeliverable = 2
	delivered     = 3
	expired       = 4
	rejected      = 5
)

// read returns the one message of an answer of 2xx, if the vendor took it. The vendor answers with
// 200 whether it did or not.
func read(a *provider.Answer) (taken, error) {
	var answer struct {
		Messages []taken `json:"messages"`
	}
	if !a.Decode(&answer) || len(answer.Messages) != 1 {
		return taken{}, provider.Unreadable()
	}
	message := answer.Messages[0]
	if message.Status.Group == nil {
		return taken{}, provider.Unreadable()
	}
	switch *message.Status.Group {
	case accepted, pending, delivered:
		if message.ID == "" {
			return taken{}, provider.Unreadable()
		}
		return message, nil
	case undeliverable, expired, rejected:
		class := message.Status.class()
		return taken{}, provider.Fail(class.kind, message.Status.code(), class.reason)
	}
	return taken{}, provider.Fail(provider.Unknown, message.Status.code(), "the status is of a group that is in no list")
}

// class returns what a status means that says that a message was not taken, or failed.
func (s *status) class() class {
	if s.ID != nil {
		if found := statuses[*s.ID]; found.kind != 0 {
			return found
		}
	}
	switch *s.Group {
	case undeliverable:
		return class{kind: provider.Unavailable, reason: "it could not be delivered"}
	case expired:
		return class{kind: provider.Unavailable, reason: "its validity ended first"}
	}
	return class{kind: provider.Unroutable, reason: "the vendor rejected it"}
}

// code returns a status's code, or nothing where it has none.
func (s *status) code() string { return numbered("status ", s.ID) }

// maxCode bounds the numbers of statuses and errors, of which the highest has five digits, so that no
// telephone number is taken for one.
const maxCode = 99_999

func numbered(what string, id *int) string {
	if id == nil || *id < 0 || *id > maxCode {
		return ""
	}
	return what + strconv.Itoa(*id)
}

// refusal is the body of an answer that is not of 2xx: that of the API for SMS, or the older one
// that voice messages still have.
type refusal struct {
	Code       string `json:"errorCode"`
	Violations []struct {
		Property string `json:"property"`
	} `json:"violations"`
	RequestError struct {
		ServiceException struct {
			ID         string              `json:"messageId"`
			Properties map[string][]string `json:"validationErrors"`
		} `json:"serviceException"`
	} `json:"requestError"`
}

// judge returns an error for an answer that is not of 2xx. The vendor's code says more than the
// status; where there is no code that is in the list, the status decides.
func judge(a *provider.Answer) *provider.Error {
	failure := provider.StatusError(a)
	if failure == nil {
		return nil
	}
	var body refusal
	if !a.Decode(&body) {
		return failure
	}
	code := orElse(body.Code, body.RequestError.ServiceException.ID)
	class, ok := refusals[code]
	if !ok {
		return failure
	}
	failure.Code, failure.Kind, failure.Detail = code, class.kind, class.reason
	if class.general {
		failure.Kind, failure.Detail = body.narrow(failure.Kind, failure.Detail)
	}
	return failure
}

// narrow says what a request is refused for by the parameters that the vendor names. The form of
// their names is not confirmed at the vendor, so that only their ends count.
func (r *refusal) narrow(kind provider.Kind, reason string) (provider.Kind, string) {
	properties := make([]string, 0, len(r.Violations))
	for _, violation := range r.Violations {
		properties = append(properties, violation.Property)
	}
	for property := range r.RequestError.ServiceException.Properties {
		properties = append(properties, property)
	}
	// Where there is more than one, the vendor gives them in no order, and the request's own
	// fault is the one that counts.
	if len(properties) != 1 {
		return kind, reason
	}
	name := strings.ToLower(properties[0])
	switch name[strings.LastIndexByte(name, '.')+1:] {
	case "to":
		return provider.Refused, "the recipient's number is not valid"
	case "sender", "from":
		return provider.Unroutable, "the account can't send from this sender"
	}
	return kind, reason
}
