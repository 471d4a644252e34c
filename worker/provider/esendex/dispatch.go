package esendex

import (
	"bytes"
	"context"
	"encoding/xml"
	"net/http"
	"strings"
	"time"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/speech"
)

const (
	// minValidity and maxValidity are the bounds of validity in hours: 0 means the longest
	// that is allowed, so 1 is the least, and the vendor's PHP SDK refuses more than 72.
	minValidity = 1
	maxValidity = 72
	// attempts is how often a call is tried. The schema calls it retries and says that it is
	// the number of times to attempt to call; a second attempt would come at a time that
	// nobody knows, with a code that may be over by then.
	attempts = 1
)

// The names of types and alphabets in the vendor's schema.
const (
	typeSMS   = "SMS"
	typeVoice = "Voice"

	alphabetGSM     = "GSM"
	alphabetUnicode = "Unicode"
)

// voices are the five languages that the vendor speaks, as its schema and its SDKs list them.
var voices = speech.NewVoices("en-GB en-AU fr-FR es-ES de-DE")

// batch is the body of POST /v1.0/messagedispatcher, in the order of the vendor's schema
// (github.com/Codesleuth/esendex-raml, by an engineer of the vendor's), which has no namespace.
type batch struct {
	XMLName          xml.Name `xml:"messages"`
	AccountReference string   `xml:"accountreference"`
	Message          dispatch `xml:"message"`
}

// dispatch is one message.
type dispatch struct {
	From         string `xml:"from,omitempty"`
	To           string `xml:"to"`
	Type         string `xml:"type"`
	Body         string `xml:"body"`
	Language     string `xml:"lang,omitempty"`
	Retries      int    `xml:"retries,omitempty"`
	Validity     int    `xml:"validity,omitempty"`
	CharacterSet string `xml:"characterset,omitempty"`
}

// sms fills in what an SMS has. A message without an end gets no validity, which means the
// vendor's longest.
func (c *Client) sms(d *dispatch, m provider.Message, left time.Duration) *provider.Error {
	from, failure := c.sender(m)
	if failure != nil {
		return failure
	}
	d.Type, d.From, d.Body, d.CharacterSet = typeSMS, from, m.PlainText(), alphabetGSM
	if alphabet, _ := provider.Segments(d.Body); alphabet != provider.GSM7 {
		d.CharacterSet = alphabetUnicode
	}
	if !m.Expires.IsZero() {
		d.Validity = provider.Whole(left, time.Hour, minValidity, maxValidity)
	}
	return nil
}

// sender is whom an SMS comes from: a number without its plus sign, or a name; or nothing, which
// leaves it to the account.
func (c *Client) sender(m provider.Message) (string, *provider.Error) {
	if m.From == "" && c.cfg.From == "" {
		return "", nil
	}
	sender, failure := m.Sender(c.cfg.From)
	return strings.TrimPrefix(sender, "+"), failure
}

// voice fills in what a call has. It has no loop, so that the text says all twice. A call without a
// number to come from leaves it to the account.
func (c *Client) voice(d *dispatch, m provider.Message) {
	if from, failure := m.VoiceSender(c.cfg.Voice.From); failure == nil {
		d.From = strings.TrimPrefix(from, "+")
	}
	d.Type, d.Body = typeVoice, speech.Twice(m.PlainText(), m.Code)
	d.Language, d.Retries = voices.For(m.Language, c.cfg.Voice.Language), attempts
}

// request makes the request for one message.
func (c *Client) request(ctx context.Context, d dispatch) (*http.Request, *provider.Error) {
	body := bytes.NewBufferString(xml.Header)
	if err := xml.NewEncoder(body).Encode(batch{AccountReference: c.cfg.AccountReference, Message: d}); err != nil {
		return nil, unmakeable()
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.dispatcher, bytes.NewReader(body.Bytes()))
	if err != nil {
		return nil, unmakeable()
	}
	request.Header.Set("Content-Type", "application/xml; charset=utf-8")
	request.Header.Set("Accept", "application/xml")
	request.Header.Set("User-Agent", "phonehook")
	request.SetBasicAuth(c.cfg.Username, c.password)
	return request, nil
}

// unmakeable is an error without a cause: net/http's own names the address.
func unmakeable() *provider.Error {
	return provider.Fail(provider.Misconfigured, "", "the request could not be made")
}
