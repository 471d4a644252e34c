package vonage

import (
	"maps"
	"slices"
)

// What the tests of the tables look at without a call.
var (
	VoiceFor = voices.For
)

// SMSStatuses returns the statuses that the table has.
func SMSStatuses() []int { return slices.Collect(maps.Keys(smsStatuses)) }

// VoiceCodes returns the vendor's codes of the voices.
func VoiceCodes() []string { return voices.Codes() }

// MessagesCodes returns the codes that the table of the Messages API has.
func MessagesCodes() []string { return slices.Collect(maps.Keys(messageCodes)) }
