package aws_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/aws"
)

// want is the failure that an answer stands for; the zero value is a success.
type want struct {
	kind provider.Kind
	code string
	text string
}

func (w want) check(t *testing.T, err error) {
	t.Helper()
	if w == (want{}) {
		if err != nil {
			t.Errorf("got %v; want no error", err)
		}
		return
	}
	failure, ok := errors.AsType[*provider.Error](err)
	if !ok {
		t.Fatalf("got %v; want an error of kind %v", err, w.kind)
	}
	if failure.Kind != w.kind || failure.Code != w.code || !strings.Contains(failure.Detail, w.text) {
		t.Errorf("got %v; want kind %v, code %q and %q", failure, w.kind, w.code, w.text)
	}
	if strings.Contains(err.Error(), "secret words") {
		t.Errorf("the error %v repeats the vendor's words", err)
	}
	if waits := failure.Kind == provider.Throttled || failure.Kind == provider.Unavailable; waits && failure.RetryAfter != 7*time.Second || !waits && failure.RetryAfter != 0 {
		t.Errorf("the error says to wait for %v", failure.RetryAfter)
	}
}

// kinds is what each code means. Those of SNS alone are written without a reason.
var kinds = map[provider.Kind]string{
	provider.Refused: `ConflictException DESTINATION_PHONE_NUMBER_OPTED_OUT, ConflictException DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE,
		ValidationException MAXIMUM_SIZE_EXCEEDED, OptedOut`,
	provider.Unroutable: `ConflictException NO_ORIGINATION_IDENTITIES_FOUND, ConflictException NUMBER_CAPABILITIES_MISMATCH,
		ConflictException RESOURCE_NOT_ACTIVE, ConflictException REGISTRATION_NOT_COMPLETE,
		ConflictException DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION, ResourceNotFoundException phone-number,
		ResourceNotFoundException sender-id, ResourceNotFoundException pool, ServiceQuotaExceededException DAILY_DESTINATION_CALL_LIMIT,
		ValidationException COUNTRY_CODE_MISMATCH, ValidationException COUNTRY_NOT_ENABLED, ValidationException DESTINATION_COUNTRY_BLOCKED,
		ValidationException INTERNATIONAL_SENDING_NOT_SUPPORTED, ValidationException INVALID_IDENTITY_FOR_DESTINATION_COUNTRY,
		ValidationException PRICE_OVER_THRESHOLD, ValidationException RESOURCE_NOT_ACCESSIBLE, ValidationException SENDER_ID_NOT_REGISTERED,
		ValidationException SENDER_ID_NOT_SUPPORTED, ValidationException SENDER_ID_REQUIRES_REGISTRATION,
		ValidationException VOICE_CAPABILITY_NOT_AVAILABLE`,
	provider.Throttled:   `ThrottlingException, Throttled, Throttling, RequestLimitExceeded`,
	provider.Unknown:     `InternalServerException, InternalFailure, InternalError`,
	provider.Unavailable: `ServiceUnavailable`,
	provider.Misconfigured: `ConflictException, ConflictException DESTINATION_PHONE_NUMBER_NOT_VERIFIED, ConflictException MESSAGE_TYPE_MISMATCH,
		ConflictException PROTECT_CONFIGURATION_NOT_ASSOCIATED_WITH_CONFIGURATION_SET, AccessDeniedException,
		AccessDeniedException INSUFFICIENT_ACCOUNT_REPUTATION, AccessDeniedException ACCOUNT_DISABLED, ResourceNotFoundException,
		ServiceQuotaExceededException, ServiceQuotaExceededException MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT,
		ServiceQuotaExceededException MONTHLY_SPEND_LIMIT_REACHED_FOR_VOICE, ValidationException, ValidationException CHANNEL_NOT_ENABLED,
		AuthorizationError, InvalidParameter, InvalidParameterValue, ParameterValueInvalid, InvalidSecurity, UserError, AccessDenied,
		ExpiredToken, ExpiredTokenException, IncompleteSignature, IncompleteSignatureException, InvalidAction, InvalidClientTokenId,
		InvalidSignatureException, MissingAuthenticationToken, MissingAuthenticationTokenException, NotAuthorized, OptInRequired,
		RequestExpired, SignatureDoesNotMatch, UnknownOperationException, UnrecognizedClientException, ValidationError`,
}

