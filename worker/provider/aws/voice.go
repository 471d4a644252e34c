package aws

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/pinpointsmsvoicev2"
	"github.com/aws/aws-sdk-go-v2/service/pinpointsmsvoicev2/types"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/speech"
)

// maxSpoken is how many characters the markup of a call has at most, from the API's model.
const maxSpoken = 6000

// spokenLanguages are the voices of the parameter VoiceId, one for each language, with the languages
// that they speak (docs.aws.amazon.com/polly/latest/dg/available-voices.html). The order matters
// within a language: the first is who speaks it when the region is not listed. The Welsh English of
// GERAINT is no language that anybody asks for.
const spokenLanguages = `en-US=JOANNA en-GB=AMY en-AU=NICOLE en-IN=RAVEENA ar=ZEINA zh-CN=ZHIYU cy-GB=GWYNETH da-DK=NAJA de-DE=VICKI
	es-ES=LUCIA es-MX=MIA es-US=LUPE fr-FR=LEA fr-CA=CHANTAL is-IS=DORA it-IT=BIANCA ja-JP=TAKUMI ko-KR=SEOYEON nb-NO=LIV nl-NL=LOTTE
	pl-PL=EWA pt-BR=CAMILA pt-PT=INES ro-RO=CARMEN ru-RU=TATYANA sv-SE=ASTRID tr-TR=FILIZ`

// defaultVoice speaks where the file names no other and the message has no language that a voice
// speaks. The vendor's own default, MATTHEW, speaks American English as well.
const defaultVoice = string(types.VoiceIdJoanna)

// voices speak the languages.
var voices = speech.NewVoices(spokenLanguages)

// call calls SendVoiceMessage
// (docs.aws.amazon.com/pinpoint/latest/apireference_smsvoicev2/API_SendVoiceMessage.html). The time
// to live is for how long the vendor tries to place the call; how long the phone rings it decides.
func (c *Client) call(ctx context.Context, m provider.Message, to string, left time.Duration) (provider.Receipt, error) {
	switch {
	case c.messaging == nil:
		return provider.Receipt{}, provider.Fail(provider.Misconfigured, "", "SNS has no calls; the account's mode must be End User Messaging")
	case !calls(c.cfg.Region):
		return provider.Receipt{}, provider.Fail(provider.Misconfigured, "", "the account's region has no calls")
	}
	from, failure := c.caller(m)
	if failure != nil {
		return provider.Receipt{}, failure
	}
	spoken := speech.SSML(m.Text, m.Code)
	if utf8.RuneCountInString(spoken) > maxSpoken {
		return provider.Receipt{}, provider.Fail(provider.Refused, "", "the text is too long to be spoken, which takes at most 6,000 characters with its markup")
	}
	input := &pinpointsmsvoicev2.SendVoiceMessageInput{
		DestinationPhoneNumber: &to, OriginationIdentity: &from, MessageBody: &spoken, MessageBodyTextType: types.VoiceMessageBodyTextTypeSsml,
		VoiceId: types.VoiceId(voices.For(m.Language, c.cfg.Voice.VoiceID)), TimeToLive: timeToLive(left), Context: carried(m),
		ConfigurationSetName: given(c.cfg.ConfigurationSet), ProtectConfigurationId: given(c.cfg.ProtectConfiguration),
		MaxPricePerMinute: given(c.cfg.Voice.MaxPricePerMinute),
	}
	return c.attempt(ctx, func(client *exchange) (*string, error) {
		output, err := c.messaging.SendVoiceMessage(ctx, input, func(o *pinpointsmsvoicev2.Options) { o.HTTPClient = client })
		if err != nil {
			return nil, err
		}
		return output.MessageId, nil
	})
}
