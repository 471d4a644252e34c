package esendex

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/phonehook/phonehook/worker/provider"
)

// headers is the answer to messages that were taken: one header for each, whose id the vendor's
// reports have (github.com/esendex/esendex-go-sdk, send_test.go).
type headers struct {
	XMLName  xml.Name `xml:"messageheaders"`
	Messages []struct {
		ID string `xml:"id,attr"`
	} `xml:"messageheader"`
}

// statuses are the HTTP statuses that mean something else here than with most vendors. Their names
// are those of github.com/esendex/esendex-php-sdk, src/Esendex/Http/HttpClient.php. The rest is as
// provider.StatusError has it. The vendor's errors have no code, only a text, which is not read.
var statuses = map[int]struct {
	kind   provider.Kind
	detail string
}{
	// The number, the sender or the account reference can be at fault, and only the text
	// says which. So another vendor is tried.
	http.StatusBadRequest: {provider.Unroutable, "the vendor does not take this message; the recipient, the sender or account_reference may be at fault"},
	http.StatusForbidden:  {provider.Misconfigured, "the user may not use this account_reference"},
	// The time that ended may have been that of handing the message on.
	http.StatusRequestTimeout: {provider.Unknown, "the vendor's time was over with the message in hand"},
}

// judge reads an answer.
func judge(a *provider.Answer) (provider.Receipt, error) {
	if failure := provider.StatusError(a); failure != nil {
		if own, ok := statuses[a.Status]; ok {
			failure.Kind, failure.Detail, failure.RetryAfter = own.kind, own.detail, 0
		}
		return provider.Receipt{}, failure
	}
	var answer headers
	if a.Cut || !decode(a.Body, &answer) || len(answer.Messages) != 1 {
		return provider.Receipt{}, provider.Unreadable()
	}
	id := canonical(answer.Messages[0].ID)
	if id == "" {
		return provider.Receipt{}, provider.Unreadable()
	}
	return provider.Receipt{ID: id}, nil
}

// decode reads one document of XML into value, and says whether it was one.
func decode(data []byte, value any) bool {
	decoder := xml.NewDecoder(bytes.NewReader(data))
	// Whatever encoding it names, all that is read of it is ASCII.
	decoder.CharsetReader = func(_ string, input io.Reader) (io.Reader, error) { return input, nil }
	if decoder.Decode(value) != nil {
		return false
	}
	for {
		token, err := decoder.Token()
		if err != nil {
			return errors.Is(err, io.EOF)
		}
		switch t := token.(type) {
		case xml.CharData:
			if len(bytes.TrimSpace(t)) > 0 {
				return false
			}
		case xml.Comment, xml.ProcInst:
		default:
			return false
		}
	}
}

// guidDigits is how many hexadecimal digits and hyphens a GUID has.
const guidDigits = 36

// canonical returns a GUID in lower case, in which the answer's and the report's are the same, and
// nothing for what is none.
func canonical(guid string) string {
	guid = strings.ToLower(strings.Trim(strings.TrimSpace(guid), "{}"))
	if len(guid) != guidDigits || strings.Trim(guid, "0123456789abcdef-") != "" {
		return ""
	}
	return guid
}
