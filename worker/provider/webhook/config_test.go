package webhook_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/webhook"
	"github.com/phonehook/phonehook/worker/provider/webhook/webhooksim"
)

const web = "url: https://example.com/send\n"

func TestConfigComplaints(t *testing.T) {
	for _, c := range []struct{ name, section, want string }{
		{"no address", ok, "url: is missing"},
		{"no TLS", "url: http://example.com" + ok, "url: must begin with https://; a look-alike beside the worker needs allow_insecure: true"},
		{"no address of the web", "url: ftp://example.com/" + ok, "url: is not an address such as https://example.com"},
		{"a password in the address", "url: https://u:hunter2@example.com/" + ok, "url: must not have a user name or a password in it"},
		{"a fragment", "url: 'https://example.com/#{{.To}}'" + ok, "url: must not have a fragment"},
		{"a host that is a template", "url: 'https://{{.Tenant}}.example.com/'" + ok, "url: must begin with a scheme and a host without templates"},
		{"a host that goes on", "url: 'https://example.com{{.Tenant}}/'" + ok, "url: must begin with a scheme and a host without templates"},
		{"a space", "url: 'https://example.com/a b{{.Tenant}}'" + ok, "url: does not do for a message that has everything: it has a space in it; write %20"},
		{"no channel", web + "channels: [fax]" + ok, `channels: "fax" is neither sms nor voice`},
		{"no method", web + "method: PATCH" + ok, `method: "PATCH" is not POST, PUT or GET`},
		{"no format", web + "format: xml" + ok, `format: "xml" is not json, form or text`},
		{"no sender", web + "from: Acme Incorporated" + ok, "from: is neither a number"},
		{"no number to call from", web + "voice: {from: Acme}" + ok, "voice.from: must be a number of 7 to 15 digits"},
		{"a name to call from", web + "channels: [voice]\nfrom: Acme" + ok, "voice.from: is missing; calls need a number, and from is none"},
		{"a number that a list can't have", web + "body: ['{{.TTL | div 0}}']" + ok, "body: does not do for a message that has everything: div is by a positive number"},
		{"no language", web + "voice: {languages: [Welsh one]}" + ok, "voice.languages: must be languages such as en-GB"},
		{"nothing to judge by", web, "success: is missing, and so is id"},

		{"no template", web + "body: {to: '{{.To'}" + ok, "body.to: is no template: 1: "},
		{"no such function", web + "body: {to: '{{shell .To}}'}" + ok, `body.to: is no template: 1: function "shell" not defined`},
		{"a function of Go's", web + "body: {to: '{{printf \"%99999d\" .TTL}}'}" + ok, "body.to: has the function printf, which templates here don't have"},
		{"no such value", web + "body: {a: [x, '{{.Too}}']}" + ok, "body.a[1]: has .Too; there are .To .Digits"},
		{"no such value in a branch", web + "body: {to: '{{if eq .Language \"xx\"}}{{else}}{{if .Code}}{{.Too}}{{end}}{{end}}'}" + ok, "body.to: has .Too; there are"},
		{"a part of a value", web + "body: {to: '{{.To.Length}}'}" + ok, "body.to: has .To.Length; there are"},
		{"no such secret", web + "body: {to: '{{.Secrets.key}}'}" + ok, "body.to: has .Secrets.key, and there is no such secret"},
		{"all secrets", web + "body: {to: '{{.Secrets}}'}\nsecrets: {a: {value: b}}" + ok, "body.to: has .Secrets, and there is no such secret"},
		{"all values", web + "body: {to: '{{.}}'}" + ok, "body.to: has {{.}}, which is no value"},
		{"all values again", web + "body: {to: '{{$}}'}" + ok, "body.to: has $, which is no value"},
		{"a value within with", web + "body: {to: '{{with .Code}}{{.To}}{{end}}'}" + ok, "body.to: has .To within with; write {{$.To}}"},
		{"a loop", web + "body: {to: '{{range 1000000000}}x{{end}}'}" + ok, "body.to: has {{range 1000000000}}x{{end}}, which templates here don't have"},
		{"a template within", web + "body: {to: '{{define \"a\"}}{{end}}'}" + ok, "body.to: defines a template"},
		{"no number", web + "body: {to: '{{number .Country}}'}" + ok, "body.to: does not do for a message that has everything: what should be a number is none"},
		{"no number at times", web + "body: {n: {ttl: '{{number .Country | number}}'}}\n" + ok, "body.n.ttl: does not do for a message that has everything"},
		{"an empty number", web + "body: {n: {at: '{{unix .Expires | number}}'}}\n" + ok, "body.n.at: does not do for a message that has no country, no language, no sender, no end and no address for reports: there is no number; end the name with ? to leave it out"},
		{"no division", web + "body: {n: '{{.TTL | div 0}}'}" + ok, "body.n: does not do for a message that has everything: "},
		{"no escaping in a text", web + "format: text\nbody: '<to>{{.Text}}</to>'" + ok, "body: has {{.Text}}, which does not say how it is escaped"},

		{"a body that is no tree", web + "body: '{{.To}}'" + ok, "body: must be a mapping or a sequence"},
		{"a text that is a tree", web + "format: text\nbody: {a: b}" + ok, "body: must be one string"},
		{"a form that is a list", web + "format: form\nbody: [a]" + ok, "body: must be a mapping of names to templates"},
		{"a form that is a tree", web + "format: form\nbody: {a: {b: c}}" + ok, "body.a: is no value"},
		{"a name twice", web + "body: {a: 1, 'a?': 2}" + ok, "body.a: is given twice"},
		{"a name twice in a form", web + "format: form\nbody: {a: 1, 'a?': 2}" + ok, "body.a: is given twice"},
		{"a merge", web + "body: {a: &x {b: 1}, c: {<<: *x}}" + ok, "body.c: has a name that is no string"},
		{"no number of JSON", web + "body: {a: .nan}" + ok, "body.a: a value can't be written as JSON"},
		{"bytes", web + "body: {a: !!binary aGk=}" + ok, "body.a: has the type !!binary, which JSON does not have"},
		{"a body of GET", web + "method: GET\nbody: {a: b}" + ok, "body: can't be sent by GET"},
		{"a laughing body", web + "body: {a: &a [1,1,1,1,1,1,1,1], b: &b [*a,*a,*a,*a,*a,*a,*a,*a], c: &c [*b,*b,*b,*b,*b,*b,*b,*b], d: [*c,*c,*c,*c,*c,*c,*c,*c]}" + ok, "makes the body larger than 500 values"},
		{"a long template", web + "body: {a: '" + strings.Repeat("x", 17_000) + "'}" + ok, "body.a: is longer than 16384 bytes"},

		{"no header", web + "headers: {'X Y': a}" + ok, "headers.X Y: is not the name of a header"},
		{"the host", web + "headers: {host: a}" + ok, "headers.host: can't be set; the connection decides it"},
		{"a proxy's", web + "headers: {Proxy-Authorization: a}" + ok, "headers.Proxy-Authorization: can't be set"},
		{"a header twice", web + "headers: {X-a: a, x-A: b}" + ok, "headers.x-A: is given twice"},
		{"a line break", web + "headers: {X-A: \"a\\nb\"}" + ok, "headers.X-A: does not do for a message that has everything: it has a line break"},
		{"two ways of authorization", web + "bearer: a\nheaders: {'authorization?': b}" + ok, "bearer: is one of several that make the header Authorization"},
		{"basic and bearer", web + "bearer: a\nbasic: {user: a, password: b}" + ok, "bearer: is one of several"},
		{"bearer twice", web + "bearer: a\nbearer_file: b" + ok, "bearer: is given twice"},
		{"no user", web + "basic: {password: b}" + ok, "basic.user: is missing"},
		{"no password", web + "basic: {user: a}" + ok, "basic.password: is missing"},
		{"a secret with a bad name", web + "secrets: {a-b: {value: c}}" + ok, "secrets: has a name that is not letters"},
		{"a secret twice", web + "secrets: {a: {value: c, file: d}}" + ok, "secrets.a: is given twice"},
		{"no secret", web + "secrets: {a: {}}" + ok, "secrets.a: is missing"},

		{"no expression", web + "success: status ==", "success: is no expression: "},
		{"no truth", web + "success: status", "success: is no expression: expected bool, but got int"},
		{"an unknown name", web + "success: state == 1", "success: is no expression: unknown name state"},
		{"a function that is not allowed", web + "id: repeat(text, 1000)", "id: is no expression: unknown name repeat"},
		{"no pattern", web + "id: capture(text, '(')", "id: is no expression: error parsing regexp"},
		{"no group", web + "id: capture(text, 'a')", "id: is no expression: the pattern of capture must have one group in parentheses"},
		{"a pattern that is no constant", web + "id: capture(text, text)", "id: is no expression: the pattern of capture must be a string in quotes"},
		{"no pattern of matches", web + `success: text matches "("`, "success: is no expression: error parsing regexp"},
		{"a long expression", web + "id: " + strings.Repeat("1+", 9000) + "1", "id: is longer than 16384 bytes"},
		{"many parts", web + "id: " + strings.Repeat("1+", 400) + "1", "id: is no expression: compilation failed: expression exceeds maximum allowed nodes"},
		{"no kind", web + "errors: [{when: 'true', kind: bad}]" + ok, `errors[0].kind: "bad" is not refused`},
		{"no condition", web + "errors: [{kind: refused}]" + ok, "errors[0].when: is missing"},
		{"no code", web + "errors: [{when: 'true', kind: refused, code: '('}]" + ok, "errors[0].code: is no expression"},
		{"an example without a verdict", web + "examples: [{status: 200}]" + ok, `examples[0].want: "" is neither taken nor the kind of a failure`},
		{"an example that is judged otherwise", web + "examples: [{status: 200, want: taken}, {status: 500, want: refused}]" + ok, "examples[1]: is judged as unknown; it should be refused"},
		{"an example with another id", web + "id: body.id\nexamples: [{status: 200, body: '{\"id\":7}', want: taken, id: '8'}]", `examples[0]: has the id "7"; it should be "8"`},
		{"an example with another code", web + "examples: [{status: 500, want: unknown, code: '8'}]" + ok, `examples[0]: has the code "HTTP 500"; it should be "8"`},

		{"reports without a status", web + "receipts: {statuses: {a: sent}}" + ok, "receipts.status: is missing"},
		{"reports without statuses", web + "receipts: {status: text}" + ok, "receipts.statuses: is missing"},
		{"no status", web + "receipts: {status: text, statuses: {a: lost}}" + ok, `receipts.statuses.a: "lost" is not accepted`},
		{"no expression of reports", web + "receipts: {status: status, statuses: {a: sent}}" + ok, "receipts.status: is no expression: unknown name status"},
		{"no signature", web + "receipts: {status: text, statuses: {a: sent}, hmac: {encoding: b, over: c, algorithm: md5}}" + ok, "receipts.hmac.secret: is missing"},
		{"no algorithm", web + "receipts: {status: text, statuses: {a: sent}, hmac: {header: X, secret: s, algorithm: md5}}" + ok, `receipts.hmac.algorithm: "md5" is neither sha256 nor sha1`},
		{"a report that says something else", web + "receipts: {status: body.s, id: body.i, statuses: {a: sent}, examples: [{body: '{\"s\":\"b\",\"i\":1}', want: sent, id: '2'}]}" + ok, `receipts.examples[0]: has the status "unknown", which should be "sent", and the id "1", which should be "2"`},
		{"a report that can't be read", web + "receipts: {status: body.s, statuses: {a: sent}, examples: [{body: x, want: sent}]}" + ok, "receipts.examples[0]: can't be read"},
		{"an unknown key", web + "ulr: x" + ok, "unknown key ulr"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parse(c.section)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Error("the complaint repeats a secret")
			}
		})
	}
}

