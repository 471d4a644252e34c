package infobip

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/speech"
)

const (
	// minRinging lets a phone ring long enough to be taken, even where its message has less left;
	// the vendor states no least time. maxRinging is what the vendor has where nothing is said,
	// and advises not to exceed.
	minRinging = 5
	maxRinging = 45
	// maxSpoken is the vendor's bound of a text to speak.
	maxSpoken = 1400
)

// callRequest is the body of POST /tts/3/advanced, from the vendor's SDK for Go, version 3.2.0.
type callRequest struct {
	Messages []callMessage `json:"messages"`
}

// callMessage has no switch to say a text more than once without a key being pressed, so that the
// text itself is said twice. Without retry the phone rings once.
//
// The vendor documents SSML, but of each voice it says whether that understands it, and those of many
// languages don't (GET /tts/3/voices/{language}, ssmlSupported). Its plain text is documented too:
// "each comma creates a pause of 0.5 seconds", with every voice.
type callMessage struct {
	From         string        `json:"from"`
	Destinations []destination `json:"destinations"`
	Text         string        `json:"text"`
	Language     string        `json:"language"`
	// Validity is in minutes, at least one, so that a call can begin a little later than its
	// message lives, if that has less left.
	Validity    int    `json:"validityPeriod"`
	RingTimeout int    `json:"ringTimeout"`
	NotifyURL   string `json:"notifyUrl,omitempty"`
	NotifyType  string `json:"notifyContentType,omitempty"`
	// NotifyVersion chooses the reports that receipts.go reads; the first version is another.
	NotifyVersion int `json:"notifyContentVersion,omitempty"`
}

// spokenLanguages are those that the vendor's SDK for Go lists for its voice APIs, without Esperanto,
// Galician and Welsh English, whose codes are of no standard; its wls stands for Welsh, as the name of
// that other voice shows. That the API for voice messages has all of them is not confirmed at the
// vendor. The order matters within a language: the first is who speaks it when the region is not
// listed.
const spokenLanguages = `en en-GB=en-gb en-AU=en-au en-CA=en-ca en-IN=en-in en-IE=en-ie ar ar-MA=ar-ma bn bg ca zh-CN=zh-cn zh-TW=zh-tw
	hr cs da nl fil-PH=fil-ph fi fr fr-CA=fr-ca fr-CH=fr-ch de de-AT=de-at de-CH=de-ch el gu he hi hu is id it ja kn kk-KZ=kk-kz ko ms ml
	nb=no pl pt-PT=pt-pt pt-BR=pt-br ro ru sk sl es es-AR=es-ar es-MX=es-mx sv ta te th tr uk uz-UZ=uz-uz vi cy=wls ur-PK=ur-pk mr-IN=mr-in
	sw-KE=sw-ke sw-TZ=sw-tz`

// voices speak them.
var voices = speech.NewVoices(spokenLanguages)

func (c *Client) call(ctx context.Context, m provider.Message, to string, left time.Duration) (provider.Receipt, error) {
	from, failure := m.VoiceSender(c.cfg.Voice.From)
	if failure != nil {
		return provider.Receipt{}, failure
	}
	text := speech.Twice(m.Text, m.Code)
	switch {
	case strings.TrimSpace(text) == "":
		return provider.Receipt{}, provider.Fail(provider.Refused, "", "there is no text")
	case utf8.RuneCountInString(text) > maxSpoken:
		return provider.Receipt{}, provider.Fail(provider.Refused, "", "the text is too long to be spoken twice, which takes at most 1,400 characters")
	}
	message := callMessage{
		From: bare(from), Destinations: []destination{{To: to, MessageID: m.Reference}},
		Text: text, Language: voices.For(m.Language, c.cfg.Voice.Language),
		Validity:    provider.Whole(left, time.Minute, 1, int(maxValidity/time.Minute)),
		RingTimeout: provider.Whole(left, time.Second, minRinging, maxRinging),
	}
	if message.NotifyURL = c.account.CallbackURL(m); message.NotifyURL != "" {
		message.NotifyType, message.NotifyVersion = "application/json", 2
	}
	got, err := c.exchange(ctx, c.calls, callRequest{Messages: []callMessage{message}})
	if err != nil {
		return provider.Receipt{}, err
	}
	return provider.Receipt{ID: got.ID, Parts: 1}, nil
}
