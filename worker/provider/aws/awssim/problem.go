package awssim

import (
	"encoding/json"
	"encoding/xml"
	"net/http"

	"github.com/google/uuid"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// resourceTypes are what is said not to be there, and ConflictException says of what it is.
var resourceTypes = map[string]bool{"phone-number": true, "sender-id": true, "pool": true, "configuration-set": true, "protect-configuration": true}

// statuses are the HTTP statuses of the exceptions that are not answered with 400.
var statuses = map[string]int{
	"InternalServerException": 500, "InternalFailure": 500, "InternalError": 500, "ServiceUnavailable": 503, "AuthorizationError": 403,
	"InvalidClientTokenId": 403, "SignatureDoesNotMatch": 403, "MissingAuthenticationToken": 403, "InvalidSecurity": 403,
}

func statusOf(exception string) int {
	if status, ok := statuses[exception]; ok {
		return status
	}
	return http.StatusBadRequest
}

// problemJSON answers as End User Messaging does. The words quote what the request had in it, as the
// vendor's do.
func problemJSON(code, quoted string) simulator.Answer {
	exception, reason, parameter := named(code)
	problem := map[string]any{"__type": exception, "Message": "The request was refused for " + quoted}
	switch {
	case resourceTypes[reason]:
		problem["ResourceType"], problem["ResourceId"] = reason, quoted
	case reason != "":
		problem["Reason"] = reason
	}
	if parameter != "" {
		problem["Fields"] = []any{map[string]string{"Name": parameter, "Message": "It is wrong: " + quoted}}
	}
	return answerJSON(statusOf(exception), problem)
}

func answerJSON(status int, value any) simulator.Answer {
	body, _ := json.Marshal(value) // nothing in it fails
	return simulator.Answer{Status: status, Type: jsonMedia, Body: body}
}

// problemXML answers as SNS does, which names the parameter at fault in its words.
func problemXML(code, quoted string) simulator.Answer {
	exception, _, parameter := named(code)
	type problem struct {
		Type    string
		Code    string
		Message string
	}
	return answerXML(statusOf(exception), struct {
		XMLName   xml.Name `xml:"http://sns.amazonaws.com/doc/2010-03-31/ ErrorResponse"`
		Error     problem
		RequestID string `xml:"RequestId"`
	}{
		Error:     problem{"Sender", exception, "Invalid parameter: " + parameter + " Reason: " + quoted + " is not valid to publish to"},
		RequestID: uuid.NewString(),
	})
}

func answerXML(status int, value any) simulator.Answer {
	body, _ := xml.Marshal(value) // nothing in it fails
	return simulator.Answer{Status: status, Type: "text/xml", Body: body}
}
