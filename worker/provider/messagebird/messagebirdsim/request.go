package messagebirdsim

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// mistake is why a request is refused: the vendor's code, the parameter at fault, and the reason
// that the look-alike counts. A zero mistake is none.
type mistake struct{ code, parameter, reason string }

// common is what both APIs take. The pointers tell what is absent from what is empty.
type common struct {
	Originator *string  `json:"originator"`
	Recipients []string `json:"recipients"`
	Body       *string  `json:"body"`
	Reference  *string  `json:"reference"`
	ReportURL  *string  `json:"reportUrl"`
	Scheduled  *string  `json:"scheduledDatetime"`
}

var number = regexp.MustCompile(`^[1-9][0-9]{6,14}$`)

// parse reads the body, or says why it can't.
func parse(r *http.Request, body []byte, into any) mistake {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return mistake{"21", "", "the content type is not application/json"}
	}
	if !utf8.Valid(body) {
		return mistake{"21", "", "the body is not UTF-8"}
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return mistake{"21", "", "the body is not JSON, or has a field or a type that the API does not have"}
	}
	if err := decoder.Decode(new(json.RawMessage)); !errors.Is(err, io.EOF) {
		return mistake{"21", "", "there is more after the first JSON value"}
	}
	return mistake{}
}

// check says what is wrong with what both APIs take, or nothing.
func (c *common) check() mistake {
	switch {
	case len(c.Recipients) == 0:
		return mistake{"9", "recipients", "recipients is missing"}
	case len(c.Recipients) != 1:
		return mistake{"10", "recipients", "there are several recipients"}
	case !number.MatchString(c.Recipients[0]):
		return mistake{"9", "recipients", "the recipient is not a number without a plus sign"}
	case text(c.Originator) == "":
		return mistake{"9", "originator", "originator is missing"}
	case strings.TrimSpace(text(c.Body)) == "":
		return mistake{"9", "body", "body is missing"}
	case c.Scheduled != nil:
		return mistake{"10", "scheduledDatetime", "the message is to be sent later"}
	case c.Reference != nil && *c.Reference == "":
		return mistake{"10", "reference", "reference is empty"}
	case c.ReportURL != nil && !webAddress(*c.ReportURL):
		return mistake{"10", "reportUrl", "reportUrl is no address"}
	case c.ReportURL != nil && c.Reference == nil:
		return mistake{"10", "reference", "there is a reportUrl and no reference, so that nothing would be reported"}
	}
	return mistake{}
}

// object is what both APIs show of a message.
func (c *common) object(id, path string, recipient map[string]any) map[string]any {
	recipient["recipient"] = json.Number(c.Recipients[0])
	recipient["statusDatetime"] = now()
	failed := 0
	if recipient["status"] == "delivery_failed" || recipient["status"] == "failed" {
		failed = 1
	}
	return map[string]any{
		"id": id, "href": "https://rest.messagebird.com" + path + "/" + id, "originator": *c.Originator, "body": *c.Body, "reference": c.Reference,
		"scheduledDatetime": nil, "createdDatetime": now(),
		"recipients": map[string]any{
			"totalCount": 1, "totalSentCount": 1 - failed, "totalDeliveredCount": 0, "totalDeliveryFailedCount": failed, "items": []any{recipient},
		},
	}
}

// timeForm is how the vendor writes times.
const timeForm = "2006-01-02T15:04:05-07:00"

func now() string { return time.Now().UTC().Format(timeForm) }

// text returns a string that may be absent.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func webAddress(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && strings.HasPrefix(u.Scheme, "http")
}
