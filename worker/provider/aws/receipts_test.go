package aws_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // as the vendor signs
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/aws"
	"github.com/phonehook/phonehook/worker/provider/aws/awssim"
)

// at is when the tests' notifications are signed and come.
var at = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

const certificateURL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"

// privateKey is the look-alike's.
func privateKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	raw, err := os.ReadFile("awssim/development-private.pem")
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(raw)
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// vendor is SNS: it has a certificate and confirms subscriptions.
type vendor struct {
	*httptest.Server
	status      atomic.Int32
	certificate []byte
	fetched     atomic.Int32
	confirmed   atomic.Pointer[string]
}

func newVendor(t *testing.T, status int, certificate []byte) *vendor {
	t.Helper()
	v := &vendor{certificate: certificate}
	v.status.Store(int32(status)) //nolint:gosec // it has three digits
	v.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/SimpleNotificationService-") {
			v.fetched.Add(1)
		} else {
			query := r.URL.RawQuery
			v.confirmed.Store(&query)
		}
		w.WriteHeader(int(v.status.Load()))
		_, _ = w.Write(v.certificate)
	}))
	t.Cleanup(v.Close)
	return v
}

func developmentCertificate(t *testing.T) []byte {
	t.Helper()
	raw, err := os.ReadFile("awssim/development-certificate.pem")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// certificate makes one of its own for a public key.
func certificate(t *testing.T, public any, name string, from, to time.Time) []byte {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotBefore: from, NotAfter: to}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, privateKey(t))
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// receiver returns a client that asks v in place of the vendor's hosts.
func receiver(t *testing.T, v *vendor) *aws.Client {
	t.Helper()
	client, err := aws.New(changed(config, func(c *aws.Config) {
		c.TopicARN = append(c.TopicARN, "arn:aws:sns:af-south-1:123456789012:phonehook", "arn:aws-us-gov:sns:us-gov-east-1:123456789012:phonehook")
	})(v.URL), provider.Account{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// fields returns those of a notification.
func fields(message string) map[string]string {
	return map[string]string{
		"Type": "Notification", "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324", "TopicArn": topic, "Message": message,
		"Timestamp": "2026-11-25T12:00:00.000Z", "SignatureVersion": "2", "SigningCertURL": certificateURL,
		"UnsubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe",
	}
}

// signed makes the vendor's request of fields: every one is signed but those about the signature.
func signed(t *testing.T, fields map[string]string) provider.Callback {
	t.Helper()
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if name != "UnsubscribeURL" && !strings.HasPrefix(name, "Sign") {
			text.WriteString(name + "\n" + fields[name] + "\n")
		}
	}
	hash, long := crypto.SHA256, sha256.Sum256([]byte(text.String()))
	sum := long[:]
	if fields["SignatureVersion"] == "1" {
		short := sha1.Sum([]byte(text.String())) //nolint:gosec // as the vendor signs
		hash, sum = crypto.SHA1, short[:]
	}
	signature, err := rsa.SignPKCS1v15(rand.Reader, privateKey(t), hash, sum)
	if err != nil {
		t.Fatal(err)
	}
	whole := maps.Clone(fields)
	whole["Signature"] = base64.StdEncoding.EncodeToString(signature)
	return callback(t, whole)
}

func callback(t *testing.T, fields map[string]string) provider.Callback {
	t.Helper()
	body, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return provider.Callback{
		Method: http.MethodPost, URL: "https://phonehook.example.com/receipts/aws/aws/a.x", Body: body, At: at, Trusted: true,
		Header: http.Header{"Content-Type": {"text/plain; charset=UTF-8"}},
	}
}

func faultOf(err error) provider.CallbackFault {
	if failure, ok := errors.AsType[*provider.CallbackError](err); ok {
		return failure.Fault
	}
	return ""
}

func event(kind, rest string) string {
	return `{"eventType":"` + kind + `","eventVersion":"1.0","eventTimestamp":1764072000123,"destinationPhoneNumber":"+447400123456",` +
		`"messageId":"m1","messageStatusDescription":"secret words","context":{"reference":"r1","tenant":"acme"}` + rest + `}`
}

func TestStatuses(t *testing.T) {
	client := receiver(t, newVendor(t, http.StatusOK, developmentCertificate(t)))
	statuses := map[string]provider.Status{
		"TEXT_QUEUED": provider.Accepted, "TEXT_PENDING": provider.Accepted, "TEXT_SENT": provider.Sent, "TEXT_SUCCESSFUL": provider.Sent,
		"TEXT_DELIVERED": provider.Delivered, "TEXT_INVALID": provider.Undelivered, "TEXT_INVALID_MESSAGE": provider.Failed,
		"TEXT_UNREACHABLE": provider.Undelivered, "TEXT_CARRIER_UNREACHABLE": provider.Undelivered, "TEXT_BLOCKED": provider.Undelivered,
		"TEXT_CARRIER_BLOCKED": provider.Undelivered, "TEXT_SPAM": provider.Undelivered, "TEXT_UNKNOWN": provider.Unconfirmed,
		"TEXT_TTL_EXPIRED": provider.Expired, "TEXT_PROTECT_BLOCKED": provider.Failed,
		"VOICE_INITIATED": provider.Accepted, "VOICE_RINGING": provider.Sent, "VOICE_ANSWERED": provider.Delivered,
		"VOICE_COMPLETED": provider.Delivered, "VOICE_BUSY": provider.Undelivered, "VOICE_NO_ANSWER": provider.Undelivered,
		"VOICE_FAILED": provider.Failed, "VOICE_TTL_EXPIRED": provider.Expired, "TEXT_NEW": provider.Unconfirmed,
	}
	for kind, want := range statuses {
		for rest, status := range map[string]provider.Status{``: want, `,"isFinal":true`: want, `,"isFinal":false`: notFinal(want)} {
			got, err := client.Receive(t.Context(), signed(t, fields(event(kind, rest))))
			if err != nil || len(got.Reports) != 1 {
				t.Fatalf("%s: got %+v, %v", kind, got, err)
			}
			report := got.Reports[0]
			failed := want != provider.Accepted && want != provider.Sent && want != provider.Delivered && kind != "TEXT_NEW"
			if kind == "TEXT_NEW" {
				status = provider.Unconfirmed
			}
			if report.Status != status || (report.Code == kind) != failed || (report.Reason != "") != failed {
				t.Errorf("%s%s: got %+v; want the status %q", kind, rest, report, status)
			}
			if report.Reference != "r1" || report.Tenant != "acme" || report.ID != "m1" || !report.At.Equal(time.UnixMilli(1_764_072_000_123)) {
				t.Errorf("%s: got %+v", kind, report)
			}
		}
	}
	delete(statuses, "TEXT_NEW")
	known := aws.Outcomes()
	slices.Sort(known)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(statuses)), known); diff != "" {
		t.Errorf("the test's list and the table: -test +table:\n%s", diff)
	}
}

