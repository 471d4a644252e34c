package lookalike

import (
	"github.com/phonehook/phonehook/worker/provider/aws/awssim"
	"github.com/phonehook/phonehook/worker/provider/esendex/esendexsim"
	"github.com/phonehook/phonehook/worker/provider/infobip/infobipsim"
	"github.com/phonehook/phonehook/worker/provider/messagebird/messagebirdsim"
	"github.com/phonehook/phonehook/worker/provider/mitto/mittosim"
	"github.com/phonehook/phonehook/worker/provider/plivo/plivosim"
	"github.com/phonehook/phonehook/worker/provider/sinch/sinchsim"
	"github.com/phonehook/phonehook/worker/provider/telesign/telesignsim"
	"github.com/phonehook/phonehook/worker/provider/telnyx/telnyxsim"
	"github.com/phonehook/phonehook/worker/provider/twilio/twiliosim"
	"github.com/phonehook/phonehook/worker/provider/vonage/vonagesim"
	"github.com/phonehook/phonehook/worker/provider/webhook/webhooksim"
)

// Kinds are all look-alikes, in the order of their ports. New ones come last.
var Kinds = []Kind{
	of("vonage", "Vonage", vonagesim.New, vonagesim.Development, vonagesim.Section),
	of("twilio", "Twilio", twiliosim.New, twiliosim.Development, twiliosim.Section),
	of("aws", "Amazon Web Services", awssim.New, awssim.Development, awssim.Section),
	of("infobip", "Infobip", infobipsim.New, infobipsim.Development, infobipsim.Section),
	of("mitto", "Mitto", mittosim.New, mittosim.Development, mittosim.Section),
	of("telesign", "TeleSign", telesignsim.New, telesignsim.Development, telesignsim.Section),
	of("esendex", "Esendex", esendexsim.New, esendexsim.Development, esendexsim.Section),
	of("sinch", "Sinch", sinchsim.New, sinchsim.Development, sinchsim.Section),
	of("plivo", "Plivo", plivosim.New, plivosim.Development, plivosim.Section),
	of("telnyx", "Telnyx", telnyxsim.New, telnyxsim.Development, telnyxsim.Section),
	of("messagebird", "MessageBird", messagebirdsim.New, messagebirdsim.Development, messagebirdsim.Section),
	of("webhook", "an HTTP API", webhooksim.New, webhooksim.Development, webhooksim.Section),
}

// of makes a kind of its look-alike's constructor and the account for trying things out. The zero
// value of every look-alike's options lets anybody in.
func of[Options any, Look Server](name, vendor string, make func(Options) Look, development func() Options, section func(base string) string) Kind {
	return Kind{
		Name: name, Vendor: vendor, Section: section,
		New:  func() Server { return make(development()) },
		Open: func() Server { var open Options; return make(open) },
	}
}
