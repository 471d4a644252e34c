package messagebird

import (
	"context"
	"unicode/utf8"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/speech"
)

// maxSpoken is the vendor's bound of a text to speak, in characters.
const maxSpoken = 1000

// voiceRequest is the body of POST /voicemessages (developers.messagebird.com/docs/voice-messaging).
// It has no place for a validity period, nor for how long the phone rings. That it takes reportUrl is
// from the vendor's SDK for PHP. Repeat is 1 by default, so that it is taken to count how often all
// is said; that is not confirmed at the vendor.
type voiceRequest struct {
	Originator string   `json:"originator"`
	Recipients []string `json:"recipients"`
	Body       string   `json:"body"`
	Language   string   `json:"language"`
	Voice      string   `json:"voice"`
	Repeat     int      `json:"repeat"`
	IfMachine  string   `json:"ifMachine"`
	Reference  string   `json:"reference,omitempty"`
	ReportURL  string   `json:"reportUrl,omitempty"`
}

// spokenLanguages are those of the same page. Its Welsh English is no language that anybody asks
// for. The order matters within a language: the first is who speaks it when the region is not listed.
const spokenLanguages = `en-US=en-us en-GB=en-gb en-AU=en-au en-IN=en-in cy-GB=cy-gb da-DK=da-dk de-DE=de-de el-GR=el-gr
	es-ES=es-es es-MX=es-mx es-US=es-us fr-FR=fr-fr fr-CA=fr-ca id-ID=id-id is-IS=is-is it-IT=it-it ja-JP=ja-jp ko-KR=ko-kr
	ms-MY=ms-my nb-NO=nb-no nl-NL=nl-nl pl-PL=pl-pl pt-BR=pt-br pt-PT=pt-pt ro-RO=ro-ro ru-RU=ru-ru sv-SE=sv-se ta-IN=ta-in
	th-TH=th-th tr-TR=tr-tr vi-VN=vi-vn zh-CN=zh-cn zh-HK=zh-hk`

// voices speak them. None of the vendor's pages says that they take SSML, so that they are given
// plain text.
var voices = speech.NewVoices(spokenLanguages)

func (c *Client) call(ctx context.Context, m provider.Message, to string) (provider.Receipt, error) {
	sender, failure := m.VoiceSender(c.cfg.Voice.From)
	if failure != nil {
		return provider.Receipt{}, failure
	}
	text := speech.Plain(m.Text, m.Code)
	switch {
	case text == "":
		return provider.Receipt{}, provider.Fail(provider.Refused, "", "there is no text")
	case utf8.RuneCountInString(text) > maxSpoken:
		return provider.Receipt{}, provider.Fail(provider.Refused, "", "the text is too long to be spoken, which takes at most 1,000 characters")
	}
	return c.exchange(ctx, c.voiceMessages, voiceRequest{
		Originator: msisdn(sender), Recipients: []string{to}, Body: text,
		Language: voices.For(m.Language, c.cfg.Voice.Language), Voice: c.cfg.Voice.Gender, Repeat: speech.Times,
		// By default the vendor listens for up to 7 s whether a machine answers, while a person
		// hears nothing.
		IfMachine: "continue",
		Reference: m.Reference, ReportURL: c.account.CallbackURL(m),
	})
}