// notFinal is what a status is while the vendor still tries.
func notFinal(status provider.Status) provider.Status {
	if slices.Contains([]provider.Status{provider.Undelivered, provider.Failed, provider.Expired, provider.Unconfirmed}, status) {
		return provider.Sent
	}
	return status
}

func TestWhatAReportSays(t *testing.T) {
	client := receiver(t, newVendor(t, http.StatusOK, developmentCertificate(t)))
	for _, c := range []struct {
		name, message string
		want          provider.Report
	}{
		{
			"price, fee and network", event("TEXT_DELIVERED", `,"mcc":"310","mnc":"800","carrierName":"Acme","totalMessagePrice":0.00581,"totalCarrierFee":0.00302`),
			provider.Report{Price: "0.00883", Currency: "USD", Network: "310800"},
		},
		{"a price alone", event("TEXT_DELIVERED", `,"carrierName":"Acme","totalMessagePrice":1.5`), provider.Report{Price: "1.5", Currency: "USD", Network: "Acme"}},
		{"no price", event("TEXT_DELIVERED", `,"mcc":"310","totalCarrierFee":0.1`), provider.Report{}},
		{"a price of nothing", event("TEXT_DELIVERED", `,"totalMessagePrice":0.0`), provider.Report{Price: "0", Currency: "USD"}},
	} {
		c.want.Reference, c.want.Tenant, c.want.ID, c.want.Status = "r1", "acme", "m1", provider.Delivered
		c.want.At = time.UnixMilli(1_764_072_000_123).UTC()
		got, err := client.Receive(t.Context(), signed(t, fields(c.message)))
		if diff := cmp.Diff(provider.Reception{Signed: true, Reports: []provider.Report{c.want}}, got); err != nil || diff != "" {
			t.Errorf("%s: %v, -want +got:\n%s", c.name, err, diff)
		}
	}
	for name, message := range map[string]string{
		"the check of a topic": "Successfully validated SNS topic for Amazon Pinpoint event publishing.", "another event": `{"eventType":"REGISTRATION"}`,
		"other JSON": `[1]`, "no message": `{"messageId":"m1"}`,
	} {
		if got, err := client.Receive(t.Context(), signed(t, fields(message))); err != nil || !got.Signed || len(got.Reports) != 0 {
			t.Errorf("%s: got %+v, %v; want no report", name, got, err)
		}
	}
	if _, err := client.Receive(t.Context(), signed(t, fields(event("TEXT_SENT", `,"mcc":310`)))); faultOf(err) != provider.Malformed {
		t.Errorf("an event that can't be read: got %v", err)
	}
}

