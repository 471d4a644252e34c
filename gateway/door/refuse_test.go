package door_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/phonehook/phonehook/gateway/door"
	"github.com/phonehook/phonehook/messaging"
)

func TestDecodeRefusesBadBodiesAndNamesThePlace(t *testing.T) {
	hook := func(context string) string {
		return `{"recipient":"+18085555555","text":"x","context":{` + context + `}}`
	}
	for name, c := range map[string]struct{ body, field, detail string }{
		"empty":                        {"", "", "empty"},
		"only space":                   {" \r\n\t", "", "empty"},
		"not JSON":                     {"recipient=1&text=2", "", "not JSON: the character at byte 0"},
		"array":                        {`[{"recipient":"+1"}]`, "", "must be a JSON object"},
		"string":                       {`"hello"`, "", "must be a JSON object"},
		"number":                       {`12`, "", "must be a JSON object"},
		"null":                         {`null`, "", "must be a JSON object"},
		"cut off":                      {`{"recipient":"+18085`, "", "cut off"},
		"cut off in an escape":         {`{"recipient":"\u12`, "", "cut off"},
		"data after the object":        {`{"recipient":"+1","text":"x"} {}`, "", "goes on"},
		"trailing comma":               {`{"recipient":"+1",}`, "", "not JSON"},
		"single quotes":                {`{'recipient':'+1'}`, "", "not JSON"},
		"raw NUL":                      {"{\"recipient\":\"+1\x00\",\"text\":\"x\"}", "", "control character"},
		"raw NUL between":              {"{\x00}", "", "not JSON"},
		"escaped NUL in the recipient": {`{"recipient":"+1\u0000","text":"x"}`, "recipient", "NUL"},
		"escaped NUL in the text":      {`{"recipient":"+1","text":"x\u0000"}`, "text", "NUL"},
		"bad UTF-8 in a value":         {"{\"recipient\":\"+1\",\"text\":\"caf\xe9\"}", "", "not UTF-8"},
		"bad UTF-8 in a key":           {"{\"caf\xe9\":1}", "", "not UTF-8"},
		"bad UTF-8 outside a string":   {"{\"a\":\xff}", "", "not JSON"},
		"duplicate key":                {`{"recipient":"+1","recipient":"+2"}`, "recipient", "given twice"},
		"duplicate key, escaped":       {`{"text":"+1","\u0074ext":"+2"}`, "text", "given twice"},
		"duplicate key deep within":    {`{"user":{"identities":[{},{"a":{"b":1,"b":2}}]}}`, "user.identities[1].a.b", "given twice"},
		"duplicate key among many":     {`{` + manyKeys(200) + `,"k7":0}`, "k7", "given twice"},
		"nested too deep":              {strings.Repeat(`{"a":`, 33) + "1" + strings.Repeat("}", 33), strings.Repeat("a.", 31) + "a", "deeper than 32"},
		"nested too deep in arrays":    {`{"a":` + strings.Repeat("[", 100000), "a" + strings.Repeat("[0]", 31), "deeper than 32"},

		"no member of any shape":       {`{}`, "recipient", "known shapes"},
		"missing recipient":            {`{"text":"x"}`, "recipient", "missing"},
		"null recipient":               {`{"recipient":null,"text":"x"}`, "recipient", "missing"},
		"recipient of the wrong type":  {`{"recipient":18085555555,"text":"x"}`, "recipient", "must be a string"},
		"missing text":                 {`{"recipient":"+1"}`, "text", "missing"},
		"context of the wrong type":    {`{"recipient":"+1","text":"x","context":"c"}`, "context", "must be an object"},
		"unknown message_type":         {hook(`"message_type":"fax"`), "context.message_type", "must be sms"},
		"message_type of a wrong type": {hook(`"message_type":1`), "context.message_type", "must be a string"},
		"unknown action":               {hook(`"action":"dance"`), "context.action", "not a known reason"},
		"client of a wrong type":       {hook(`"client":[]`), "context.client", "must be an object"},
		"metadata of a wrong type":     {hook(`"client":{"client_metadata":"x"}`), "context.client.client_metadata", "must be an object"},
		"user's name of a wrong type":  {hook(`"user":{"name":{}}`), "context.user.name", "must be a string"},

		"flat: unknown message_type":         {`{"recipient":"+1","text":"x","message_type":"fax"}`, "message_type", "must be sms"},
		"flat: missing recipient":            {`{"text":"x","message_type":"sms"}`, "recipient", "missing"},
		"event: missing recipient":           {`{"message_options":{"text":"x"}}`, "message_options.recipient", "missing"},
		"event: options of a wrong type":     {`{"message_options":"x"}`, "message_options", "must be an object"},
		"notification: missing text":         {`{"notification":{"recipient":"+1"}}`, "notification.as_text", "missing"},
		"notification: missing spoken text":  {`{"notification":{"recipient":"+1","as_text":"x","delivery_method":"voice"}}`, "notification.as_voice", "missing"},
		"notification: unknown type":         {`{"notification":{"recipient":"+1","as_text":"x","message_type":"dance"}}`, "notification.message_type", "not a known reason"},
		"notification alone: missing number": {`{"as_text":"x"}`, "recipient", "missing"},
		"passwordless: missing recipient":    {`{"body":"x"}`, "recipient", "missing"},
		"passwordless: number of wrong type": {`{"to":5,"body":"x"}`, "to", "must be a string"},
	} {
		t.Run(name, func(t *testing.T) {
			draft, err := door.Decode([]byte(c.body))
			refusal := messaging.AsError(err)
			if refusal == nil || refusal.Code != messaging.CodeInvalidRequest {
				t.Fatalf("Decode returned %+v, %v; want invalid_request", draft, err)
			}
			if refusal.Field != c.field {
				t.Errorf("the field is %q; want %q", refusal.Field, c.field)
			}
			if !strings.Contains(refusal.Detail, c.detail) {
				t.Errorf("the detail is %q; want it to say %q", refusal.Detail, c.detail)
			}
			if draft.Message.To != "" || draft.Message.Text != "" {
				t.Errorf("a refused body left a message behind")
			}
		})
	}
}