// jsonError and xmlError are answers of the two APIs with a code.
func jsonError(code string) string {
	exception, reason, _ := strings.Cut(code, " ")
	return fmt.Sprintf(`{"__type":"com.amazonaws.pinpointsmsvoicev2#%s","Message":"secret words","Reason":"%s","ResourceType":"%s"}`, exception, reason, reason)
}

func xmlError(code, words string) string {
	return `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>` + code +
		`</Code><Message>secret words ` + words + `</Message></Error><RequestId>1</RequestId></ErrorResponse>`
}

func TestCodes(t *testing.T) {
	listed := make(map[string]provider.Kind)
	for kind, list := range kinds {
		for code := range strings.SplitSeq(list, ",") {
			code = strings.TrimSpace(code)
			listed[code] = kind
			expected := want{kind, code, aws.Reason(code)}
			for _, channel := range []provider.Channel{provider.SMS, provider.Voice} {
				_, _, err := capture(t, message(channel), config, http.StatusBadRequest, jsonError(code))
				expected.check(t, err)
			}
			if !strings.Contains(code, " ") && !strings.HasSuffix(code, "QuotaExceededException") {
				_, _, err := capture(t, message(provider.SMS), snsConfig, http.StatusBadRequest, xmlError(code, ""))
				expected.check(t, err)
			}
			if aws.Reason(code) == "" {
				t.Errorf("the code %s has no words", code)
			}
		}
	}
	if diff := cmp.Diff(listed, aws.Codes()); diff != "" {
		t.Errorf("the test's list and the table: -test +table:\n%s", diff)
	}
}

func TestRefusals(t *testing.T) {
	fields := func(name string) string {
		return `{"__type":"ValidationException","Message":"secret words","Reason":"FIELD_VALIDATION_FAILED","Fields":[{"Name":"` + name + `","Message":"secret words"}]}`
	}
	for _, c := range []struct {
		name   string
		config func(string) aws.Config
		status int
		answer string
		want   want
	}{
		{"a reason in no list", config, 400, jsonError("ConflictException SECRET_WORDS"), want{provider.Misconfigured, "ConflictException", "settings"}},
		{"an exception in no list", config, 400, jsonError("NewException"), want{kind: provider.Refused, code: "HTTP 400"}},
		{"an exception in no list, failed inside", config, 500, jsonError("NewException"), want{kind: provider.Unknown, code: "HTTP 500"}},
		{"no exception", config, 400, `{"Message":"secret words"}`, want{kind: provider.Refused, code: "HTTP 400"}},
		{"a page", config, 502, `<html>secret words`, want{kind: provider.Unknown, code: "HTTP 502"}},
		{"nothing", config, 403, ``, want{kind: provider.Misconfigured, code: "HTTP 403"}},
		{"the recipient is wrong", config, 400, fields("destinationPhoneNumber DestinationPhoneNumber"), want{provider.Refused, "ValidationException", "recipient"}},
		{"the sender is wrong", config, 400, fields("OriginationIdentity"), want{provider.Unroutable, "ValidationException", "sender"}},
		{"the text is wrong", config, 400, fields("MessageBody"), want{provider.Refused, "ValidationException", "text"}},
		{"another parameter is wrong", config, 400, fields("Context"), want{provider.Misconfigured, "ValidationException", "parameter"}},
		{"a field without a name", config, 400, `{"__type":"ValidationException","Fields":[{}]}`, want{provider.Misconfigured, "ValidationException", "parameter"}},
		{"SNS: the recipient is wrong", snsConfig, 400, xmlError("InvalidParameter", "PhoneNumber"), want{provider.Refused, "InvalidParameter", "recipient"}},
		{"SNS: the sender is wrong", snsConfig, 400, xmlError("InvalidParameter", "AWS.SNS.SMS.SenderID"), want{provider.Unroutable, "InvalidParameter", "sender"}},
		{"SNS: the number is wrong", snsConfig, 400, xmlError("InvalidParameterValue", "AWS.MM.SMS.OriginationNumber"), want{provider.Unroutable, "InvalidParameterValue", "sender"}},
		{"SNS: an error in no list", snsConfig, 403, xmlError("NewError", ""), want{kind: provider.Misconfigured, code: "HTTP 403"}},
		{"SNS: a page", snsConfig, 500, `<html>secret words`, want{kind: provider.Unknown, code: "HTTP 500"}},
		{"SNS: nothing", snsConfig, 503, ``, want{kind: provider.Unavailable, code: "HTTP 503"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := capture(t, message(provider.SMS), c.config, c.status, c.answer)
			c.want.check(t, err)
		})
	}
}

