package door_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/phonehook/phonehook/gateway/door"
	"github.com/phonehook/phonehook/messaging"
)

// complete is a body that the old runtime took, from which the cases below replace or
// cut a member each.
const complete = `{"recipient":"+18085555555","text":"x","context":{"message_type":"sms","action":"enrollment","language":"en",` +
	`"code":"1","ip":"::1","user_agent":"u","client":{"client_id":"c","name":"n","client_metadata":{}},"user":{}}}`

func TestStrictRefusesInTheOldRuntimesWords(t *testing.T) {
	const received = " received by extensibility point is not "
	for name, c := range map[string]struct{ from, to, want string }{
		"nothing":            {complete, ``, "Body" + received + "an object"},
		"space":              {complete, ` `, "Body" + received + "an object"},
		"null":               {complete, `null`, "Body" + received + "an object"},
		"string":             {complete, `"x"`, "Body" + received + "an object"},
		"array":              {complete, `[]`, "Body.recipient" + received + "a string"},
		"empty object":       {complete, `{}`, "Body.recipient" + received + "a string"},
		"unknown shape":      {complete, `{"hello":1}`, "Body.recipient" + received + "a string"},
		"no recipient":       {`"recipient":"+18085555555",`, ``, "Body.recipient" + received + "a string"},
		"recipient":          {`"recipient":"+18085555555"`, `"recipient":1`, "Body.recipient" + received + "a string"},
		"text":               {`"text":"x"`, `"text":null`, "Body.text" + received + "a string"},
		"context":            {complete, `{"recipient":"1","text":"x","context":"c"}`, "Body.context" + received + "an object"},
		"no context":         {complete, `{"recipient":"1","text":"x"}`, "Body.context" + received + "an object"},
		"context an array":   {complete, `{"recipient":"1","text":"x","context":[]}`, "Body.context.message_type" + received + "`sms` or `voice`"},
		"message_type":       {`"sms"`, `"text"`, "Body.context.message_type" + received + "`sms` or `voice`"},
		"message_type, none": {`"message_type":"sms",`, ``, "Body.context.message_type" + received + "`sms` or `voice`"},
		"action":             {`"enrollment"`, `"otp_enroll"`, "Body.context.action" + received + "`enrollment` or `second-factor-authentication`"},
		"language":           {`"language":"en",`, ``, "Body.context.language" + received + "a string"},
		"code":               {`"code":"1"`, `"code":1`, "Body.context.code" + received + "a string"},
		"ip":                 {`"ip":"::1",`, ``, "Body.context.ip" + received + "a string"},
		"user_agent":         {`"user_agent":"u"`, `"user_agent":{}`, "Body.context.user_agent" + received + "a string"},
		"client":             {`{"client_id":"c","name":"n","client_metadata":{}}`, `"c"`, "Body.context.client" + received + "an object"},
		"client null":        {`{"client_id":"c","name":"n","client_metadata":{}}`, `null`, "Body.context.client" + received + "an object"},
		"client an array":    {`{"client_id":"c","name":"n","client_metadata":{}}`, `[]`, "Body.context.client.client_id" + received + "a string"},
		"client_id":          {`"client_id":"c",`, ``, "Body.context.client.client_id" + received + "a string"},
		"client's name":      {`"name":"n"`, `"name":1`, "Body.context.client.name" + received + "a string"},
		"client_metadata":    {`"client_metadata":{}`, `"client_metadata":"x"`, "Body.context.client.client_metadata" + received + "an object"},
		"user":               {`"user":{}`, `"user":"x"`, "Body.context.user" + received + "an object"},
		"no user":            {`,"user":{}`, ``, "Body.context.user" + received + "an object"},
		"first of several":   {`"code":"1","ip":"::1"`, `"code":1,"ip":1`, "Body.context.code" + received + "a string"},
	} {
		t.Run(name, func(t *testing.T) {
			body := strings.Replace(complete, c.from, c.to, 1)
			if body == complete {
				t.Fatal("the case changes nothing")
			}
			_, err := door.DecodeStrict([]byte(body))
			violation, ok := errors.AsType[*door.Violation](err)
			if !ok || violation.Message != c.want {
				t.Fatalf("got %v; want %s", err, c.want)
			}
			if e := messaging.AsError(err); e.Code != messaging.CodeInvalidRequest || e.Field != violation.Field {
				t.Errorf("the violation unwraps to %+v", e)
			}
		})
	}
}

func TestStrictTakesWhatTheOldRuntimeTook(t *testing.T) {
	for name, change := range map[string][2]string{
		"complete":             {"", ""},
		"voice":                {`"sms"`, `"voice"`},
		"second factor":        {`"enrollment"`, `"second-factor-authentication"`},
		"no client":            {`"client":{"client_id":"c","name":"n","client_metadata":{}},`, ``},
		"no client_metadata":   {`,"client_metadata":{}`, ``},
		"null client_metadata": {`"client_metadata":{}`, `"client_metadata":null`},
		"null user":            {`"user":{}`, `"user":null`},
		"language N/A":         {`"language":"en"`, `"language":"N/A"`},
		"empty code":           {`"code":"1"`, `"code":""`},
	} {
		draft, err := door.DecodeStrict([]byte(strings.Replace(complete, change[0], change[1], 1)))
		if err != nil || draft.Message.To != "+18085555555" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestStrictLeavesOtherShapesAsTheyAre(t *testing.T) {
	for name, body := range shapes(t) {
		strict, err := door.DecodeStrict(body)
		loose, _ := door.Decode(body)
		switch {
		case name == "hook_bare" || name == "hook_older_names":
			if err == nil {
				t.Errorf("%s: the old runtime refused this body", name)
			}
		case err != nil || strict.Shape != loose.Shape || strict.Message.To != loose.Message.To:
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestStrictStillRefusesWhatIsNoJSON(t *testing.T) {
	for _, body := range []string{`{"recipient":`, `{"a":1,"a":2}`, "{\"a\":\"\xff\"}"} {
		_, err := door.DecodeStrict([]byte(body))
		if _, ok := errors.AsType[*door.Violation](err); ok || messaging.AsError(err) == nil {
			t.Errorf("%q: %v", body, err)
		}
	}
}
