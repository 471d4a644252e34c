package vonage

// What the tests of the tables look at without a call.
var (
	VoiceFor = voices.For
)

// SMSStatuses returns the statuses that the table has.
func SMSStatuses() []int {
	statuses := make([]int, 0, len(smsStatuses))
	for status := range smsStatuses {
		statuses = append(statuses, status)
	}
	return statuses
}

// VoiceCodes returns the vendor's codes of the voices.
func VoiceCodes() []string { return voices.Codes() }