func TestAnswersThatSayTooLittle(t *testing.T) {
	unreadable := want{kind: provider.Unknown, text: "can't be understood"}
	for _, c := range []struct {
		name, json, xml string
	}{
		{"no id", `{}`, `<PublishResponse><PublishResult></PublishResult></PublishResponse>`},
		{"an empty id", `{"MessageId":""}`, `<PublishResponse><PublishResult><MessageId></MessageId></PublishResult></PublishResponse>`},
		{"an id that is a number", `{"MessageId":7}`, `<PublishResponse>`},
		{"nothing", ``, ``},
		{"other text", `secret words`, `secret words`},
		{"half of it", taken[:20], published[:120]},
		{"endless blanks after it", taken + strings.Repeat(" ", provider.MaxAnswer), published + strings.Repeat(" ", provider.MaxAnswer)},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, channel := range []provider.Channel{provider.SMS, provider.Voice} {
				_, _, err := capture(t, message(channel), config, http.StatusOK, c.json)
				unreadable.check(t, err)
			}
			_, _, err := capture(t, message(provider.SMS), snsConfig, http.StatusOK, c.xml)
			unreadable.check(t, err)
		})
	}
}

func TestWhatIsNotEvenTried(t *testing.T) {
	for _, c := range []struct {
		name    string
		channel provider.Channel
		message func(*provider.Message)
		config  func(string) aws.Config
		want    want
	}{
		{"a sender of 12 letters", provider.SMS, func(m *provider.Message) { m.From = "AcmeAcmeAcme" }, config, want{kind: provider.Refused, text: "sender"}},
		{"a sender with a blank", provider.SMS, func(m *provider.Message) { m.From = "Acme Inc" }, config, want{kind: provider.Unroutable, text: "letters"}},
		{"a name for the US", provider.SMS, func(m *provider.Message) { m.To, m.Country = "+12125550123", "US" }, config, want{kind: provider.Unroutable, text: "country"}},
		{"no text", provider.SMS, func(m *provider.Message) { m.Text = "" }, config, want{kind: provider.Refused, text: "text"}},
		{"a long text", provider.SMS, func(m *provider.Message) { m.Text = strings.Repeat("ä", 1601) }, config, want{kind: provider.Refused, text: "1,600"}},
		{"a long text by SNS", provider.SMS, func(m *provider.Message) { m.Text = strings.Repeat("ä", 1601) }, snsConfig, want{kind: provider.Refused, text: "1,600"}},
		{"a name for the US by SNS", provider.SMS, func(m *provider.Message) { m.To, m.Country = "+12125550123", "US" }, snsConfig, want{kind: provider.Unroutable, text: "country"}},
		{"a long text to speak", provider.Voice, func(m *provider.Message) { m.Text = strings.Repeat("word ", 700) }, config, want{kind: provider.Refused, text: "6,000"}},
		{"a call by SNS", provider.Voice, nil, snsConfig, want{kind: provider.Misconfigured, text: "SNS has no calls"}},
		{"a call without a number", provider.Voice, nil, changed(config, func(c *aws.Config) { c.Voice = aws.Voice{} }), want{kind: provider.Misconfigured, text: "number"}},
		{"a call from a region without", provider.Voice, nil, changed(config, func(c *aws.Config) { c.Region, c.Voice = "eu-south-1", aws.Voice{} }), want{kind: provider.Misconfigured, text: "region"}},
		{"16 digits", provider.SMS, func(m *provider.Message) { m.To = "+1234567890123456" }, config, want{kind: provider.Refused, text: "recipient"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := message(c.channel)
			if c.message != nil {
				c.message(&m)
			}
			got, _, err := capture(t, m, c.config, http.StatusOK, taken)
			c.want.check(t, err)
			if got.count != 0 {
				t.Errorf("it was sent: %s %s", got.method, got.path)
			}
		})
	}
}
