package messaging

import "net/http"

// Code is what became of a message, or why nothing did. It is an error, so that
// errors.Is(err, messaging.CodeUnavailable) finds it through any wrapping.
//
// The list is append-only and a code is written as its label on the wire and in
// metrics, so the labels never change either.
type Code uint8

// The codes. Each has exactly one row in the table below.
const (
	// CodeSent: a provider took the message.
	CodeSent Code = iota + 1
	// CodePending: the message is in the durable queue.
	CodePending
	// CodeInvalidRequest: the request can't be understood; Field says where.
	CodeInvalidRequest
	// CodeInvalidNumber: the recipient is no number that a message can reach.
	CodeInvalidNumber
	// CodeBlocked: a policy of the tenant forbids the message.
	CodeBlocked
	// CodeRateLimited: a limit of the tenant is used up for now.
	CodeRateLimited
	// CodeRejected: a provider refused the message for good.
	CodeRejected
	// CodeExpired: the deadline or the message's life ended first, and it was
	// certainly not sent.
	CodeExpired
	// CodeUnavailable: nobody could take the message, and it was certainly not
	// sent.
	CodeUnavailable
	// CodeUnknown: a provider may have taken the message; nobody can tell.
	CodeUnknown
	// CodeMisconfigured: phonehook's own configuration prevents delivery.
	CodeMisconfigured
	// CodeInternal: a fault of phonehook.
	CodeInternal
	// CodeUnauthorized: the credential is missing or wrong.
	CodeUnauthorized
	// CodeTooLarge: the request body is over the limit.
	CodeTooLarge
	// CodeNotFound: there is nothing at this address.
	CodeNotFound
	// CodeMethodNotAllowed: the address takes other methods.
	CodeMethodNotAllowed
	// CodeKeyReused: the idempotency key stands for another request already.
	CodeKeyReused
	// CodeCancelled: the message was cancelled while it waited in the durable
	// queue, and was certainly not sent.
	CodeCancelled
	// CodeConflict: what was asked of the message is no longer possible.
	CodeConflict
)

type codeRow struct {
	label     string
	status    int
	retryable bool
	title     string
}

// codes is the one table of outcomes. The statuses are chosen for callers that
// only look at them: 4xx means "drop it", 429 and 5xx mean "try again".
var codes = [...]codeRow{
	CodeSent:             {"sent", http.StatusOK, false, "A provider took the message"},
	CodePending:          {"pending", http.StatusAccepted, false, "The message is queued"},
	CodeInvalidRequest:   {"invalid_request", http.StatusBadRequest, false, "The request is not valid"},
	CodeInvalidNumber:    {"invalid_number", http.StatusUnprocessableEntity, false, "The recipient is not a number that can be reached"},
	CodeBlocked:          {"blocked", http.StatusForbidden, false, "A policy forbids the message"},
	CodeRateLimited:      {"rate_limited", http.StatusTooManyRequests, true, "Too many messages"},
	CodeRejected:         {"rejected", http.StatusUnprocessableEntity, false, "The provider refused the message"},
	CodeExpired:          {"expired", http.StatusGatewayTimeout, true, "Time ran out before the message was sent"},
	CodeUnavailable:      {"unavailable", http.StatusServiceUnavailable, true, "The message could not be sent now"},
	CodeUnknown:          {"unknown", http.StatusGatewayTimeout, false, "It is not known whether the message was sent"},
	CodeMisconfigured:    {"misconfigured", http.StatusInternalServerError, false, "The service is not configured to send this message"},
	CodeInternal:         {"internal", http.StatusInternalServerError, false, "The service failed"},
	CodeUnauthorized:     {"unauthorized", http.StatusUnauthorized, false, "The credential is missing or wrong"},
	CodeTooLarge:         {"too_large", http.StatusRequestEntityTooLarge, false, "The request is too large"},
	CodeNotFound:         {"not_found", http.StatusNotFound, false, "There is nothing here"},
	CodeMethodNotAllowed: {"method_not_allowed", http.StatusMethodNotAllowed, false, "The method is not allowed here"},
	CodeKeyReused:        {"key_reused", http.StatusUnprocessableEntity, false, "The idempotency key was used for another request"},
	CodeCancelled:        {"cancelled", http.StatusConflict, false, "The message was cancelled"},
	CodeConflict:         {"conflict", http.StatusConflict, false, "The message is past that"},
}

func (c Code) row() codeRow {
	if int(c) < len(codes) && codes[c].label != "" {
		return codes[c]
	}
	return codes[CodeInternal]
}

// Codes returns every code, in the order in which they were added.
func Codes() []Code {
	all := make([]Code, 0, len(codes))
	for c := CodeSent; int(c) < len(codes); c++ {
		all = append(all, c)
	}
	return all
}

// String returns the code's label: its name on the wire, in problem documents
// and in metrics.
func (c Code) String() string { return c.row().label }

// Error returns the label, so that a Code is an error of its own.
func (c Code) Error() string { return c.row().label }

// Status is the HTTP status with which a door that speaks plain HTTP answers.
func (c Code) Status() int { return c.row().status }

// Retryable says whether the same request, sent again later, can succeed without
// the risk that the message arrives twice.
func (c Code) Retryable() bool { return c.row().retryable }

// Title is a sentence for people, the same for every occurrence.
func (c Code) Title() string { return c.row().title }

// MarshalText returns the label.
func (c Code) MarshalText() ([]byte, error) { return []byte(c.row().label), nil }

// UnmarshalText reads a label. A label from a newer version of the other side is
// read as CodeUnknown: the only safe reading of an outcome that isn't understood.
func (c *Code) UnmarshalText(text []byte) error {
	for _, known := range Codes() {
		if codes[known].label == string(text) {
			*c = known
			return nil
		}
	}
	*c = CodeUnknown
	return nil
}
