package provider

import (
	"context"
	"net/http"
	"time"
)

// Receiver is a Provider whose vendor calls phonehook back: to report what became of a
// message, or to ask what a call is to say.
type Receiver interface {
	Provider
	// Receive reads one request of the vendor. It is safe for concurrent use, returns
	// shortly after ctx ends, keeps numbers and texts out of its errors, and trusts a
	// request only if the vendor signed it or it is Trusted. Every error is a
	// *CallbackError.
	Receive(ctx context.Context, c Callback) (Reception, error)
}

// ReporterByID is a Receiver whose vendor's reports have no name for a message but the vendor's own
// id, and come to one address of the account. The worker then keeps which message an id is of.
type ReporterByID interface {
	Receiver
	// ReportsByID says whether it is so. The answer does not change.
	ReportsByID() bool
}

// Learner is a Provider whose vendor wants to know whether codes could be used.
type Learner interface {
	Provider
	// Feedback tells the vendor whether the code of the message with the vendor's id could
	// be used. It returns shortly after ctx ends. Every error is an *Error: Refused where the
	// vendor does not want to know it of this message.
	Feedback(ctx context.Context, id string, worked bool) error
}

// Callback is a request of a vendor as it reached the gateway.
type Callback struct {
	Method string
	// URL is the whole address that the vendor called, as the vendor knows it; some
	// sign it.
	URL    string
	Header http.Header
	// Body is the whole body, at most MaxCallback bytes.
	Body []byte
	// At is when it reached the gateway.
	At time.Time
	// Trusted says that the address is one that phonehook made and nobody can guess. A
	// vendor that signs has to have signed all the same.
	Trusted bool
	// Speech is what was sealed into the address of a call, for a vendor that asks
	// what to say; nil for every other address.
	Speech []byte
}

// MaxCallback bounds the body of a vendor's request: the longest reports, those with
// several messages in them, have some 10 KiB.
const MaxCallback = 64 << 10

// Reception is what a vendor's request said, and how it is to be answered.
type Reception struct {
	// Reports are those in the request. There can be none: some vendors tell of things
	// that are no one's message, which are answered and forgotten.
	Reports []Report
	// Signed says that the vendor's own signature was there and right.
	Signed bool
	// Type and Body are the answer, where the vendor reads one. Its status is 200.
	Type string
	Body []byte
}

// Status is what has become of a message that a vendor had taken, in one vocabulary for all
// vendors.
type Status string

// The statuses. The last four are final; of Unconfirmed nothing more may follow.
const (
	// Accepted: the vendor has the message.
	Accepted Status = "accepted"
	// Sent: it went to the phone's network, or the phone rings.
	Sent Status = "sent"
	// Delivered: the phone has it, or somebody answered the call.
	Delivered Status = "delivered"
	// Undelivered: the network could not deliver it.
	Undelivered Status = "undelivered"
	// Failed: the vendor could not send it.
	Failed Status = "failed"
	// Expired: its validity ended first.
	Expired Status = "expired"
	// Unconfirmed: the vendor will not learn what became of it, or says something that
	// is in no list.
	Unconfirmed Status = "unknown"
)

// Report is what a vendor says of one message.
type Report struct {
	// Reference is Message.Reference and Tenant Message.Tenant, where the vendor
	// repeats them; both may be empty where the address tells.
	Reference string
	Tenant    string
	// ID is the vendor's name for the message, as in Receipt.ID, or for one part of it.
	ID     string
	Status Status
	// Code is the vendor's own code for the reason, as its documentation lists it, and
	// Reason says it in our words. Both may be empty.
	Code   string
	Reason string
	// At is when it happened, by the vendor's clock; zero where the vendor doesn't say.
	At time.Time
	// Price is what the message cost, a decimal number in Currency (ISO 4217), and
	// Network the mobile network, as an MCC and MNC together or a name. All may be empty.
	Price, Currency string
	Network         string
}

// CallbackFault is why a vendor's request is refused.
type CallbackFault string

// The faults; each is a label of a count.
const (
	// Forged: the signature is missing or wrong, or the address is not one of ours.
	Forged CallbackFault = "forged"
	// Stale: it was signed too long ago, or is about a message of long ago.
	Stale CallbackFault = "stale"
	// Malformed: it is not what the vendor sends.
	Malformed CallbackFault = "malformed"
	// Unanswerable: it may be genuine and can't be handled now; the vendor is to try
	// again.
	Unanswerable CallbackFault = "unanswerable"
)

// CallbackError says why a vendor's request is refused. Detail is a constant text in our words.
type CallbackError struct {
	Fault  CallbackFault
	Detail string
}

// Error returns the fault and the detail.
func (e *CallbackError) Error() string { return string(e.Fault) + ": " + e.Detail }

// Forgery returns an error of fault Forged.
func Forgery(detail string) error { return &CallbackError{Forged, detail} }

// Staleness returns an error of fault Stale.
func Staleness(detail string) error { return &CallbackError{Stale, detail} }

// Malformation returns an error of fault Malformed.
func Malformation(detail string) error { return &CallbackError{Malformed, detail} }

// ReplayWindow is how far a signed time may be from the time at which a request came, either
// way: 5 minutes, as Telnyx and Standard Webhooks have it.
const ReplayWindow = 5 * time.Minute

// Timely returns nil where a vendor signed a request within ReplayWindow of now.
func Timely(signed, now time.Time) error {
	if signed.IsZero() || now.Sub(signed).Abs() > ReplayWindow {
		return Staleness("it was signed more than five minutes before or after it came")
	}
	return nil
}