func TestWhatIsBelieved(t *testing.T) {
	client := receiver(t, newVendor(t, http.StatusOK, developmentCertificate(t)))
	with := func(name, value string) func(map[string]string) {
		return func(f map[string]string) { f[name] = value }
	}
	for _, c := range []struct {
		name string
		// before is done to the fields that are signed, and after to the request.
		before func(map[string]string)
		after  func(*provider.Callback)
		want   provider.CallbackFault
	}{
		{"signed", nil, nil, ""},
		{"version 1", with("SignatureVersion", "1"), nil, ""},
		{"with a subject", with("Subject", "A subject"), nil, ""},
		{"an hour later", nil, func(c *provider.Callback) { c.At = at.Add(time.Hour) }, ""},
		{"two hours later", nil, func(c *provider.Callback) { c.At = at.Add(2 * time.Hour) }, provider.Stale},
		{"before it was signed", nil, func(c *provider.Callback) { c.At = at.Add(-time.Hour) }, provider.Stale},
		{"without a time", with("Timestamp", "now"), nil, provider.Malformed},
		{"at any address", nil, func(c *provider.Callback) { c.Trusted = false }, provider.Forged},
		{"another topic", with("TopicArn", topic+"2"), nil, provider.Forged},
		{"version 3", with("SignatureVersion", "3"), nil, provider.Forged},
		{"another message", nil, replace("TEXT_DELIVERED", "TEXT_INVALID"), provider.Forged},
		{"another id", nil, replace("22b80b92", "22b80b93"), provider.Forged},
		{"another version than was signed", nil, replace(`"SignatureVersion":"2"`, `"SignatureVersion":"1"`), provider.Forged},
		{"no signature", nil, unsign, provider.Forged},
		{"a signature that is none", nil, replace(`"Signature":"`, `"Signature":"!`), provider.Forged},
		{"another type", with("Type", "Other"), nil, provider.Malformed},
		{"no id", with("MessageId", ""), nil, provider.Malformed},
		{"a certificate over http", with("SigningCertURL", strings.Replace(certificateURL, "https", "http", 1)), nil, provider.Forged},
		{"a certificate of another host", with("SigningCertURL", strings.Replace(certificateURL, "amazonaws.com", "amazonaws.com.example.com", 1)), nil, provider.Forged},
		{"a certificate of another region", with("SigningCertURL", strings.Replace(certificateURL, "eu-west-1", "us-east-1", 1)), nil, provider.Forged},
		{"a certificate of a bucket", with("SigningCertURL", strings.Replace(certificateURL, "sns.", "s3.", 1)), nil, provider.Forged},
		{"a certificate of another port", with("SigningCertURL", strings.Replace(certificateURL, ".com/", ".com:444/", 1)), nil, provider.Forged},
		{"a certificate with a user", with("SigningCertURL", strings.Replace(certificateURL, "https://", "https://a@", 1)), nil, provider.Forged},
		{"a certificate of another path", with("SigningCertURL", "https://sns.eu-west-1.amazonaws.com/x/SimpleNotificationService-1.pem"), nil, provider.Forged},
		{"a certificate with a query", with("SigningCertURL", certificateURL+"?x"), nil, provider.Forged},
		{"a certificate with a fragment", with("SigningCertURL", certificateURL+"#x"), nil, provider.Forged},
		{"a certificate at no address", with("SigningCertURL", "://"), nil, provider.Forged},
	} {
		f := fields(event("TEXT_DELIVERED", ""))
		if c.before != nil {
			c.before(f)
		}
		request := signed(t, f)
		if c.after != nil {
			c.after(&request)
		}
		got, err := client.Receive(t.Context(), request)
		if faultOf(err) != c.want || (err == nil) != (c.want == "") || got.Signed != (c.want == "") {
			t.Errorf("%s: got %+v, %v; want the fault %q", c.name, got, err, c.want)
		}
	}
}

