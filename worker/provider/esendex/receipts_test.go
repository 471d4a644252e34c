package esendex_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/esendex"
)

const notification = `<MessageFailed><Id>6a0bd4bb-0000-4000-8000-000000000001</Id><MessageId>1183C73D-2E62-4F60-B610-30F160BDFBD5</MessageId>` +
	`<AccountId>6a0bd4bb-0000-4000-8000-000000000002</AccountId><OccurredAt>2014-07-31T21:42:46</OccurredAt>` +
	`<FailureReason><Code>102</Code><Detail>Some problem</Detail><PermanentFailure>true</PermanentFailure></FailureReason></MessageFailed>`

func TestNotifications(t *testing.T) {
	client, err := esendex.New(config("http://127.0.0.1:1"), provider.Account{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	at := time.Date(2014, 7, 31, 21, 42, 46, 0, time.UTC)
	reason := notification[strings.Index(notification, "<FailureReason>"):strings.Index(notification, "</MessageFailed>")]
	for _, c := range []struct {
		name, body string
		want       provider.Report
		fault      provider.CallbackFault
	}{
		{"failed for good", notification, provider.Report{Status: provider.Undelivered, Code: "102", Reason: "the vendor says that it would fail again", At: at}, ""},
		{
			"failed for now", strings.Replace(notification, "true", "false", 1),
			provider.Report{Status: provider.Undelivered, Code: "102", Reason: "the vendor says that it may not fail again", At: at},
			"",
		},
		{
			"failed with a description", strings.ReplaceAll(notification, "Detail>", "Description>"),
			provider.Report{Status: provider.Undelivered, Code: "102", Reason: "the vendor says that it would fail again", At: at},
			"",
		},
		{
			"failed without a reason", strings.Replace(notification, reason, "", 1),
			provider.Report{Status: provider.Undelivered, Reason: "the vendor does not say why", At: at},
			"",
		},
		{
			"a code that is a sentence", strings.Replace(notification, "102", "no such number", 1),
			provider.Report{Status: provider.Undelivered, Reason: "the vendor says that it would fail again", At: at},
			"",
		},
		{
			"delivered", strings.ReplaceAll(strings.Replace(notification, reason, "", 1), "MessageFailed", "MessageDelivered"),
			provider.Report{Status: provider.Delivered, At: at},
			"",
		},
		{
			"with a namespace, a declaration and fractions of a second",
			`<?xml version="1.0" encoding="utf-8"?><MessageDelivered xmlns="http://api.esendex.com/ns/"><OccurredAt>2014-07-31T23:42:46.123+02:00</OccurredAt>` +
				`<MessageId> {1183c73d-2e62-4f60-b610-30f160bdfbd5} </MessageId></MessageDelivered>`,
			provider.Report{Status: provider.Delivered, At: at.Add(123 * time.Millisecond)},
			"",
		},
		{"no time", "<MessageDelivered><MessageId>1183c73d-2e62-4f60-b610-30f160bdfbd5</MessageId></MessageDelivered>", provider.Report{Status: provider.Delivered}, ""},
		{"no message", strings.Replace(notification, "1183C73D-2E62-4F60-B610-30F160BDFBD5", "", 1), provider.Report{}, provider.Malformed},
		{"another thing", strings.ReplaceAll(notification, "MessageFailed", "InboundMessage"), provider.Report{}, provider.Malformed},
		{"two of them", notification + notification, provider.Report{}, provider.Malformed},
		{"half of one", notification[:100], provider.Report{}, provider.Malformed},
		{"a deep one", strings.Repeat("<a>", 20_000), provider.Report{}, provider.Malformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := client.Receive(t.Context(), provider.Callback{Body: []byte(c.body), Trusted: true})
			if c.fault != "" {
				wantFault(t, err, c.fault)
				return
			}
			c.want.ID = "1183c73d-2e62-4f60-b610-30f160bdfbd5"
			byTime := cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })
			if diff := cmp.Diff(provider.Reception{Reports: []provider.Report{c.want}}, got, byTime); err != nil || diff != "" {
				t.Errorf("%v\n%s", err, diff)
			}
			_, err = client.Receive(t.Context(), provider.Callback{Body: []byte(c.body)})
			wantFault(t, err, provider.Forged)
		})
	}
}

func wantFault(t *testing.T, err error, want provider.CallbackFault) {
	t.Helper()
	if failure, ok := errors.AsType[*provider.CallbackError](err); !ok || failure.Fault != want {
		t.Errorf("got %v; want %s", err, want)
	}
}
