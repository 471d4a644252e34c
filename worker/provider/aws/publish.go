package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/phonehook/phonehook/worker/provider"
)

// The attributes of an SMS
// (docs.aws.amazon.com/sns/latest/dg/sms_sending-overview.html).
const (
	typeAttribute     = "AWS.SNS.SMS.SMSType"
	nameAttribute     = "AWS.SNS.SMS.SenderID"
	numberAttribute   = "AWS.MM.SMS.OriginationNumber"
	priceAttribute    = "AWS.SNS.SMS.MaxPrice"
	entityAttribute   = "AWS.MM.SMS.EntityId"
	templateAttribute = "AWS.MM.SMS.TemplateId"
)

// publish sends an SMS by Publish of SNS. That has no place for a validity period nor for our
// reference, and reports nothing to anybody but the account's own logs.
func (c *Client) publish(ctx context.Context, m provider.Message, to string) (provider.Receipt, error) {
	from, failure := c.smsSender(m)
	if failure != nil {
		return provider.Receipt{}, failure
	}
	text, failure := smsText(m)
	if failure != nil {
		return provider.Receipt{}, failure
	}
	attributes := map[string]types.MessageAttributeValue{typeAttribute: words("Transactional")}
	switch {
	case from == "": // the vendor chooses
	case provider.SenderKindOf(from) == provider.NameSender:
		attributes[nameAttribute] = words(from)
	default:
		attributes[numberAttribute] = words(from)
	}
	if c.cfg.MaxPrice != "" {
		attributes[priceAttribute] = types.MessageAttributeValue{DataType: sdk.String("Number"), StringValue: &c.cfg.MaxPrice}
	}
	if m.Country == india && c.cfg.DLT != (DLT{}) {
		attributes[entityAttribute], attributes[templateAttribute] = words(c.cfg.DLT.EntityID), words(c.cfg.DLT.TemplateID)
	}
	input := &sns.PublishInput{PhoneNumber: &to, Message: &text, MessageAttributes: attributes}
	return c.attempt(ctx, func(client *exchange) (*string, error) {
		output, err := c.publisher.Publish(ctx, input, func(o *sns.Options) { o.HTTPClient = client })
		if err != nil {
			return nil, err
		}
		return output.MessageId, nil
	})
}

func words(value string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: sdk.String("String"), StringValue: &value}
}