func replace(old, by string) func(*provider.Callback) {
	return func(c *provider.Callback) { c.Body = []byte(strings.Replace(string(c.Body), old, by, 1)) }
}

// TestTheVectorsOfASignature fixes what is signed: both signatures were made by another program
// (openssl dgst -sign).
func TestTheVectorsOfASignature(t *testing.T) {
	client := receiver(t, newVendor(t, http.StatusOK, developmentCertificate(t)))
	for version, signature := range map[string]string{
		"1": `T5Jw0y7Lcz6yFvMwpIy+fW84gjQXdMLSDKNqd9j3Clfx3bLdCSfZukO3r9Bl5PbxP8MHZTqYorRI6AYzrOBA+cMfBfTL4USp/VWMbLlQ7bHsYs3q34IM/jJmMFfUS2/R` +
			`VuLkQ6+M7L+eSCEq8YPYNzelLFPj7VwexrQQhtuVRQdGPAp//HrcztVy0beFfAjnAeTjuVvAWMpZeeGaCEMOIBOWnURz0UBzKhxrHfoF4J+5wFLL61JrdU0FypHmvteQ` +
			`zNgkL5QY2yAFvG+w4rET3utFsr9cbs/W0jhjHg3LlRbag6hT0zqR7lcRwBypJq6mDU9G40em1PS0Kg+4LLKGLQ==`,
		"2": `cAXzxyaZzFd+5OQ6fi+Ozav6KsdKr3NC4zC7znxfc+IS2DuahoHzE3iy1p0xevufQYtRcq1YlZzSgLVQY2xvuW9Vsgza9cckdfdZNwlqYGZ5Z/utafqQXSXnFJ0vyBfD` +
			`NLQvJJbwr1a/7/l1esx0CcpfSQC/ID0Vj9WzUVdY8X/WVC4H8iSlfcmOnZCAD+uCvLZ04PB5qQnsXq2exV0gmYe+u6P7ttr9TVoI95Rk4UjWvd9hyZE9NyiNNkd8VesA` +
			`JzEdPvKjJacZF02z5iYzZIESk8X4wAKmmilBM337CZIUdJew2YPHOzAa6MNoOjCd1gCLDarebkoCaVRXm4zEgA==`,
	} {
		f := fields(`{"eventType":"TEXT_DELIVERED","messageId":"m1"}`)
		f["Subject"], f["SignatureVersion"], f["Signature"] = "A subject", version, signature
		got, err := client.Receive(t.Context(), callback(t, f))
		want := provider.Reception{Signed: true, Reports: []provider.Report{{ID: "m1", Status: provider.Delivered}}}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("version %s: %v, -want +got:\n%s", version, err, diff)
		}
	}
}