func TestDecodeTakesABodyAtTheBoundOfDepth(t *testing.T) {
	inner := strings.Repeat(`{"a":`, 31) + "1" + strings.Repeat("}", 31)
	if _, err := door.Decode([]byte(`{"recipient":"+1","text":"x","extra":` + inner + `}`)); err != nil {
		t.Error(err)
	}
}

func TestErrorsNeverRepeatAValueAndBoundTheKeys(t *testing.T) {
	const marked = "MARK-90210"
	for _, body := range []string{
		`{"recipient":{"x":"` + marked + `"},"text":"` + marked + `"}`,
		`{"recipient":"+1","text":"x","context":{"message_type":"` + marked + `"}}`,
		`{"recipient":"+1","text":"x","context":{"action":"` + marked + `"}}`,
		`{"recipient":"` + marked + `\u0000","text":"x"}`,
		`{"text":"` + marked + `","text":"` + marked + `"}`,
		`{"text":"` + marked,
		`{"text":"` + marked + `"} ` + marked,
		`"` + marked + `"`,
		marked,
	} {
		if _, err := door.Decode([]byte(body)); err == nil || strings.Contains(fmt.Sprintf("%+v", err), marked) {
			t.Errorf("%s: %v", body, err)
		}
	}
	key := "\\u001b[31m\\u0000\\u202e" + strings.Repeat("k", 5000)
	body := strings.Repeat(`{"`+key+`":`, 20) + `{"` + key + `":1,"` + key + `":2` + strings.Repeat("}", 21)
	_, err := door.Decode([]byte(body))
	refusal := messaging.AsError(err)
	if refusal == nil || len(refusal.Field) > 120 || strings.ContainsFunc(refusal.Field, func(r rune) bool { return r < '!' || r > '~' }) {
		t.Errorf("a hostile key is shown as %q", refusal.Field)
	}
}

// manyKeys returns n members with different keys.
func manyKeys(n int) string {
	members := make([]string, n)
	for i := range members {
		members[i] = fmt.Sprintf(`"k%d":%d`, i, i)
	}
	return strings.Join(members, ",")
}
