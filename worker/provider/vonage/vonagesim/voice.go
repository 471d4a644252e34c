package vonagesim

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// call is the body of POST /v1/calls, as far as a call to one phone with an NCCO of
// its own needs it. The pointers tell what is absent from what is zero.
type call struct {
	To               []phone  `json:"to"`
	From             *phone   `json:"from"`
	NCCO             []talk   `json:"ncco"`
	EventURL         []string `json:"event_url"`
	EventMethod      string   `json:"event_method"`
	RingingTimer     *int     `json:"ringing_timer"`
	LengthTimer      *int     `json:"length_timer"`
	MachineDetection string   `json:"machine_detection"`
}

type phone struct {
	Type   string `json:"type"`
	Number string `json:"number"`
}

type talk struct {
	Action   string   `json:"action"`
	Text     string   `json:"text"`
	Language string   `json:"language"`
	Style    *int     `json:"style"`
	Premium  bool     `json:"premium"`
	BargeIn  bool     `json:"bargeIn"`
	Loop     *int     `json:"loop"`
	Level    *float64 `json:"level"`
}

func (s *Server) voice(r *http.Request, body []byte, fault *simulator.Fault) simulator.Answer {
	if reason := s.checkToken(r.Header.Get("Authorization"), time.Now()); reason != "" {
		s.Refuse("voice: " + reason)
		return unauthorized()
	}
	c, parameter, reason := parseCall(r, body)
	if reason == "" {
		parameter, reason = c.check()
	}
	if reason != "" {
		s.Refuse("voice: " + parameter + " " + reason)
		return badRequest(parameter, reason)
	}
	if answer, refused := magicCall(c.To[0].Number); refused {
		return answer
	}
	id, state := uuid.NewString(), "started"
	if fault != nil {
		if answer, refused := refuseCall(fault); refused {
			return answer
		}
		if fault.Kind == Refuse {
			return created(id, fault.Code)
		}
		if fault.Kind == NoParts {
			return simulator.Answer{Status: http.StatusCreated, Body: []byte("{}")}
		}
	}
	s.Take(simulator.Message{
		Reference: id, ID: id, Channel: "voice", To: "+" + c.To[0].Number, From: c.From.Number,
		Text: c.NCCO[0].Text, Language: c.NCCO[0].Language, Parts: 1, At: time.Now(),
		Callback: strings.Join(c.EventURL, ""),
	})
	return created(id, state)
}

// parseCall reads the body, and names the parameter at fault with a reason.
func parseCall(r *http.Request, body []byte) (c call, parameter, reason string) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return c, "body", "has a content type that is not application/json"
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&c); err != nil {
		return c, "body", "is not JSON, or has a field that the API does not have"
	}
	if err := decoder.Decode(new(json.RawMessage)); !errors.Is(err, io.EOF) {
		return c, "body", "has more after the first JSON value"
	}
	return c, "", ""
}

// magicCall answers recipients with a meaning; Vonage has none for the others.
func magicCall(to string) (answer simulator.Answer, refused bool) {
	switch simulator.MagicOf(to) {
	case simulator.InvalidNumber:
		return badRequest("to", "is not a number in use"), true
	case simulator.TooMany:
		return refuseCall(&simulator.Fault{Kind: Throttle})
	case simulator.NoCredit:
		return refuseCall(&simulator.Fault{Kind: Refuse, Code: "402"})
	default:
		return simulator.Answer{}, false
	}
}

// refuseCall acts on the faults that answer with an HTTP status.
func refuseCall(fault *simulator.Fault) (answer simulator.Answer, refused bool) {
	if fault.Kind == Throttle {
		return simulator.Answer{Status: http.StatusTooManyRequests, Body: []byte(`{"type":"TOO_MANY_REQUESTS","error_title":"Too Many Requests"}`)}, true
	}
	code, parameter, named := strings.Cut(fault.Code, ":")
	status, err := strconv.Atoi(code)
	switch {
	case fault.Kind != Refuse || err != nil || status < 200 || status > 599:
		return simulator.Answer{}, false
	case status == http.StatusUnauthorized:
		return unauthorized(), true
	case named:
		return badRequest(parameter, "is refused"), true
	}
	body, _ := json.Marshal(map[string]string{"type": "ERROR", "error_title": http.StatusText(status)})
	return simulator.Answer{Status: status, Body: body}, true
}

func created(id, state string) simulator.Answer {
	body, _ := json.Marshal(map[string]string{
		"uuid": id, "status": state, "direction": "outbound", "conversation_uuid": "CON-" + uuid.NewString(),
	})
	return simulator.Answer{Status: http.StatusCreated, Body: body}
}

func unauthorized() simulator.Answer {
	return simulator.Answer{Status: http.StatusUnauthorized, Body: []byte(`{"type":"UNAUTHORIZED","error_title":"Unauthorized"}`)}
}

func badRequest(parameter, reason string) simulator.Answer {
	body, _ := json.Marshal(map[string]any{
		"type":               "https://developer.nexmo.com/api-errors",
		"title":              "Bad Request",
		"detail":             "The request failed due to validation errors",
		"instance":           uuid.NewString(),
		"invalid_parameters": []map[string]string{{"name": parameter, "reason": reason}},
	})
	return simulator.Answer{Status: http.StatusBadRequest, Type: "application/problem+json", Body: body}
}
