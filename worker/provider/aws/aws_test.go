package aws_test

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/aws"
	"github.com/phonehook/phonehook/worker/provider/aws/awssim"
	"github.com/phonehook/phonehook/worker/provider/providertest"
	"github.com/phonehook/phonehook/worker/provider/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	keyID  = "AKIAOFTHETESTS000001"
	secret = "secret-of-the-tests/0123456789+abcdefghij"
	token  = "token-of-the-tests" //nolint:gosec // nobody's
	region = "eu-west-1"
	topic  = "arn:aws:sns:eu-west-1:123456789012:phonehook"
)

func config(base string) aws.Config {
	return aws.Config{
		Region: region, AccessKeyID: keyID, SecretAccessKey: configs.NewSecret(secret), SessionToken: configs.NewSecret(token),
		From: "Acme-Inc", ConfigurationSet: "reports", Voice: aws.Voice{From: "+447700900000"}, TopicARN: []string{topic},
		BaseURL: base, SNSURL: base, AllowInsecure: true,
	}
}

func snsConfig(base string) aws.Config {
	cfg := config(base)
	cfg.Mode, cfg.ConfigurationSet, cfg.Voice, cfg.TopicARN = "sns", "", aws.Voice{}, nil
	return cfg
}

func newLookAlike() *awssim.Server {
	return awssim.New(awssim.Options{AccessKeyID: keyID, SecretAccessKey: secret, SessionToken: token, Region: region, TopicARN: topic})
}

// start starts a look-alike and a client that sends to it.
func start(t testing.TB, config func(base string) aws.Config) (*awssim.Server, *aws.Client) {
	t.Helper()
	look := newLookAlike()
	server := httptest.NewServer(look)
	client, err := aws.New(config(server.URL), provider.Account{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		client.Close()
		look.Close()
		server.Close()
	})
	return look, client
}

func message(channel provider.Channel) provider.Message {
	return provider.Message{
		Reference: "01890a5d-ac96-774b-bcce-b302099a8057", Tenant: "acme", Channel: channel, To: "+447400123456", Country: "GB",
		Text: "Your code is 493817", Code: "493817", Language: "en", Expires: time.Now().Add(5 * time.Minute),
	}
}

func harness(channel provider.Channel, config func(base string) aws.Config, failures []providertest.Failure) providertest.Harness {
	return providertest.Harness{
		LookAlike: func() providertest.LookAlike { return newLookAlike() },
		New:       func(base string) (provider.Provider, error) { return aws.New(config(base), provider.Account{}) },
		NewWrong: func(base string) (provider.Provider, error) {
			cfg := config(base)
			cfg.SecretAccessKey = configs.NewSecret("another-secret")
			return aws.New(cfg, provider.Account{})
		},
		Message:  message(channel),
		Secrets:  []string{keyID, secret, token, "another-secret"},
		Failures: failures,
	}
}

// refuse is a failure with a code of the look-alike; the error has it without its parameter.
func refuse(name, code string, kind provider.Kind) providertest.Failure {
	want, _, _ := strings.Cut(code, ":")
	return refuseAs(name, code, kind, want)
}

func refuseAs(name, code string, kind provider.Kind, want string) providertest.Failure {
	return providertest.Failure{Name: name, Fault: simulator.Fault{Kind: awssim.Refuse, Code: code}, Kind: kind, Code: want}
}

var messagingFailures = []providertest.Failure{
	refuse("opted out", "ConflictException DESTINATION_PHONE_NUMBER_OPTED_OUT", provider.Refused),
	refuse("country", "ConflictException DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION", provider.Unroutable),
	refuse("another's sender", "ResourceNotFoundException pool", provider.Unroutable),
	refuseAs("no configuration set", "ResourceNotFoundException configuration-set", provider.Misconfigured, "ResourceNotFoundException"),
	refuseAs("bad recipient", "ValidationException INVALID_PARAMETER:DestinationPhoneNumber", provider.Refused, "ValidationException"),
	refuseAs("bad sender", "ValidationException INVALID_PARAMETER:OriginationIdentity", provider.Unroutable, "ValidationException"),
	refuseAs("bad request", "ValidationException INVALID_PARAMETER:TimeToLive", provider.Misconfigured, "ValidationException"),
	refuse("sandbox", "ConflictException DESTINATION_PHONE_NUMBER_NOT_VERIFIED", provider.Misconfigured),
	refuse("spending limit", "ServiceQuotaExceededException MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT", provider.Misconfigured),
	refuse("disabled", "AccessDeniedException ACCOUNT_DISABLED", provider.Misconfigured),
	refuse("failed inside", "InternalServerException", provider.Unknown),
	refuse("down", "ServiceUnavailable", provider.Unavailable),
	refuseAs("an exception in no list", "SomeException", provider.Refused, "HTTP 400"),
	{Name: "throttled", Fault: simulator.Fault{Kind: awssim.Throttle}, Kind: provider.Throttled, Code: "ThrottlingException"},
}

func TestSMSKeepsTheProvidersContract(t *testing.T) {
	providertest.Run(t, harness(provider.SMS, config, messagingFailures))
}

func TestVoiceKeepsTheProvidersContract(t *testing.T) {
	providertest.Run(t, harness(provider.Voice, config, messagingFailures))
}

