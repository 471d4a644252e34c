package esendexsim

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// account is the GUID that notifications have of the account.
const account = "0f2c5a4e-0000-4000-8000-0000000000de"

// failures are the reasons of notifications about messages that failed: a code, and whether it would
// fail again. 102 is the one of the vendor's example; the others are made up, since there is no list.
var failures = map[simulator.Report]struct {
	code      int
	permanent bool
}{
	simulator.Undelivered: {102, true}, simulator.Failed: {103, true}, simulator.Expired: {104, false},
}

// receipt makes the notification of what became of a message. There is none of a message that was
// merely sent.
func (s *Server) receipt(m simulator.Message, report simulator.Report) (*http.Request, error) {
	root, reason := "MessageDelivered", ""
	if failure, failed := failures[report]; failed {
		root = "MessageFailed"
		reason = fmt.Sprintf("<FailureReason><Code>%d</Code><Detail>Some problem with %s</Detail><PermanentFailure>%t</PermanentFailure></FailureReason>",
			failure.code, m.To, failure.permanent)
	} else if report != simulator.Delivered {
		return nil, nil //nolint:nilnil // there is no such notification
	}
	body := fmt.Sprintf("<%s><Id>%s</Id><MessageId>%s</MessageId><AccountId>%s</AccountId><OccurredAt>%s</OccurredAt>%s</%s>",
		root, uuid.NewString(), strings.ToLower(m.ID), account, time.Now().UTC().Format("2006-01-02T15:04:05"), reason, root)
	request, err := http.NewRequest(http.MethodPost, m.Callback, strings.NewReader(body)) //nolint:noctx // the base gives it a context
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/xml")
	return request, nil
}
