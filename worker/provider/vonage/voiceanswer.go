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
		if a.Status == http.StatusBadRequest {
			judgeParameters(a, refusal)
		}
		return provider.Receipt{}, refusal
	}
	var answer callAnswer
	if !a.Decode(&answer) {
		return provider.Receipt{}, provider.Unreadable()
	}
	switch answer.Status {
	// The states of a call that is over before anybody could have heard it.
	case "failed", "rejected", "cancelled", "busy", "timeout", "unanswered":
		return provider.Receipt{}, provider.Fail(provider.Unavailable, "status "+answer.Status, "the call ended before it was answered")
	}
	if answer.UUID == "" {
		return provider.Receipt{}, provider.Fail(provider.Unknown, "", "the answer has no call in it")
	}
	return provider.Receipt{ID: answer.UUID, Parts: 1}, nil
}

// judgeParameters judges a bad request by the parameters that the answer names. Where it
// names none, or the recipient among them, the recipient's number may be the reason.
// Where it names the sender, the account can't call from that number, which another
// vendor's may.
func judgeParameters(a *provider.Answer, refusal *provider.Error) {
	var problem callProblem
	if json.Unmarshal(a.Body, &problem) != nil || len(problem.InvalidParameters) == 0 {
		return
	}
	sender := false
	for _, parameter := range problem.InvalidParameters {
		if names(parameter.Name, "to") {
			return
		}
		sender = sender || names(parameter.Name, "from")
	}
	refusal.Kind, refusal.Detail = provider.Misconfigured, "a parameter of the call is not valid"
	if sender {
		refusal.Kind, refusal.Detail = provider.Unroutable, "the account can't call from this sender; check it, and voice.from"
	}
}

// names says whether path is the parameter or a part of it.
func names(path, parameter string) bool {
	rest, ok := strings.CutPrefix(path, parameter)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}