func TestCertificates(t *testing.T) {
	public := privateKey(t).Public()
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	day := 24 * time.Hour
	good := certificate(t, public, "sns.amazonaws.com", at.Add(-day), at.Add(day))
	for _, c := range []struct {
		name        string
		status      int
		certificate []byte
		want        provider.CallbackFault
	}{
		{"good", http.StatusOK, good, ""},
		{"of the region", http.StatusOK, certificate(t, public, "sns-signing.eu-west-1.amazonaws.com", at.Add(-day), at.Add(day)), ""},
		{"of another region", http.StatusOK, certificate(t, public, "sns-signing.af-south-1.amazonaws.com", at.Add(-day), at.Add(day)), provider.Forged},
		{"of another service", http.StatusOK, certificate(t, public, "sqs.amazonaws.com", at.Add(-day), at.Add(day)), provider.Forged},
		{"expired", http.StatusOK, certificate(t, public, "sns.amazonaws.com", at.Add(-2*day), at.Add(-day)), provider.Forged},
		{"not yet good", http.StatusOK, certificate(t, public, "sns.amazonaws.com", at.Add(day), at.Add(2*day)), provider.Forged},
		{"not of RSA", http.StatusOK, certificate(t, curve.Public(), "sns.amazonaws.com", at.Add(-day), at.Add(day)), provider.Forged},
		{"there is none", http.StatusForbidden, nil, provider.Forged},
		{"too many requests", http.StatusTooManyRequests, nil, provider.Unanswerable},
		{"the vendor is down", http.StatusServiceUnavailable, good, provider.Unanswerable},
		{"a redirect", http.StatusFound, good, provider.Unanswerable},
		{"no PEM", http.StatusOK, []byte("<html>"), provider.Unanswerable},
		{"a key", http.StatusOK, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte{1}}), provider.Unanswerable},
		{"no certificate", http.StatusOK, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte{1}}), provider.Unanswerable},
	} {
		client := receiver(t, newVendor(t, c.status, c.certificate))
		if _, err := client.Receive(t.Context(), signed(t, fields(event("TEXT_SENT", "")))); faultOf(err) != c.want || (err == nil) != (c.want == "") {
			t.Errorf("%s: got %v; want the fault %q", c.name, err, c.want)
		}
	}
}

func TestCertificatesOfOtherRegions(t *testing.T) {
	for arn, name := range map[string]string{
		"arn:aws:sns:af-south-1:123456789012:phonehook":           "sns-signing.af-south-1.amazonaws.com",
		"arn:aws-us-gov:sns:us-gov-east-1:123456789012:phonehook": "sns-us-gov-west-1.amazonaws.com",
	} {
		client := receiver(t, newVendor(t, http.StatusOK, certificate(t, privateKey(t).Public(), name, at.Add(-time.Hour), at.Add(time.Hour))))
		f := fields(event("TEXT_SENT", ""))
		f["TopicArn"], f["SigningCertURL"] = arn, strings.Replace(certificateURL, "eu-west-1", strings.Split(arn, ":")[3], 1)
		if _, err := client.Receive(t.Context(), signed(t, f)); err != nil {
			t.Errorf("%s: %v", arn, err)
		}
	}
}

