package phone_test

import (
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"

	"github.com/phonehook/phonehook/gateway/phone"
	"github.com/phonehook/phonehook/messaging"
)

func TestParseReadsNumbersAsPeopleWriteThem(t *testing.T) {
	for _, c := range []struct{ raw, region, e164, country string }{
		{"1-808-555-5555", "US", "+18085555555", "US"},
		{"+1-808-555-5555", "US", "+18085555555", "US"},
		{"+1-808-555-5555", "", "+18085555555", "US"},
		{"+1-808-555-5555", "GB", "+18085555555", "US"},
		{"(808) 555-5555", "US", "+18085555555", "US"},
		{"808.555.5555", "US", "+18085555555", "US"},
		{" +18085555555 ", "", "+18085555555", "US"},
		{"+1 (416) 555-0123", "", "+14165550123", "CA"},
		{"+1 876 555 1234", "", "+18765551234", "JM"},
		{"+447700900123", "", "+447700900123", ""}, // kept free for drama: in no known range
		{"+44 7400 123456", "US", "+447400123456", "GB"},
		{"07400 123456", "GB", "+447400123456", "GB"},
		{"447400123456", "GB", "+447400123456", "GB"},
		{"0044 7400 123456", "DE", "+447400123456", "GB"},
		{"0151 23456789", "DE", "+4915123456789", "DE"},
		{"+39 06 1234 5678", "", "+390612345678", "IT"},
		{"+683 4002", "", "+6834002", "NU"},
		{"+883 5100 0000 0000", "", "+883510000000000", ""},
		{"+800 1234 5678", "", "+80012345678", ""},
	} {
		got, err := phone.Parse(c.raw, c.region)
		if err != nil || got.E164 != c.e164 || got.Country != c.country {
			t.Errorf("%q in %q is %+v, %v; want %s, %q", c.raw, c.region, got, err, c.e164, c.country)
		}
	}
}

func TestParseRefusesWhatNoMessageReaches(t *testing.T) {
	for name, c := range map[string]struct{ raw, region, detail string }{
		"empty":                        {"", "US", "empty"},
		"space":                        {"  ", "US", "empty"},
		"vanity number":                {"1-800-FLOWERS", "US", "letters"},
		"alphanumeric":                 {"MyBank", "US", "letters"},
		"extension":                    {"+1 808 555 5555 ext 5", "US", "letters"},
		"extension, short":             {"+18085555555x5", "US", "letters"},
		"extension, number sign":       {"+18085555555#5", "US", "character"},
		"extension, comma":             {"+18085555555,5", "US", "character"},
		"letters that look like none":  {"+1808555555５", "US", "character"},
		"two plus signs":               {"++18085555555", "US", "plus sign"},
		"plus sign within":             {"1+8085555555", "US", "plus sign"},
		"only a plus sign":             {"+", "US", "not a phone number"},
		"only punctuation":             {"-- ()", "US", "empty"},
		"too short":                    {"+1 399 999", "US", "too short"},
		"short code":                   {"12345", "US", "too short"},
		"emergency":                    {"911", "US", "too short"},
		"emergency with a country":     {"+49110", "DE", "too short"},
		"without its area code":        {"555-1234", "US", "too short"},
		"longer than E.164":            {"+8110000000000000", "US", "too long"},
		"shorter than any phone":       {"+49 15", "US", "too short"},
		"too long":                     {"+1 808 555 55555", "US", "too long"},
		"far too long":                 {"+" + strings.Repeat("1", 500), "US", "too long"},
		"premium rate":                 {"+1 900 555 1234", "US", "premium"},
		"premium rate, British":        {"+44 9012 345678", "", "premium"},
		"premium rate, no country":     {"+979 123 456 789", "", "premium"},
		"unknown country":              {"+999 123456789", "US", "not a phone number"},
		"national without a region":    {"1-808-555-5555", "", "default region"},
		"national of elsewhere":        {"0612345678", "US", "no known range"},
		"national of elsewhere, long":  {"1-808-555-5555", "GB", "too long"},
		"foreign without a plus sign":  {"447700900123", "US", "too long"},
		"NUL":                          {"+18085555555\x00", "US", "character"},
		"a number in other characters": {"+١٨٠٨٥٥٥٥٥٥٥", "US", "character"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := phone.Parse(c.raw, c.region)
			refusal := messaging.AsError(err)
			if refusal == nil || refusal.Code != messaging.CodeInvalidNumber {
				t.Fatalf("Parse returned %+v, %v", got, err)
			}
			if !strings.Contains(refusal.Detail, c.detail) {
				t.Errorf("the detail is %q; want it to say %q", refusal.Detail, c.detail)
			}
		})
	}
}

// FuzzParse: what Parse returns has the shape of E.164 and reads as itself again,
// wherever that is done.
func FuzzParse(f *testing.F) {
	for _, raw := range []string{"1-808-555-5555", "+447700900123", "0044 7400 123456", "+390612345678", "+6834002", "+52 1 55 1234 5678", "+54 9 11 1234 5678"} {
		for _, region := range []string{"", "US", "GB", "IT"} {
			f.Add(raw, region)
		}
	}
	f.Fuzz(func(t *testing.T, raw, region string) {
		if region != "" && !phone.KnownRegion(region) {
			region = "US"
		}
		got, err := phone.Parse(raw, region)
		if err != nil {
			if e := messaging.AsError(err); e.Code != messaging.CodeInvalidNumber || e.Detail == "" {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		m := messaging.Message{ID: "x", Tenant: "x", Channel: messaging.SMS, To: got.E164, Text: "x"}
		if e := messaging.AsError(m.Validate()); e.Field == "to" {
			t.Fatalf("%q in %q is %q: %v", raw, region, got.E164, e)
		}
		if again, err := phone.Parse(got.E164, ""); err != nil || again != got {
			t.Fatalf("%q in %q is %+v, and that is %+v, %v", raw, region, got, again, err)
		}
	})
}

func TestParseTakesAnExampleOfEveryCountry(t *testing.T) {
	taken := 0
	for region := range phonenumbers.GetSupportedRegions() {
		example := phonenumbers.GetExampleNumberForType(region, phonenumbers.MOBILE)
		if example == nil {
			continue
		}
		want := phonenumbers.Format(example, phonenumbers.E164)
		// Some countries share their mobile ranges: a Vatican mobile is an Italian one.
		country := phonenumbers.GetRegionCodeForNumber(example)
		for _, form := range []phonenumbers.PhoneNumberFormat{phonenumbers.E164, phonenumbers.INTERNATIONAL} {
			got, err := phone.Parse(phonenumbers.Format(example, form), region)
			if err != nil || got.E164 != want || got.Country != country {
				t.Errorf("%s: %q is %+v, %v", region, phonenumbers.Format(example, form), got, err)
			}
		}
		taken++
	}
	if taken < 200 {
		t.Errorf("only %d regions have an example", taken)
	}
}

func BenchmarkParse(b *testing.B) {
	for name, raw := range map[string]string{"E164": "+18085555555", "punctuated": "1-808-555-5555", "German": "+4915123456789"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := phone.Parse(raw, "US"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
