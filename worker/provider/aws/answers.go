package aws

import (
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/pinpointsmsvoicev2/types"
	"github.com/aws/smithy-go"

	"github.com/phonehook/phonehook/worker/provider"
)

// judge returns an error for an answer that is not of 2xx. The exception that the SDK found in it,
// with its reason, says more than the status, which is 400 for nearly all of them; where there is
// none that is in the list, the status decides.
func judge(a *provider.Answer, err error) *provider.Error {
	refusal := provider.StatusError(a)
	exception, ok := errors.AsType[smithy.APIError](err)
	if refusal == nil || !ok {
		return refusal
	}
	code, class, ok := find(exception.ErrorCode(), reasonOf(err))
	if !ok {
		return refusal
	}
	class = class.about(parametersOf(exception))
	refusal.Code, refusal.Kind, refusal.Detail, refusal.RetryAfter = code, class.kind, class.reason, 0
	if class.kind == provider.Throttled || class.kind == provider.Unavailable {
		refusal.RetryAfter = provider.RetryAfter(a.Header, time.Now())
	}
	return refusal
}

// find returns what an exception with a reason means, or one of any reason, and its code in the list.
func find(exception, reason string) (string, class, bool) {
	for _, code := range []string{exception + " " + reason, exception} {
		if found, ok := codes[code]; ok {
			return code, found, true
		}
	}
	return "", class{}, false
}

// reasonOf returns the reason in an exception, or the kind of thing that was not found.
func reasonOf(err error) string {
	if e, ok := errors.AsType[*types.ConflictException](err); ok {
		return string(e.Reason)
	}
	if e, ok := errors.AsType[*types.ValidationException](err); ok {
		return string(e.Reason)
	}
	if e, ok := errors.AsType[*types.ServiceQuotaExceededException](err); ok {
		return string(e.Reason)
	}
	if e, ok := errors.AsType[*types.AccessDeniedException](err); ok {
		return string(e.Reason)
	}
	if e, ok := errors.AsType[*types.ResourceNotFoundException](err); ok {
		return string(e.ResourceType)
	}
	return ""
}

// parametersOf returns the names of the parameters at fault. End User Messaging lists them; SNS has
// them in its words alone, which are read for them and not repeated.
func parametersOf(exception smithy.APIError) string {
	validation, ok := exception.(*types.ValidationException)
	if !ok {
		return exception.ErrorMessage()
	}
	var names strings.Builder
	for _, field := range validation.Fields {
		if field.Name != nil {
			names.WriteString(*field.Name + " ")
		}
	}
	return names.String()
}

// about narrows what a code means by the parameters at fault. The general codes of a value that is
// wrong are about whichever that is: the recipient, the sender, the text or our request.
func (c class) about(parameters string) class {
	if !c.general {
		return c
	}
	for _, p := range []struct {
		name string
		class
	}{
		{"DestinationPhoneNumber", class{kind: provider.Refused, reason: "the recipient's number is not valid"}},
		{"OriginationIdentity", class{kind: provider.Unroutable, reason: "the account can't send from this sender"}},
		{"MessageBody", class{kind: provider.Refused, reason: "the vendor does not take the text"}},
		// Those of SNS.
		{"PhoneNumber", class{kind: provider.Refused, reason: "the recipient's number is not valid"}},
		{"SenderID", class{kind: provider.Unroutable, reason: "the account can't send from this sender"}},
		{"OriginationNumber", class{kind: provider.Unroutable, reason: "the account can't send from this sender"}},
	} {
		if strings.Contains(parameters, p.name) {
			return p.class
		}
	}
	return c
}
