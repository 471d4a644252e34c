package aws_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/phonehook/phonehook/configs"
	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/aws"
	"github.com/phonehook/phonehook/worker/provider/aws/awssim"
)

func TestConfigComplaints(t *testing.T) {
	const (
		badFrom  = "from: must be a number of 7 to 15 digits, a short code, up to 11 letters, digits, hyphens and underscores with a letter among them, or the id or ARN of a number or a pool"
		badPrice = "must be dollars with a point and up to five digits behind it, in quotes, such as \"0.25\""
		badKey   = "access_key_id: is missing, or is not 16 to 128 letters and digits"
		badTopic = "must be the ARN of a standard topic in one of the vendor's regions, such as arn:aws:sns:eu-west-1:123456789012:phonehook"
		notOfSNS = "is nothing that SNS has; leave it out, or leave out mode"
		pool     = "arn:aws:sms-voice:eu-west-1:123456789012:pool/pool-1"
	)
	for _, c := range []struct {
		name   string
		change func(*aws.Config)
		want   string
	}{
		{"no region", func(c *aws.Config) { c.Region = "" }, "region: is missing; it is where the account's senders are, such as eu-west-1"},
		{"unknown region", func(c *aws.Config) { c.Region = "eu-west-9" }, `region: "eu-west-9" has no End User Messaging`},
		{"no key", func(c *aws.Config) { c.AccessKeyID = "" }, badKey},
		{"key that is none", func(c *aws.Config) { c.AccessKeyID = "AKIA OF THE TESTS" }, badKey},
		{"no secret", func(c *aws.Config) { c.SecretAccessKey = configs.Secret{} }, "secret_access_key: is missing; give it, or the path of a file with it as secret_access_key_file"},
		{"secret given twice", func(c *aws.Config) { c.SecretAccessKeyFile = "/x" }, "secret_access_key: is given twice, as secret_access_key and as secret_access_key_file; keep one"},
		{"token given twice", func(c *aws.Config) { c.SessionTokenFile = "/x" }, "session_token: is given twice, as session_token and as session_token_file; keep one"},
		{"missing file", func(c *aws.Config) { c.SecretAccessKey, c.SecretAccessKeyFile = configs.Secret{}, "/nothing" }, "secret_access_key_file: open /nothing: no such file or directory"},
		{"missing file of a token", func(c *aws.Config) { c.SessionToken, c.SessionTokenFile = configs.Secret{}, "/nothing" }, "session_token_file: open /nothing: no such file or directory"},
		{"mode", func(c *aws.Config) { c.Mode = "pinpoint" }, "mode: is neither empty nor sns"},
		{"long sender", func(c *aws.Config) { c.From = "AcmeIncorporated" }, badFrom},
		{"sender with a blank", func(c *aws.Config) { c.From = "Acme Inc" }, badFrom},
		{"price", func(c *aws.Config) { c.MaxPrice = "1" }, "max_price: " + badPrice},
		{"half of a registration", func(c *aws.Config) { c.DLT.EntityID = "1" }, "dlt: needs entity_id and template_id, of letters and digits"},
		{"configuration set", func(c *aws.Config) { c.ConfigurationSet = "a b" }, "configuration_set: must be a name, an id or an ARN"},
		{"protect configuration", func(c *aws.Config) { c.ProtectConfiguration = "a b" }, "protect_configuration: must be a name, an id or an ARN"},
		{"topic that is a name", func(c *aws.Config) { c.TopicARN = []string{topic, "phonehook"} }, "topic_arn[1]: " + badTopic},
		{"topic of an unknown region", func(c *aws.Config) { c.TopicARN[0] = strings.Replace(topic, "west", "x.example.com/", 1) }, "topic_arn[0]: " + badTopic},
		{"topic in another place", func(c *aws.Config) { c.TopicARN[0] = strings.Replace(topic, "eu-west-1", "xx-west-1", 1) }, "topic_arn[0]: " + badTopic},
		{"FIFO topic", func(c *aws.Config) { c.TopicARN[0] = topic + ".fifo" }, "topic_arn[0]: " + badTopic},
		{"no number to call from", func(c *aws.Config) { c.Voice = aws.Voice{VoiceID: "AMY"} }, "voice.from: must be a number of 7 to 15 digits, or the id or ARN of a number or a pool"},
		{"nothing to call from", func(c *aws.Config) { c.From, c.Voice = "", aws.Voice{VoiceID: "AMY"} }, "voice.from: is missing; calls need a number, and the account has no from"},
		{"voice", func(c *aws.Config) { c.Voice.VoiceID = "Amy" }, `voice.voice_id: "Amy" is no voice of the API, such as JOANNA`},
		{"price of calls", func(c *aws.Config) { c.Voice.MaxPricePerMinute = "1.2.3" }, "voice.max_price_per_minute: " + badPrice},
		{"calls from a region without", func(c *aws.Config) { c.Region = "eu-south-2" }, "voice: can't be: the region eu-south-2 has no calls"},
		{"reports by SNS", func(c *aws.Config) { *c = snsConfig(""); c.TopicARN = []string{topic} }, "topic_arn: " + notOfSNS},
		{"calls by SNS", func(c *aws.Config) { *c = snsConfig(""); c.Voice.From = "+447700900000" }, "voice: " + notOfSNS},
		{"events of SNS", func(c *aws.Config) { *c = snsConfig(""); c.ConfigurationSet = "a" }, "configuration_set: " + notOfSNS},
		{"countries of SNS", func(c *aws.Config) { *c = snsConfig(""); c.ProtectConfiguration = "a" }, "protect_configuration: " + notOfSNS},
		{"pool of SNS", func(c *aws.Config) { *c = snsConfig(""); c.From = pool }, "from: is an id or an ARN, which SNS does not take; give the number or the sender id itself"},
		{"insecure", func(c *aws.Config) { c.AllowInsecure, c.SNSURL = false, "" }, "base_url: must begin with https://; a look-alike beside the worker needs allow_insecure: true"},
		{"insecure SNS", func(c *aws.Config) { c.AllowInsecure, c.BaseURL = false, "" }, "sns_url: must begin with https://; a look-alike beside the worker needs allow_insecure: true"},
		{"address with a path", func(c *aws.Config) { c.BaseURL = "https://sms-voice.eu-west-1.amazonaws.com/v2" }, "base_url: has the path /v2, which does not belong there; give the address without it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := config("http://127.0.0.1:1")
			c.change(&cfg)
			_, err := aws.New(cfg, provider.Account{})
			if err == nil || err.Error() != c.want {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
			if err != nil && (strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), token)) {
				t.Error("the complaint repeats a secret")
			}
		})
	}
}