func TestACertificateIsFetchedOnce(t *testing.T) {
	v := newVendor(t, http.StatusOK, developmentCertificate(t))
	client := receiver(t, v)
	request := signed(t, fields(event("TEXT_SENT", "")))
	const together = 20
	failed := make(chan error, together)
	for range together {
		go func() {
			_, err := client.Receive(t.Context(), request)
			failed <- err
		}()
	}
	for range together {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	if n := v.fetched.Load(); n != 1 {
		t.Errorf("the certificate was fetched %d times; want once", n)
	}
	// Other addresses are other certificates, of which not all are kept.
	for i := range 40 {
		f := fields(event("TEXT_SENT", ""))
		f["SigningCertURL"] = strings.Replace(certificateURL, "0123", string(rune('a'+i%26))+strings.Repeat("0", i), 1)
		if _, err := client.Receive(t.Context(), signed(t, f)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := client.Receive(t.Context(), request); err != nil || v.fetched.Load() != 42 {
		t.Errorf("got %v after %d certificates; want the first to have been forgotten", err, v.fetched.Load())
	}
}

func TestAVendorThatCantBeReachedIsToTryAgain(t *testing.T) {
	v := newVendor(t, http.StatusOK, nil)
	client := receiver(t, v)
	v.Close()
	if _, err := client.Receive(t.Context(), signed(t, fields(event("TEXT_SENT", "")))); faultOf(err) != provider.Unanswerable {
		t.Errorf("got %v; want it to be unanswerable", err)
	}
}

const confirmation = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=" + topic + "&Token=t1"

func subscription(kind, address string) map[string]string {
	f := fields("You have chosen to subscribe.")
	delete(f, "UnsubscribeURL")
	f["Type"], f["Token"], f["SubscribeURL"] = kind, "t1", address
	return f
}

func TestSubscriptionsAreConfirmed(t *testing.T) {
	v := newVendor(t, http.StatusOK, developmentCertificate(t))
	client := receiver(t, v)
	got, err := client.Receive(t.Context(), signed(t, subscription("SubscriptionConfirmation", confirmation)))
	if err != nil || !got.Signed || len(got.Reports) != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
	if query := v.confirmed.Load(); query == nil || *query != "Action=ConfirmSubscription&TopicArn="+topic+"&Token=t1" {
		t.Errorf("the vendor was asked for %v", query)
	}
}

func TestWhatIsNotConfirmed(t *testing.T) {
	for _, c := range []struct {
		name   string
		fields map[string]string
		want   provider.CallbackFault
	}{
		{"the end of a subscription", subscription("UnsubscribeConfirmation", confirmation), ""},
		{"another host", subscription("SubscriptionConfirmation", strings.Replace(confirmation, "sns.eu-west-1.amazonaws.com", "example.com", 1)), provider.Forged},
		{"another region", subscription("SubscriptionConfirmation", strings.Replace(confirmation, "sns.eu-west-1", "sns.us-east-1", 1)), provider.Forged},
		{"another action", subscription("SubscriptionConfirmation", strings.Replace(confirmation, "ConfirmSubscription", "DeleteTopic", 1)), provider.Forged},
		{"another topic", subscription("SubscriptionConfirmation", strings.Replace(confirmation, "123456789012", "123456789013", 1)), provider.Forged},
		{"another path", subscription("SubscriptionConfirmation", strings.Replace(confirmation, "/?", "/x?", 1)), provider.Forged},
	} {
		v := newVendor(t, http.StatusOK, developmentCertificate(t))
		_, err := receiver(t, v).Receive(t.Context(), signed(t, c.fields))
		if faultOf(err) != c.want || (err == nil) != (c.want == "") || v.confirmed.Load() != nil {
			t.Errorf("%s: got %v; want the fault %q and nothing confirmed", c.name, err, c.want)
		}
	}
	v := newVendor(t, http.StatusOK, developmentCertificate(t))
	client := receiver(t, v)
	if _, err := client.Receive(t.Context(), signed(t, fields(""))); err != nil {
		t.Fatal(err)
	}
	v.status.Store(http.StatusInternalServerError)
	if _, err := client.Receive(t.Context(), signed(t, subscription("SubscriptionConfirmation", confirmation))); faultOf(err) != provider.Unanswerable {
		t.Errorf("a vendor that fails: got %v; want it to try again", err)
	}
}

// TestTheLookAlikesSubscription has a subscription confirmed at the look-alike.
func TestTheLookAlikesSubscription(t *testing.T) {
	look, client := start(t, config)
	request, err := look.Subscription("https://phonehook.example.com/")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		t.Fatal(err)
	}
	c := provider.Callback{Method: request.Method, URL: request.URL.String(), Header: request.Header, Body: body, At: time.Now(), Trusted: true}
	if _, err := client.Receive(t.Context(), c); err != nil || look.Confirmed() != 1 {
		t.Errorf("got %v and %d confirmations (refused: %v)", err, look.Confirmed(), look.Stats().Refused)
	}
	other := awssim.New(awssim.Options{TopicARN: topic + "2"})
	defer other.Close()
	if request, err = other.Subscription("https://phonehook.example.com/"); err != nil {
		t.Fatal(err)
	}
	if c.Body, err = io.ReadAll(request.Body); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Receive(t.Context(), c); faultOf(err) != provider.Forged || look.Confirmed() != 1 {
		t.Errorf("another's topic: got %v and %d confirmations", err, look.Confirmed())
	}
}
