package vonagesim_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/phonehook/phonehook/worker/provider/vonage/vonagesim"
)

const goodMessage = `{"message_type":"text","channel":"sms","to":"447400123456","from":"Acme","text":"Hi","client_ref":"r",
	"ttl":300,"sms":{"encoding_type":"text"},"webhook_url":"https://example.com/","webhook_version":"v1"}`

func TestMessages(t *testing.T) {
	look := vonagesim.New(vonagesim.Options{APIKey: "abcd1234", APISecret: "secret"})
	defer look.Close()
	const basic = "Basic YWJjZDEyMzQ6c2VjcmV0" // abcd1234:secret
	for name, c := range map[string]struct{ old, new, code string }{
		"good":             {"", "", ""},
		"no webhook":       {`,"webhook_url":"https://example.com/","webhook_version":"v1"`, "", ""},
		"other channel":    {`"sms","to"`, `"mms","to"`, "1020"},
		"no recipient":     {"447400123456", "", "1010"},
		"plus sign":        {"447400123456", "+447400123456", "1430"},
		"no sender":        {"Acme", "", "1010"},
		"sender's blank":   {"Acme", "Acme Inc", "1420"},
		"no text":          {`"Hi"`, `""`, "1010"},
		"long text":        {`"Hi"`, `"` + strings.Repeat("x", 1001) + `"`, "1090"},
		"Cyrillic as text": {`"Hi"`, `"код"`, "1020"},
		"other encoding":   {`{"encoding_type":"text"}`, `{"encoding_type":"ucs2"}`, "1020"},
		"long reference":   {`"r"`, `"` + strings.Repeat("r", 101) + `"`, "1020"},
		"short ttl":        {"300", "19", "1130"},
		"long ttl":         {"300", "604801", "1130"},
		"webhook":          {"https://example.com/", "example.com", "1020"},
		"version":          {`"v1"`, `"v2"`, "1020"},
		"unknown field":    {`"ttl"`, `"tll"`, "1150"},
		"two values":       {`"v1"}`, `"v1"}{`, "1150"},
		"invalid number":   {"447400123456", "15005550001", "1430"},
		"opted out":        {"447400123456", "15005550004", "1050"},
	} {
		body := strings.Replace(goodMessage, c.old, c.new, 1)
		if c.old != "" && body == goodMessage {
			t.Fatalf("%s: nothing was replaced", name)
		}
		answer := post(t, look, "/v1/messages", "application/json", basic, body)
		if c.code == "" {
			if answer.Code != http.StatusAccepted || !strings.Contains(answer.Body.String(), `"message_uuid":"`) {
				t.Errorf("%s: got %d %s; want 202", name, answer.Code, answer.Body)
			}
			continue
		}
		if answer.Code != http.StatusUnprocessableEntity || !strings.Contains(answer.Body.String(), "messages#"+c.code+`"`) {
			t.Errorf("%s: got %d %s; want the code %s", name, answer.Code, answer.Body, c.code)
		}
	}
	for name, header := range map[string]string{"none": "", "another's": "Basic YWJjZDEyMzQ6YW5vdGhlcg==", "garbage": "Bearer a.b.c"} {
		if answer := post(t, look, "/v1/messages", "application/json", header, goodMessage); answer.Code != http.StatusUnauthorized {
			t.Errorf("credentials %s: got %d", name, answer.Code)
		}
	}
	if answer := post(t, look, "/v1/messages", "text/plain", basic, goodMessage); answer.Code != http.StatusUnprocessableEntity {
		t.Errorf("text/plain: got %d", answer.Code)
	}
}

func TestRecipientsWithAMeaning(t *testing.T) {
	look := vonagesim.New(vonagesim.Options{})
	defer look.Close()
	for to, status := range map[string]string{"15005550001": "33", "15005550002": "6", "15005550003": "15", "15005550004": "7", "15005550029": "1", "15005550030": "9"} {
		form := goodForm()
		form.Set("to", to)
		if answer := post(t, look, "/sms/json", "application/x-www-form-urlencoded", "", form.Encode()); !strings.Contains(answer.Body.String(), `"status":"`+status+`"`) {
			t.Errorf("%s: got %s; want the status %s", to, answer.Body, status)
		}
	}
	bearer := token(t, key(), nil)
	for to, want := range map[string]int{"15005550001": 400, "15005550029": 429, "15005550030": 402, "15005550041": 201} {
		body := strings.Replace(goodCall, "447400123456", to, 1)
		if answer := post(t, look, "/v1/calls", "application/json", bearer, body); answer.Code != want {
			t.Errorf("a call to %s: got %d %s; want %d", to, answer.Code, answer.Body, want)
		}
	}
}
