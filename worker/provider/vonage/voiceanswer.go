package vonage

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/phonehook/phonehook/worker/provider"
)

// callAnswer is the answer to a call that was made.
type callAnswer struct {
	UUID   string `json:"uuid"`
	Status string `json:"status"`
}

// callProblem is the answer to a call that was not, as far as it is read: the
// names of the parameters at fault.
type callProblem struct {
	InvalidParameters []struct {
		Name string `json:"name"`
	} `json:"invalid_parameters"`
}

// judgeCall reads the Voice API's answer. Its errors are HTTP statuses
// (developer.vonage.com/en/api-errors; 429 above 3 calls a second or what the
// account has: developer.vonage.com/en/voice/voice-api/guides/troubleshooting).
func judgeCall(a *provider.Answer) (provider.Receipt, error) {
	if refusal := provider.StatusError(a); refusal != nil {
		if a.Status == http.StatusBadRequest && !aboutRecipient(a) {
			refusal.Kind, refusal.Detail = provider.Misconfigured, "a parameter of the call is not valid; check voice.from"
		}
		return provider.Receipt{}, refusal
	}
	var answer callAnswer
	if a.Cut || json.Unmarshal(a.Body, &answer) != nil {
		return provider.Receipt{}, failure(provider.Unknown, "", "the answer can't be understood")
	}
	switch answer.Status {
	// The states of a call that is over before anybody could have heard it.
	case "failed", "rejected", "cancelled", "busy", "timeout", "unanswered":
		return provider.Receipt{}, failure(provider.Unavailable, "status "+answer.Status, "the call ended before it was answered")
	}
	if answer.UUID == "" {
		return provider.Receipt{}, failure(provider.Unknown, "", "the answer has no call in it")
	}
	return provider.Receipt{ID: answer.UUID, Parts: 1}, nil
}

// aboutRecipient says whether a bad request may be due to the recipient's number.
// It is not when the answer names parameters and none of them is the recipient.
func aboutRecipient(a *provider.Answer) bool {
	var problem callProblem
	if json.Unmarshal(a.Body, &problem) != nil || len(problem.InvalidParameters) == 0 {
		return true
	}
	for _, parameter := range problem.InvalidParameters {
		if parameter.Name == "to" || strings.HasPrefix(parameter.Name, "to.") || strings.HasPrefix(parameter.Name, "to[") {
			return true
		}
	}
	return false
}
