package infobip

import "github.com/phonehook/phonehook/worker/provider"

// Statuses returns the kinds that the table of statuses has; those of a message on its way have none.
func Statuses() map[int]provider.Kind {
	kinds := make(map[int]provider.Kind, len(statuses))
	for id, class := range statuses {
		kinds[id] = class.kind
	}
	return kinds
}

// Refusals returns the kinds that the table of refusals has.
func Refusals() map[string]provider.Kind {
	kinds := make(map[string]provider.Kind, len(refusals))
	for code, class := range refusals {
		kinds[code] = class.kind
	}
	return kinds
}

// StatusReason, RefusalReason and ErrorReason return the words for a code.
func StatusReason(id int) string       { return statuses[id].reason }
func RefusalReason(code string) string { return refusals[code].reason }
func ErrorReason(id int) string        { return reasons[id] }
func Errors() int                      { return len(reasons) }
func Speaks(language string) string    { return voices.For(language, "") }
