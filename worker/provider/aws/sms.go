package aws

import (
	"context"
	"time"
	"unicode/utf8"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/pinpointsmsvoicev2"
	"github.com/aws/aws-sdk-go-v2/service/pinpointsmsvoicev2/types"

	"github.com/phonehook/phonehook/worker/provider"
)

// The bounds of a time to live, from the API's model. The upper one is the vendor's default as well.
const (
	minValidity = 5 * time.Second
	maxValidity = 72 * time.Hour
)

// maxText is how many characters an SMS has at most, from the API's model; SNS has the same.
const maxText = 1600

// The keys of what a message carries that the vendor repeats in its reports.
const (
	referenceKey = "reference"
	tenantKey    = "tenant"
)

// india is the country whose networks want every text registered.
const india = "IN"

// sendSMS calls SendTextMessage
// (docs.aws.amazon.com/pinpoint/latest/apireference_smsvoicev2/API_SendTextMessage.html). The vendor
// chooses the alphabet by the text.
func (c *Client) sendSMS(ctx context.Context, m provider.Message, to string, left time.Duration) (provider.Receipt, error) {
	from, failure := c.smsSender(m)
	if failure != nil {
		return provider.Receipt{}, failure
	}
	text, failure := smsText(m)
	if failure != nil {
		return provider.Receipt{}, failure
	}
	input := &pinpointsmsvoicev2.SendTextMessageInput{
		DestinationPhoneNumber: &to, MessageBody: &text, OriginationIdentity: given(from), MessageType: types.MessageTypeTransactional,
		TimeToLive: timeToLive(left), Context: carried(m), ConfigurationSetName: given(c.cfg.ConfigurationSet),
		ProtectConfigurationId: given(c.cfg.ProtectConfiguration), MaxPrice: given(c.cfg.MaxPrice),
	}
	if m.Country == india && c.cfg.DLT != (DLT{}) {
		input.DestinationCountryParameters = map[string]string{
			string(types.DestinationCountryParameterKeyInEntityId):   c.cfg.DLT.EntityID,
			string(types.DestinationCountryParameterKeyInTemplateId): c.cfg.DLT.TemplateID,
		}
	}
	return c.attempt(ctx, func(client *exchange) (*string, error) {
		output, err := c.messaging.SendTextMessage(ctx, input, func(o *pinpointsmsvoicev2.Options) { o.HTTPClient = client })
		if err != nil {
			return nil, err
		}
		return output.MessageId, nil
	})
}

// smsText returns what an SMS says.
func smsText(m provider.Message) (string, *provider.Error) {
	text := m.PlainText()
	switch {
	case text == "":
		return "", provider.Fail(provider.Refused, "", "there is no text")
	case utf8.RuneCountInString(text) > maxText:
		return "", provider.Fail(provider.Refused, "", "the text is longer than 1,600 characters")
	}
	return text, nil
}

// carried is what the vendor repeats in its reports of a message: at most 5 values.
func carried(m provider.Message) map[string]string {
	values := make(map[string]string, 2)
	if m.Reference != "" {
		values[referenceKey] = m.Reference
	}
	if m.Tenant != "" {
		values[tenantKey] = m.Tenant
	}
	return values
}

func timeToLive(left time.Duration) *int32 {
	seconds := provider.Whole(left, time.Second, int(minValidity/time.Second), int(maxValidity/time.Second))
	return sdk.Int32(int32(seconds)) //nolint:gosec // at most 259,200
}

// given returns a parameter that is left out where it is empty.
func given(value string) *string {
	if value == "" {
		return nil
	}
	return &value
}