func TestConfigComplainsAboutEverythingAtOnce(t *testing.T) {
	cfg := aws.Config{
		Mode: "x", From: "+", ConfigurationSet: " ", ProtectConfiguration: " ", MaxPrice: "x", DLT: aws.DLT{EntityID: " "},
		Voice: aws.Voice{VoiceID: "x", MaxPricePerMinute: "x"}, TopicARN: []string{"x"}, BaseURL: "http://a", SNSURL: "x",
	}
	err := cfg.Validate()
	for _, path := range []string{
		"region", "access_key_id", "secret_access_key", "mode", "from", "configuration_set", "protect_configuration", "max_price", "dlt",
		"voice.from", "voice.voice_id", "voice.max_price_per_minute", "topic_arn[0]", "base_url", "sns_url",
	} {
		if !strings.Contains("\n"+err.Error(), "\n"+path+": ") {
			t.Errorf("nothing about %s in %q", path, err)
		}
	}
}

func TestConfigOfOneChannelAlone(t *testing.T) {
	smsOnly, chosen, government := config(""), config(""), config("")
	smsOnly.Voice, smsOnly.TopicARN = aws.Voice{}, nil
	chosen.From = ""
	government.Region, government.From = "us-gov-west-1", "arn:aws-us-gov:sms-voice:us-gov-west-1:123456789012:phone-number/phone-1"
	government.TopicARN = []string{"arn:aws-us-gov:sns:us-gov-west-1:123456789012:phonehook"}
	for i, cfg := range []aws.Config{smsOnly, chosen, government, snsConfig("")} {
		if err := cfg.Validate(); err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
}

type file struct {
	AWS aws.Config `yaml:"aws"`
}

func (f *file) Validate() error { return configs.Within("aws", f.AWS.Validate()) }

func TestConfigFromAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var f file
	err := configs.Parse("worker.yaml", []byte(`aws:
  region: us-east-1
  access_key_id: `+keyID+`
  secret_access_key_file: `+path+`
  session_token_file: `+path+`
  from: pool-0123456789abcdef
  configuration_set: arn:aws:sms-voice:us-east-1:123456789012:configuration-set/reports
  protect_configuration: protect-1
  max_price: "0.25"
  dlt: {entity_id: "1101234567890123456", template_id: "1107123456789012345"}
  voice: {from: "+12125550100", voice_id: MATTHEW, max_price_per_minute: "1.00"}
  topic_arn: ["arn:aws:sns:us-east-1:123456789012:phonehook"]
  base_url: https://sms-voice-fips.us-east-1.amazonaws.com/
`), &f)
	if err != nil {
		t.Fatal(err)
	}
	client, err := aws.New(f.AWS, provider.Account{})
	if err != nil {
		t.Fatal(err)
	}
	client.Close()
	var bad file
	err = configs.Parse("worker.yaml", []byte("aws: {region: x-1, access_key_id: "+keyID+", secret_access_key: s}"), &bad)
	if err == nil || err.Error() != `worker.yaml: aws.region: "x-1" has no End User Messaging` {
		t.Errorf("got %v", err)
	}
}

// TestTheLookAlikesOwnSection sends through the account that the look-alike shows.
func TestTheLookAlikesOwnSection(t *testing.T) {
	look := awssim.New(awssim.Development())
	server := httptest.NewServer(look)
	defer server.Close()
	defer look.Close()
	section := strings.ReplaceAll("\n"+strings.TrimRight(awssim.Section(server.URL), "\n"), "\n", "\n  ")
	var f file
	if err := configs.Parse("worker.yaml", []byte("aws:"+section), &f); err != nil {
		t.Fatal(err)
	}
	client, err := aws.New(f.AWS, provider.Account{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for _, channel := range aws.Facts.Channels {
		if _, err := client.Send(t.Context(), message(channel)); err != nil {
			t.Errorf("%s: %v (refused: %v)", channel, err, look.Stats().Refused)
		}
	}
}
