package infobip_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/infobip"
)

// receive has a client read a callback at an address that was given out, or not.
func receive(t *testing.T, body string, trusted bool) (provider.Reception, error) {
	t.Helper()
	client, err := infobip.New(config("http://127.0.0.1:1"), provider.Account{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	return client.Receive(t.Context(), provider.Callback{
		Method: http.MethodPost, URL: "https://phonehook.example.com/receipts/infobip/infobip/m", Header: http.Header{"Content-Type": {"application/json"}},
		Body: []byte(body), At: time.Now(), Trusted: trusted,
	})
}

func faultOf(err error) provider.CallbackFault {
	if failure, ok := errors.AsType[*provider.CallbackError](err); ok {
		return failure.Fault
	}
	return ""
}

// The vendor's own examples, with an error other than none in the second report.
const (
	smsReports = `{"results":[{"bulkId":"BULK-ID-123-xyz","price":{"pricePerMessage":0.01,"currency":"EUR"},"status":{"groupId":3,"groupName":"DELIVERED",` +
		`"id":5,"name":"DELIVERED_TO_HANDSET","description":"Message delivered to handset"},"error":{"groupId":0,"groupName":"OK","id":0,"name":"NO_ERROR",` +
		`"description":"No Error","permanent":false},"messageId":"MESSAGE-ID-123-xyz","to":"41793026727","sender":"InfoSMS",` +
		`"sentAt":"2019-11-09T16:00:00.000+0100","doneAt":"2019-11-09T16:00:01.500+0100","messageCount":3,"callbackData":"callbackData",` +
		`"platform":{"entityId":"promotional-traffic-entity","applicationId":"marketing-automation-application"}},` +
		`{"status":{"groupId":2,"groupName":"UNDELIVERABLE","id":9,"name":"UNDELIVERABLE_NOT_DELIVERED"},"error":{"groupId":1,"groupName":"HANDSET_ERRORS",` +
		`"id":27,"name":"EC_ABSENT_SUBSCRIBER","description":"secret words","permanent":false},"messageId":"12db39c3-7822-4e72-a3ec-c87442c0ffc5",` +
		`"to":"41793026834","sentAt":"2019-11-09T17:00:00.000+0000","mccMnc":"22801"}]}`
	callReport = `{"results":[{"bulkId":"8c20f086-d82b-48cc-b2b3-3ca5f7aca9fb","messageId":"ff4804ef-6ab6-4abd-984d-ab3b1387e852","from":"385333444",` +
		`"to":"385981178","sentAt":"2018-06-25T13:38:14.730+0000","mccMnc":"21901","callbackData":"DLR callback data","voiceCall":{"feature":"Voice-message",` +
		`"startTime":"2018-06-25T13:38:15.000+0000","answerTime":"2018-06-25T13:38:25.000+0000","endTime":"2018-06-25T13:38:28.316+0000","duration":10,` +
		`"chargedDuration":30,"fileDuration":19.3,"dtmfCodes":"1","ivr":{"scenarioId":"333","collectedDtmfs":"{}"}},"price":{"pricePerSecond":0.01,` +
		`"currency":"EUR"},"status":{"groupId":3,"groupName":"DELIVERED","id":5,"name":"DELIVERED_TO_HANDSET","description":"Message delivered to handset"},` +
		`"error":{"groupId":0,"groupName":"OK","id":5000,"name":"VOICE_ANSWERED","description":"Call answered by human","permanent":true}}]}`
)

func TestTheVendorsOwnExamples(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       []provider.Report
	}{
		{"SMS", smsReports, []provider.Report{
			{
				ID: "MESSAGE-ID-123-xyz", Reference: "MESSAGE-ID-123-xyz", Status: provider.Delivered, Price: "0.03", Currency: "EUR",
				At: time.Date(2019, 11, 9, 15, 0, 1, 500_000_000, time.UTC),
			},
			{
				ID: "12db39c3-7822-4e72-a3ec-c87442c0ffc5", Reference: "12db39c3-7822-4e72-a3ec-c87442c0ffc5", Status: provider.Undelivered,
				Code: "error 27", Reason: "the phone is off or out of reach", At: time.Date(2019, 11, 9, 17, 0, 0, 0, time.UTC), Network: "22801",
			},
		}},
		{"call", callReport, []provider.Report{{
			ID: "ff4804ef-6ab6-4abd-984d-ab3b1387e852", Reference: "ff4804ef-6ab6-4abd-984d-ab3b1387e852", Status: provider.Delivered, Price: "0.3", Currency: "EUR",
			At: time.Date(2018, 6, 25, 13, 38, 28, 316_000_000, time.UTC), Network: "21901",
		}}},
	} {
		got, err := receive(t, c.body, true)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if diff := cmp.Diff(provider.Reception{Reports: c.want}, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", c.name, diff)
		}
	}
}

func TestStatuses(t *testing.T) {
	for _, c := range []struct {
		group, id, err int
		want           provider.Status
		code, reason   string
	}{
		{0, 0, 0, provider.Accepted, "", ""},
		{1, 26, 0, provider.Accepted, "", ""},
		{1, 7, 0, provider.Sent, "", ""},
		{1, 3, 0, provider.Sent, "", ""},
		{1, 999, 0, provider.Accepted, "", ""},
		{3, 2, 0, provider.Sent, "", ""},
		{3, 5, 0, provider.Delivered, "", ""},
		{3, 5, 5001, provider.Delivered, "", ""},
		{3, 999, 0, provider.Delivered, "", ""},
		{2, 4, 0, provider.Undelivered, "status 4", infobip.StatusReason(4)},
		{2, 9, 1, provider.Undelivered, "error 1", infobip.ErrorReason(1)},
		{2, 9, 7777, provider.Undelivered, "error 7777", infobip.StatusReason(9)},
		{2, 31, 0, provider.Failed, "status 31", infobip.StatusReason(31)},
		{2, 96, 10200, provider.Undelivered, "error 10200", infobip.ErrorReason(10200)},
		{2, 97, 0, provider.Undelivered, "status 97", infobip.StatusReason(97)},
		{2, 98, 0, provider.Failed, "status 98", infobip.StatusReason(98)},
		{2, 999, 0, provider.Undelivered, "status 999", ""},
		{4, 15, 4101, provider.Expired, "error 4101", infobip.ErrorReason(4101)},
		{4, 29, 0, provider.Unconfirmed, "status 29", infobip.StatusReason(29)},
		{4, 87, 608, provider.Failed, "error 608", infobip.ErrorReason(608)},
		{4, 999, 0, provider.Expired, "status 999", ""},
		{5, 6, 0, provider.Failed, "status 6", infobip.StatusReason(6)},
		{5, 87, 0, provider.Failed, "status 87", infobip.StatusReason(87)},
		{5, 99, 0, provider.Undelivered, "status 99", infobip.StatusReason(99)},
		{5, 100, 0, provider.Failed, "status 100", infobip.StatusReason(100)},
		{5, 999, 447_400_123_456, provider.Failed, "", ""},
		{6, 1, 0, provider.Unconfirmed, "status 1", ""},
	} {
		body := fmt.Sprintf(`{"results":[{"messageId":"m1","status":{"groupId":%d,"id":%d,"name":"secret words"},"error":{"id":%d,"description":"secret words"}}]}`, c.group, c.id, c.err)
		got, err := receive(t, body, true)
		if err != nil {
			t.Errorf("%d/%d: %v", c.group, c.id, err)
			continue
		}
		want := provider.Reception{Reports: []provider.Report{{ID: "m1", Reference: "m1", Status: c.want, Code: c.code, Reason: c.reason}}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d/%d with error %d: -want +got:\n%s", c.group, c.id, c.err, diff)
		}
	}
}

// TestEveryErrorHasWords counts the table of errors, so that a line that is lost is missed.
func TestEveryErrorHasWords(t *testing.T) {
	known := 0
	for id := range 20_000 {
		if infobip.ErrorReason(id) != "" {
			known++
		}
	}
	if known != infobip.Errors() || known < 70 {
		t.Errorf("%d errors of %d have words", known, infobip.Errors())
	}
}

// TestWhatElseAReportSays looks at the fields that say nothing where they are not as they should be.
func TestWhatElseAReportSays(t *testing.T) {
	delivered := provider.Report{ID: "m1", Reference: "m1", Status: provider.Delivered}
	with := func(change func(*provider.Report)) provider.Report {
		r := delivered
		change(&r)
		return r
	}
	for fields, want := range map[string]provider.Report{
		`"price":{"pricePerMessage":0.0075,"currency":"USD"},"messageCount":2`: with(func(r *provider.Report) { r.Price, r.Currency = "0.015", "USD" }),
		`"price":{"pricePerMessage":0,"currency":"EUR"}`:                       with(func(r *provider.Report) { r.Price, r.Currency = "0", "EUR" }),
		`"price":{"pricePerMessage":10,"currency":"EUR"}`:                      with(func(r *provider.Report) { r.Price, r.Currency = "10", "EUR" }),
		`"price":{"pricePerMessage":1e9999,"currency":"secret words"}`:         delivered,
		`"price":{"pricePerMessage":-1,"currency":null}`:                       delivered,
		`"price":null,"voiceCall":null`:                                        delivered,
		`"price":{"pricePerSecond":0.01},"voiceCall":{"chargedDuration":-1}`:   delivered,
		`"price":{"pricePerMessage":0.000000000000000000001}`:                  delivered,
		`"mccMnc":"310410"`:       with(func(r *provider.Report) { r.Network = "310410" }),
		`"mccMnc":"null"`:         delivered,
		`"mccMnc":"447400123456"`: delivered,
		`"doneAt":"2019-11-09T16:00:00.000+0000","sentAt":"2019-11-09T15:00:00.000+0000"`: with(func(r *provider.Report) { r.At = time.Date(2019, 11, 9, 16, 0, 0, 0, time.UTC) }),
		`"doneAt":"2019-11-09T16:00:00Z"`:                                                 with(func(r *provider.Report) { r.At = time.Date(2019, 11, 9, 16, 0, 0, 0, time.UTC) }),
		`"doneAt":"yesterday","sentAt":"2019-11-09T15:00:00.000-0300"`:                    with(func(r *provider.Report) { r.At = time.Date(2019, 11, 9, 18, 0, 0, 0, time.UTC) }),
		`"doneAt":7`: delivered,
		`"sentAt":"2019-11-09T15:00:00.000+0000","voiceCall":{"endTime":null}`:              with(func(r *provider.Report) { r.At = time.Date(2019, 11, 9, 15, 0, 0, 0, time.UTC) }),
		`"voiceCall":{"startTime":"2019-11-09T15:00:00.000+0000","answerTime":null}`:        with(func(r *provider.Report) { r.At = time.Date(2019, 11, 9, 15, 0, 0, 0, time.UTC) }),
		`"error":{"groupId":0,"id":5000},"callbackData":"secret words","to":"secret words"`: delivered,
	} {
		got, err := receive(t, `{"results":[{"messageId":"m1","status":{"groupId":3,"id":5},`+fields+`}]}`, true)
		if err != nil {
			t.Errorf("%s: %v", fields, err)
			continue
		}
		if diff := cmp.Diff(provider.Reception{Reports: []provider.Report{want}}, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", fields, diff)
		}
	}
}

func TestWhatIsBelieved(t *testing.T) {
	for _, c := range []struct {
		name, body string
		trusted    bool
		want       provider.CallbackFault
	}{
		{"a report", smsReports, true, ""},
		{"a report at any address", smsReports, false, provider.Forged},
		{"garbage at any address", "{", false, provider.Forged},
		{"nothing", "", true, provider.Malformed},
		{"a form", "messageId=1&status=5", true, provider.Malformed},
		{"XML", "<results/>", true, provider.Malformed},
		{"half of it", smsReports[:100], true, provider.Malformed},
		{"two documents", smsReports + "{}", true, provider.Malformed},
		{"no results", `{"results":[]}`, true, provider.Malformed},
		{"results that are none", `{"results":{}}`, true, provider.Malformed},
		{"a message that came in", `{"results":[{"messageId":"1","text":"STOP"}],"messageCount":1}`, true, provider.Malformed},
		{"no id", `{"results":[{"status":{"groupId":3,"id":5}}]}`, true, provider.Malformed},
		{"no group", `{"results":[{"messageId":"1","status":{"id":5}}]}`, true, provider.Malformed},
		{"a second report that is none", strings.TrimSuffix(smsReports, "]}") + `,{}]}`, true, provider.Malformed},
	} {
		got, err := receive(t, c.body, c.trusted)
		if faultOf(err) != c.want || (err == nil) != (c.want == "") {
			t.Errorf("%s: got %v; want the fault %q", c.name, err, c.want)
		}
		if got.Signed || err != nil && len(got.Reports) > 0 {
			t.Errorf("%s: got %+v", c.name, got)
		}
	}
}
