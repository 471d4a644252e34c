package plivo

import (
	"maps"

	"github.com/phonehook/phonehook/worker/provider"
)

// MessageCodes returns the words for the codes of messages.
func MessageCodes() map[string]string { return maps.Clone(messageCodes) }

// Causes returns what the hangup codes mean.
func Causes() map[string]provider.Report {
	reports := make(map[string]provider.Report, len(causes))
	for code, c := range causes {
		reports[code] = provider.Report{Status: c.status, Reason: c.reason}
	}
	return reports
}
