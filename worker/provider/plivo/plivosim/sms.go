package plivosim

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// message is the body of POST /v1/Account/{auth_id}/Message/, as far as an SMS needs it.
type message struct {
	Src           string `json:"src"`
	PowerpackUUID string `json:"powerpack_uuid"`
	Dst           string `json:"dst"`
	Text          string `json:"text"`
	Type          string `json:"type"`
	URL           string `json:"url"`
	Method        string `json:"method"`
	Log           string `json:"log"`
	Trackable     bool   `json:"trackable"`
	MessageExpiry *int   `json:"message_expiry"`
	DLTEntityID   string `json:"dlt_entity_id"`
	DLTTemplateID string `json:"dlt_template_id"`
	DLTCategory   string `json:"dlt_template_category"`
}

// The vendor's bounds.
const (
	minExpiry, maxExpiry = 5, 10_799
	maxGSM, maxUnicode   = 1600, 737
)

var (
	// dst and src are numbers of up to 14 digits.
	number    = regexp.MustCompile(`^[1-9][0-9]{6,13}$`)
	shortCode = regexp.MustCompile(`^[0-9]{3,6}$`)
	name      = regexp.MustCompile(`^[A-Za-z0-9]{1,11}$`)
	letter    = regexp.MustCompile(`[A-Za-z]`)
)

// stripped takes out of a recipient what the vendor takes out.
var stripped = strings.NewReplacer("/", "", "-", "", ".", "", "+", "", "(", "", ")", "", " ", "")

func (s *Server) sms(r *http.Request, body []byte, fault *simulator.Fault) simulator.Answer {
	var m message
	wrong := parse(r, body, &m)
	if wrong == "" {
		wrong = m.check(s.options.Powerpack)
	}
	if wrong != "" {
		s.Refuse("sms: " + wrong)
		return problem(http.StatusBadRequest, wrong+": "+string(body))
	}
	to := stripped.Replace(m.Dst)
	if refusal, refused := refuse(to, fault); refused {
		return refusal
	}
	id, from := uuid.NewString(), m.Src
	if from == "" {
		from = "powerpack " + m.PowerpackUUID
	}
	taken := simulator.Message{
		Reference: id, ID: id, Channel: "sms", To: to, From: from, Text: m.Text, Parts: parts(m.Text), At: time.Now(), Callback: m.URL,
	}
	s.Take(taken)
	return answer(http.StatusAccepted, map[string]any{"api_id": uuid.NewString(), "message": "message(s) queued", "message_uuid": []string{id}})
}

// parse reads the body, or says why it can't.
func parse(r *http.Request, body []byte, into any) string {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return "the content type is not application/json"
	}
	if !utf8.Valid(body) {
		return "the body is not UTF-8"
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return "the body is not JSON, or has a field or a type that the API does not have"
	}
	if err := decoder.Decode(new(json.RawMessage)); !errors.Is(err, io.EOF) {
		return "there is more after the first JSON value"
	}
	return ""
}

// check says what is wrong with a message, or nothing.
func (m *message) check(powerpack string) string {
	switch {
	case strings.Contains(m.Dst, "<"):
		return "dst has several recipients, which the look-alike does not serve"
	case !number.MatchString(stripped.Replace(m.Dst)):
		return "dst is not a number of up to 14 digits"
	case m.Text == "":
		return "text is missing"
	case gsm(m.Text) && utf8.RuneCountInString(m.Text) > maxGSM, !gsm(m.Text) && units(m.Text) > maxUnicode:
		return "text is longer than 1,600 characters of GSM-7 or 737 others"
	case m.Type != "" && m.Type != "sms":
		return "type is not sms"
	case m.URL != "" && !webAddress(m.URL):
		return "url is no address"
	case !slices.Contains([]string{"", "GET", "POST"}, m.Method):
		return "method is neither GET nor POST"
	case !slices.Contains([]string{"", "true", "false", "content_only", "number_only"}, m.Log):
		return "log is none of true, false, content_only and number_only"
	case m.MessageExpiry != nil && (*m.MessageExpiry < minExpiry || *m.MessageExpiry > maxExpiry):
		return "message_expiry is not from 5 to 10,799"
	}
	return m.checkSender(powerpack)
}

func (m *message) checkSender(powerpack string) string {
	switch plain := strings.TrimPrefix(m.Src, "+"); {
	case (m.Src == "") == (m.PowerpackUUID == ""):
		return "there is not one of src and powerpack_uuid"
	case m.Src == "" && powerpack != "" && m.PowerpackUUID != powerpack:
		return "the powerpack is another"
	case m.Src == "", number.MatchString(plain), shortCode.MatchString(m.Src):
		return ""
	case !name.MatchString(m.Src) || !letter.MatchString(m.Src):
		return "src is neither a number, nor a short code, nor a name of up to 11 letters and digits"
	case strings.HasPrefix(stripped.Replace(m.Dst), "1"):
		return "src is a name and dst is in North America"
	}
	return ""
}

func webAddress(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}
