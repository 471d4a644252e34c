package infobipsim

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// problems are the codes of refusals, their names in the older form, and their HTTP statuses.
var problems = []struct {
	code, older string
	status      int
}{
	{"E400", "BAD_REQUEST", http.StatusBadRequest},
	{"E401", "UNAUTHORIZED", http.StatusUnauthorized},
	{"E403", "FORBIDDEN", http.StatusForbidden},
	{"E404", "NOT_FOUND", http.StatusNotFound},
	{"E405", "", http.StatusMethodNotAllowed},
	{"E429", "TOO_MANY_REQUESTS", http.StatusTooManyRequests},
	{"E500", "GENERAL_ERROR", http.StatusInternalServerError},
}

// inForm returns a code in the form of one of the APIs.
func inForm(code string, older bool) string {
	for _, p := range problems {
		if older && p.code == code {
			return p.older
		}
	}
	return code
}

// problem answers with a code, in the form that the code is of. The texts quote what the request had
// in it, as the vendor's can.
func problem(code, property string) simulator.Answer {
	status, older := http.StatusBadRequest, false
	for _, p := range problems {
		if p.code == code || p.older == code {
			status, older = p.status, p.older == code
		}
	}
	if older {
		exception := map[string]any{"messageId": code, "text": "Refused for what the request has at " + property}
		if property != "" {
			exception["validationErrors"] = map[string]any{property: []string{"is refused"}}
		}
		return answer(status, map[string]any{"requestError": map[string]any{"serviceException": exception}})
	}
	violations := []any{}
	if property != "" {
		violations = append(violations, map[string]string{"property": property, "violation": "is refused"})
	}
	return answer(status, map[string]any{
		"errorCode": code, "description": "Refused for what the request has at " + property, "action": "Check the request.",
		"violations": violations, "resources": []any{},
	})
}

// outcome is a status of a message, with its group.
type outcome struct {
	group     int
	groupName string
	id        int
	name      string
}

// The vendor's groups.
var groups = []string{"ACCEPTED", "PENDING", "UNDELIVERABLE", "DELIVERED", "EXPIRED", "REJECTED"}

// names are the statuses that the look-alike gives, as infobip.com/docs/essentials/response-status-and-error-codes
// has them.
var names = map[int]struct {
	group int
	name  string
}{
	3: {1, "PENDING_WAITING_DELIVERY"}, 7: {1, "PENDING_ENROUTE"}, 26: {1, "PENDING_ACCEPTED"},
	4: {2, "UNDELIVERABLE_REJECTED_OPERATOR"}, 9: {2, "UNDELIVERABLE_NOT_DELIVERED"}, 31: {2, "UNDELIVERABLE_NOT_SENT"},
	96: {2, "NO_ANSWER"}, 97: {2, "BUSY"}, 98: {2, "CANCELLED"},
	2: {3, "DELIVERED_TO_OPERATOR"}, 5: {3, "DELIVERED_TO_HANDSET"},
	15: {4, "EXPIRED_EXPIRED"}, 29: {4, "EXPIRED_DLR_UNKNOWN"},
	6: {5, "REJECTED_NETWORK"}, 8: {5, "REJECTED_PREFIX_MISSING"}, 10: {5, "REJECTED_DND"}, 11: {5, "REJECTED_SOURCE"},
	12: {5, "REJECTED_NOT_ENOUGH_CREDITS"}, 19: {5, "REJECTED_ROUTE_NOT_AVAILABLE"}, 20: {5, "REJECTED_FLOODING_FILTER"},
	21: {5, "REJECTED_SYSTEM_ERROR"}, 23: {5, "REJECTED_DUPLICATE_MESSAGE_ID"}, 25: {5, "REJECTED_MESSAGE_TOO_LONG"},
	51: {5, "MISSING_TO"}, 52: {5, "REJECTED_DESTINATION"}, 54: {5, "REJECTED_UNSUPPORTED_LANGUAGE"}, 55: {5, "REJECTED_MESSAGE_IS_EMPTY"},
	56: {5, "REJECTED_INVALID_NOTIFY_URL"}, 57: {5, "REJECTED_INVALID_NOTIFY_CONTENT_TYPE"}, 60: {5, "REJECTED_INVALID_RING_TIMEOUT"},
	61: {5, "REJECTED_INVALID_CALL_TIMEOUT"}, 91: {5, "REJECTED_INVALID_SSML"},
}

// outcomeOf reads the code of a fault: an id, or a group and an id.
func outcomeOf(code string) outcome {
	group, id, given := strings.Cut(code, "/")
	if !given {
		group, id = "", group
	}
	number, _ := strconv.Atoi(id) // what is no number is status 0, which is none
	known, ok := names[number]
	if !ok {
		known.group, known.name = 5, "REJECTED"
	}
	if at, err := strconv.Atoi(group); err == nil {
		known.group = at
	}
	o := outcome{group: known.group, id: number, name: known.name, groupName: "OTHER"}
	if 0 <= o.group && o.group < len(groups) {
		o.groupName = groups[o.group]
	}
	return o
}

// show returns a status as the vendor shows it. The description quotes the recipient, as the vendor's
// can.
func (o outcome) show(to string) map[string]any {
	return map[string]any{
		"groupId": o.group, "groupName": o.groupName, "id": o.id, "name": o.name, "description": "Message to " + to + ": " + o.name,
	}
}

// magic are the statuses that recipients with a meaning are answered with; Infobip has none that says
// that a number is not a mobile one. TooMany is refused as a whole.
var magic = map[simulator.Magic]string{
	simulator.InvalidNumber: "52", simulator.NoRoute: "19", simulator.CountryBarred: "6", simulator.OptedOut: "10", simulator.NoCredit: "12",
}

// decide says how a message is answered that has the right form: with a refusal, or with a status of
// which group 1 says that it is taken.
func decide(to string, older bool, fault *simulator.Fault) (refusal simulator.Answer, refused bool, status outcome) {
	meaning := simulator.MagicOf(to)
	code, special := magic[meaning]
	switch {
	case meaning == simulator.TooMany:
		return problem(inForm("E429", older), ""), true, outcome{}
	case special:
		return simulator.Answer{}, false, outcomeOf(code)
	case fault == nil:
	case fault.Kind == Throttle:
		return problem(inForm("E429", older), ""), true, outcome{}
	case fault.Kind == Refuse:
		code, property, _ := strings.Cut(fault.Code, ":")
		return problem(code, property), true, outcome{}
	case fault.Kind == Inside && fault.Code == "":
		return simulator.Answer{}, false, outcomeOf("6")
	case fault.Kind == Inside:
		return simulator.Answer{}, false, outcomeOf(fault.Code)
	}
	return simulator.Answer{}, false, outcomeOf("26")
}