func TestSNSKeepsTheProvidersContract(t *testing.T) {
	providertest.Run(t, harness(provider.SMS, snsConfig, []providertest.Failure{
		refuse("opted out", "OptedOut", provider.Refused),
		refuse("bad recipient", "InvalidParameter:PhoneNumber", provider.Refused),
		refuse("bad sender", "InvalidParameter:AWS.SNS.SMS.SenderID", provider.Unroutable),
		refuse("bad request", "InvalidParameter:Message", provider.Misconfigured),
		refuse("not allowed", "AuthorizationError", provider.Misconfigured),
		refuse("failed inside", "InternalError", provider.Unknown),
		refuse("down", "ServiceUnavailable", provider.Unavailable),
		refuseAs("an error in no list", "SomeError", provider.Refused, "HTTP 400"),
		{Name: "throttled", Fault: simulator.Fault{Kind: awssim.Throttle}, Kind: provider.Throttled, Code: "Throttling"},
	}))
}

func TestReceiptsKeepTheProvidersContract(t *testing.T) {
	receiver := func(topic string) func(string, provider.Account) (provider.Receiver, error) {
		return func(base string, account provider.Account) (provider.Receiver, error) {
			cfg := config(base)
			cfg.TopicARN = []string{topic}
			return aws.New(cfg, account)
		}
	}
	for _, channel := range []provider.Channel{provider.SMS, provider.Voice} {
		for _, version := range []string{"1", "2"} {
			t.Run(string(channel)+", version "+version, func(t *testing.T) {
				providertest.RunReceipts(t, providertest.ReceiptHarness{
					Kind: "aws",
					LookAlike: func() providertest.ReceiptLookAlike {
						return awssim.New(awssim.Options{TopicARN: topic, SessionToken: token, SignatureVersion: version})
					},
					New: receiver(topic), NewWrong: receiver(strings.Replace(topic, "12:", "13:", 1)),
					Message:   message(channel),
					Secrets:   []string{keyID, secret, token},
					Unsign:    unsign,
					Elsewhere: true,
				})
			})
		}
	}
}

// unsign takes the signature out of a notification.
func unsign(c *provider.Callback) {
	c.Body = []byte(strings.Replace(string(c.Body), `"Signature":"`, `"NoSignature":"`, 1))
}

func TestAClientPrintsNoSecret(t *testing.T) {
	_, client := start(t, config)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
		if got := fmt.Sprintf(verb, client); got != "aws" {
			t.Errorf("%s prints %d bytes; want the vendor's name alone", verb, len(got))
		}
	}
}

func TestMessagesArriveInEveryLanguage(t *testing.T) {
	for _, c := range []struct {
		language, text, spoken, voice string
		parts                         int
	}{
		{"en", "Here is your one time password: 999111", "Here is your one time password: 999111", "JOANNA", 1},
		{"en-AU", "Code 493817", "Code 493817", "NICOLE", 1},
		{"de-AT", "Ihr Code: 493817", "Ihr Code: 493817", "VICKI", 1},
		{"fr-CA", "Code <493817> & \"rien\"", "Code 493817 & \"rien\"", "CHANTAL", 1},
		{"pt", "Seu codigo 493817", "Seu codigo 493817", "CAMILA", 1},
		{"ru-RU", "Ваш код: 493817", "Ваш код: 493817", "TATYANA", 1},
		{"zh-Hans-CN", "您的验证码为 493817。", "您的验证码为 493817。", "ZHIYU", 1},
		{"ar-EG", "رمزك هو 493817", "رمزك هو 493817", "ZEINA", 1},
		{"cs", "Kod 493817", "Kod 493817", "JOANNA", 1},
		{"N/A", strings.Repeat("long ", 60) + "493817", strings.Repeat("long ", 60) + "493817", "JOANNA", 2},
	} {
		look, client := start(t, config)
		for _, channel := range []provider.Channel{provider.SMS, provider.Voice} {
			m := message(channel)
			m.Text, m.Language = c.text, c.language
			receipt, err := client.Send(t.Context(), m)
			if err != nil {
				t.Fatalf("%s %s: %v (refused: %v)", channel, c.language, err, look.Stats().Refused)
			}
			messages := look.Messages()
			got := messages[len(messages)-1]
			want := simulator.Message{
				Reference: m.Reference, Count: got.Count, ID: receipt.ID, Channel: "sms", To: m.To, From: "Acme-Inc", Text: c.text, Parts: c.parts, At: got.At,
			}
			if channel == provider.Voice {
				want.Channel, want.From, want.Text, want.Language, want.Parts = "voice", "+447700900000", c.spoken+c.spoken, c.voice, 1
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s %s: -want +got:\n%s", channel, c.language, diff)
			}
		}
	}
}

func TestMagicNumbers(t *testing.T) {
	kinds := map[string]provider.Kind{
		"+15005550001": provider.Refused, "+15005550002": provider.Unroutable, "+15005550003": provider.Unroutable,
		"+15005550004": provider.Refused, "+15005550029": provider.Throttled, "+15005550030": provider.Misconfigured,
	}
	for name, c := range map[string]struct {
		channel provider.Channel
		config  func(string) aws.Config
		kinds   map[string]provider.Kind
	}{
		"SMS":   {provider.SMS, config, kinds},
		"calls": {provider.Voice, config, kinds},
		"SNS": {provider.SMS, snsConfig, map[string]provider.Kind{
			"+15005550001": provider.Refused, "+15005550004": provider.Refused, "+15005550029": provider.Throttled,
		}},
	} {
		_, client := start(t, func(base string) aws.Config {
			cfg := c.config(base)
			cfg.From = "+447700900000"
			return cfg
		})
		for to, want := range c.kinds {
			m := message(c.channel)
			m.To = to
			_, err := client.Send(t.Context(), m)
			if failure, ok := errors.AsType[*provider.Error](err); !ok || failure.Kind != want {
				t.Errorf("%s to %s: got %v; want %v", name, to, err, want)
			}
		}
	}
}