func TestConfigComplainsAboutEverythingAtOnce(t *testing.T) {
	_, err := parse(web + "body: {a: '{{.Too}}'}\nheaders: {'X Y': a}\nsuccess: x\nerrors: [{kind: x}]\nreceipts: {}\n")
	for _, path := range []string{"body.a", "headers.X Y", "success", "errors[0].kind", "errors[0].when", "receipts.status", "receipts.statuses"} {
		if err == nil || !strings.Contains(err.Error(), path+": ") {
			t.Errorf("nothing about %s in %q", path, err)
		}
	}
}

func TestSecretsFromFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, broken := write("good", "s3cret\n"), write("broken", "hunter2\nhunter3\n")
	for _, c := range []struct{ name, section, want string }{
		{"good ones", "bearer_file: " + good + "\nsecrets: {a: {file: " + good + "}}\nheaders: {X-A: '{{.Secrets.a}}'}" + ok, ""},
		{"basic", "basic: {user: u, password_file: " + good + "}" + ok, ""},
		{"a missing one", "secrets: {a: {file: /nothing/here}}" + ok, "secrets.a.file: open /nothing/here: no such file or directory"},
		{"a missing token", "bearer_file: /nothing/here" + ok, "bearer_file: open /nothing/here: no such file or directory"},
		{"a missing password", "basic: {user: u, password_file: /nothing/here}" + ok, "basic.password_file: open"},
		{"a missing key", "receipts: {status: text, statuses: {a: sent}, hmac: {header: X, secret_file: /nothing/here}}" + ok, "receipts.hmac.secret_file: open"},
		{"a token of two lines", "bearer_file: " + broken + ok, "bearer: has a line break"},
		{"a header of two lines", "secrets: {a: {file: " + broken + "}}\nheaders: {X-A: '{{.Secrets.a}}'}" + ok, "headers.X-A: does not do for a message that has everything: it has a line break"},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, err := create(web+c.section, provider.Account{})
			if err == nil {
				client.Close()
			}
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "hunter") {
				t.Error("the complaint repeats a secret")
			}
		})
	}
}

func TestTheLookAlikesSectionIsValid(t *testing.T) {
	cfg := config(t, webhooksim.Section("http://127.0.0.1:1"))
	if err := cfg.Validate(); err != nil {
		t.Error(err)
	}
	var none webhook.Config
	if none.Validate() == nil {
		t.Error("nothing at all is valid")
	}
}
