package phone

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/nyaruka/phonenumbers"
)

// TestRangesAreTheLibrarys compares with the library: an example of each kind in each
// region, that example with its last digits changed, and random numbers.
func TestRangesAreTheLibrarys(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same numbers in each run
	compared := 0
	for region := range phonenumbers.GetSupportedRegions() {
		code := phonenumbers.GetCountryCodeForRegion(region)
		for kind := range phonenumbers.UNKNOWN {
			example := phonenumbers.GetExampleNumberForType(region, kind)
			if example == nil || example.GetItalianLeadingZero() {
				continue
			}
			compare(t, code, example.GetNationalNumber())
			for range 20 {
				compare(t, code, example.GetNationalNumber()/10000*10000+random.Uint64N(10000))
				compared++
			}
		}
		for range 100 {
			compare(t, code, 1+random.Uint64N(9_999_999_999))
		}
	}
	if compared < 5000 {
		t.Errorf("only %d numbers were compared", compared)
	}
}

func compare(t *testing.T, code int, national uint64) {
	t.Helper()
	country := int32(code) //nolint:gosec // at most three digits
	number := &phonenumbers.PhoneNumber{CountryCode: &country, NationalNumber: &national}
	region, k := classify(code, strconv.FormatUint(national, 10))
	if want := kindOf(number); k != want {
		t.Errorf("+%d %d is of kind %d, want %d", code, national, k, want)
	}
	if want := phonenumbers.GetRegionCodeForNumber(number); k != unassigned && region != want {
		t.Errorf("+%d %d is in %q, want %q", code, national, region, want)
	}
}
