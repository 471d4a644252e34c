package phone

import (
	"regexp"
	"slices"
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// kind is what a message needs to know of the range that a number is in.
type kind uint8

const (
	unassigned kind = iota // in no range that the metadata knows
	costly                 // premium rate or shared cost
	ordinary
)

// plans are the numbering plans of all regions, read from libphonenumber's metadata.
// The library's own lookup puts the text of each pattern together and hashes it, anew
// for each number and up to seventy times, which was a tenth of a whole call's CPU. It
// remains the reference: a test compares the two.
var plans = sync.OnceValue(func() map[int][]*plan {
	all := make(map[int][]*plan)
	collection, err := phonenumbers.MetadataCollection()
	if err != nil {
		return all // every number takes the library's way
	}
	regions := make(map[string]*plan)
	for _, metadata := range collection.GetMetadata() {
		regions[metadata.GetId()] = &plan{metadata: metadata}
	}
	for code, names := range phonenumbers.BuildCountryCodeToRegionMap(collection) {
		if slices.Contains(names, worldwide) {
			continue // one name for many plans
		}
		for _, name := range names {
			all[code] = append(all[code], regions[name])
		}
	}
	return all
})

// classify returns the region of a number in E.164, given as its calling code and the
// rest, and the kind of its range. The rest has no leading zero.
func classify(code int, national string) (region string, k kind) {
	candidates := plans()[code]
	for _, p := range candidates {
		p.compile.Do(p.compilePatterns)
		switch {
		case len(candidates) == 1:
			return p.metadata.GetId(), p.kind(national)
		case p.leading == nil:
			if k := p.kind(national); k != unassigned {
				return p.metadata.GetId(), k
			}
		case p.leading.MatchString(national):
			return p.metadata.GetId(), p.kind(national)
		}
	}
	return "", unassigned
}

// plan is one region's numbering plan. Its patterns are compiled when its first number
// comes: few systems see more than some dozens of regions.
type plan struct {
	metadata *phonenumbers.PhoneMetadata
	compile  sync.Once
	// leading are the digits by which regions of one calling code differ; nil where
	// they do not tell.
	leading *regexp.Regexp
	general *numbers
	// special are the ranges in the order in which they claim a number.
	special []specialRange
}

type specialRange struct {
	*numbers
	kind kind
}

func (p *plan) compilePatterns() {
	m := p.metadata
	if digits := m.GetLeadingDigits(); digits != "" {
		p.leading = regexp.MustCompile("^(?:" + digits + ")")
	}
	p.general = newNumbers(m.GetGeneralDesc())
	for _, r := range []struct {
		description *phonenumbers.PhoneNumberDesc
		kind        kind
	}{
		{m.GetPremiumRate(), costly},
		{m.GetTollFree(), ordinary},
		{m.GetSharedCost(), costly},
		{m.GetVoip(), ordinary},
		{m.GetPersonalNumber(), ordinary},
		{m.GetPager(), ordinary},
		{m.GetUan(), ordinary},
		{m.GetVoicemail(), ordinary},
		{m.GetFixedLine(), ordinary},
		{m.GetMobile(), ordinary},
	} {
		if r.description.GetNationalNumberPattern() != "" {
			p.special = append(p.special, specialRange{newNumbers(r.description), r.kind})
		}
	}
}

func (p *plan) kind(national string) kind {
	if !p.general.contain(national) {
		return unassigned
	}
	for _, r := range p.special {
		if r.contain(national) {
			return r.kind
		}
	}
	return unassigned
}

// numbers are those of one description in the metadata.
type numbers struct {
	lengths []int32 // empty where the pattern alone decides
	pattern *regexp.Regexp
}

func newNumbers(d *phonenumbers.PhoneNumberDesc) *numbers {
	return &numbers{d.GetPossibleLength(), regexp.MustCompile("^(?:" + d.GetNationalNumberPattern() + ")$")}
}

func (n *numbers) contain(national string) bool {
	if len(n.lengths) > 0 && !slices.Contains(n.lengths, int32(len(national))) { //nolint:gosec // at most 16 digits
		return false
	}
	return n.pattern.MatchString(national)
}
