package messagebird

import (
	"encoding/json"
	"strconv"

	"github.com/phonehook/phonehook/worker/provider"
)

// apiError is one of the errors in an answer, without its description, which can quote the message.
type apiError struct {
	Code json.Number `json:"code"`
	// Parameter is the parameter at fault, such as recipients, or null.
	Parameter string `json:"parameter"`
}

// judge returns an error for an answer that is not of 2xx. The vendor's code says more than the
// status; where there is no code that is in the list, the status decides.
func judge(a *provider.Answer) *provider.Error {
	refusal := provider.StatusError(a)
	if refusal == nil {
		return nil
	}
	var answer struct {
		Errors []apiError `json:"errors"`
	}
	if !a.Decode(&answer) {
		return refusal
	}
	for _, e := range answer.Errors {
		if class, ok := errorCodes[e.Code.String()]; ok {
			class = class.of(e.Parameter)
			refusal.Code, refusal.Kind, refusal.Detail = "error "+e.Code.String(), class.kind, class.reason
			break
		}
	}
	return refusal
}

// taken is what is read of an answer of 2xx, which is alike for both APIs. There is a status for
// each recipient.
type taken struct {
	ID         string `json:"id"`
	Recipients struct {
		Items []struct {
			Status string `json:"status"`
			// ErrorCode says why a message could not be sent; null or absent in most.
			ErrorCode *int `json:"statusErrorCode"`
			Parts     int  `json:"messagePartCount"`
		} `json:"items"`
	} `json:"recipients"`
}

// judgeTaken reads an answer of 2xx. The statuses of a recipient are those of receipts.go.
func judgeTaken(a *provider.Answer) (provider.Receipt, error) {
	var answer taken
	if !a.Decode(&answer) || answer.ID == "" {
		return provider.Receipt{}, provider.Unreadable()
	}
	receipt := provider.Receipt{ID: answer.ID}
	if len(answer.Recipients.Items) != 1 {
		return receipt, nil
	}
	item := &answer.Recipients.Items[0]
	if status := statuses[item.Status]; status == provider.Undelivered || status == provider.Expired {
		return provider.Receipt{}, judgeFailed(item.ErrorCode)
	}
	receipt.Parts = max(item.Parts, 0)
	return receipt, nil
}

// judgeFailed is the error for a message that the vendor took and says at once it could not send.
func judgeFailed(code *int) *provider.Error {
	failure := provider.Fail(provider.Unavailable, "", "the vendor took the message and could not send it")
	if code == nil {
		return failure
	}
	if class, ok := networkCodes[strconv.Itoa(*code)]; ok {
		failure = provider.Fail(class.kind, "status error "+strconv.Itoa(*code), class.reason)
	}
	return failure
}
