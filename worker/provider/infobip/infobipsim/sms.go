package infobipsim

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/google/uuid"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// smsBody is the body of POST /sms/3/messages, as far as a text needs it. The pointers tell what is
// absent from what is empty.
type smsBody struct {
	Messages []smsMessage `json:"messages"`
	Options  struct {
		Schedule *struct {
			BulkID *string `json:"bulkId"`
		} `json:"schedule"`
		IncludeCount bool `json:"includeSmsCountInResponse"`
	} `json:"options"`
}

type smsMessage struct {
	Sender       *string       `json:"sender"`
	Destinations []destination `json:"destinations"`
	Content      struct {
		Text *string `json:"text"`
	} `json:"content"`
	Options struct {
		ValidityPeriod *struct {
			Amount   *int    `json:"amount"`
			TimeUnit *string `json:"timeUnit"`
		} `json:"validityPeriod"`
	} `json:"options"`
	Webhooks struct {
		Delivery struct {
			URL          *string `json:"url"`
			Intermediate bool    `json:"intermediateReport"`
			Notify       *bool   `json:"notify"`
		} `json:"delivery"`
		ContentType  *string `json:"contentType"`
		CallbackData *string `json:"callbackData"`
	} `json:"webhooks"`
}

// The vendor's bounds.
const (
	maxParts       = 25
	maxBytes       = 4000
	maxValidity    = 48 * 60 * 60 // seconds
	maxSMSCallback = 4000
)

var (
	sender = regexp.MustCompile(`^([0-9]{3,15}|[A-Za-z0-9 +_&.-]{3,11})$`)
	// mediaTypes are those that reports can have.
	mediaTypes = []string{"", "application/json"}
)

func (s *Server) sms(r *http.Request, body []byte, fault *simulator.Fault) simulator.Answer {
	var b smsBody
	wrong := parse(r, body, &b)
	if wrong == (mistake{}) && len(b.Messages) != 1 {
		wrong = mistake{"messages", "", "there is not one message"}
	}
	if wrong == (mistake{}) {
		wrong = b.Messages[0].check()
	}
	if wrong != (mistake{}) {
		s.Refuse("sms: " + wrong.reason)
		if wrong.status == "" {
			return problem("E400", wrong.property)
		}
		return b.answer("", outcomeOf(wrong.status))
	}
	m := &b.Messages[0]
	to := m.Destinations[0]
	refusal, refused, status := decide(*to.To, false, fault)
	if refused {
		return refusal
	}
	id := text(to.MessageID)
	if id == "" {
		id = uuid.NewString()
	}
	if status.group == 1 {
		s.Take(simulator.Message{
			Reference: id, ID: id, Channel: "sms", To: *to.To, From: *m.Sender, Text: *m.Content.Text, Parts: parts(*m.Content.Text), At: time.Now(),
			Callback: text(m.Webhooks.Delivery.URL),
		})
	}
	return b.answer(id, status)
}

// answer shows what became of the message.
func (b *smsBody) answer(id string, status outcome) simulator.Answer {
	m := &b.Messages[0]
	to := text(m.Destinations[0].To)
	message := map[string]any{"messageId": id, "status": status.show(to), "destination": to}
	if b.Options.IncludeCount {
		message["details"] = map[string]int{"messageCount": parts(text(m.Content.Text))}
	}
	return answer(http.StatusOK, map[string]any{"bulkId": uuid.NewString(), "messages": []any{message}})
}

// check says what is wrong with a message, or nothing.
func (m *smsMessage) check() mistake {
	if wrong := checkDestinations(m.Destinations); wrong != (mistake{}) {
		return wrong
	}
	switch content := m.Content.Text; {
	case text(m.Sender) == "":
		return mistake{"messages[0].sender", "", "sender is missing"}
	case !sender.MatchString(*m.Sender):
		return mistake{"messages[0].sender", "", "sender is neither digits alone nor a name of 3 to 11 characters"}
	case text(content) == "":
		return mistake{"messages[0].content.text", "", "text is missing"}
	case len(*content) > maxBytes || parts(*content) > maxParts:
		return mistake{"", "25", "text is longer than 25 parts or 4,000 bytes"}
	}
	return m.checkOptions()
}

// seconds are how long the units of a validity period are. The vendor's own is the minute.
var seconds = map[string]int{"SECONDS": 1, "": 60, "MINUTES": 60, "HOURS": 60 * 60}

func (m *smsMessage) checkOptions() mistake {
	if v := m.Options.ValidityPeriod; v != nil {
		unit, ok := seconds[text(v.TimeUnit)]
		switch {
		case !ok:
			return mistake{"messages[0].options.validityPeriod.timeUnit", "", "timeUnit is none of SECONDS, MINUTES and HOURS"}
		case v.Amount == nil || !within(v.Amount, 1, maxValidity/unit):
			return mistake{"messages[0].options.validityPeriod.amount", "", "the validity period is missing or not from 1 s to 48 h"}
		}
	}
	w := &m.Webhooks
	switch {
	case w.Delivery.URL != nil && !webAddress(*w.Delivery.URL):
		return mistake{"messages[0].webhooks.delivery.url", "", "the address for reports is none"}
	case w.Delivery.Notify != nil && !*w.Delivery.Notify && w.Delivery.URL != nil:
		return mistake{"messages[0].webhooks.delivery.notify", "", "there is an address for reports and no report is wanted"}
	case !slices.Contains(mediaTypes, text(w.ContentType)):
		return mistake{"messages[0].webhooks.contentType", "", "contentType is not application/json"}
	case len(text(w.CallbackData)) > maxSMSCallback:
		return mistake{"messages[0].webhooks.callbackData", "", "callbackData is longer than 4,000 characters"}
	}
	return mistake{}
}

// The characters of GSM-7 (3GPP TS 23.038). Those of the extended table count twice.
const (
	standard = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	extended = "^{}\\[~]|€"
)

// parts returns how many SMS a text is sent as. No character is split.
func parts(content string) int {
	whole, part, width := 160, 153, septets
	if strings.IndexFunc(content, func(r rune) bool { return !strings.ContainsRune(standard+extended, r) }) >= 0 {
		whole, part, width = 70, 67, utf16.RuneLen
	}
	total, count, room := 0, 1, part
	for _, r := range content {
		w := max(width(r), 1)
		if total += w; w > room {
			count, room = count+1, part
		}
		room -= w
	}
	if total <= whole {
		return 1
	}
	return count
}

func septets(r rune) int {
	if strings.ContainsRune(extended, r) {
		return 2
	}
	return 1
}
