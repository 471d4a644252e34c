package provider

import "strings"

// nameless are the countries that show no name as the sender of an SMS, as Twilio's table of
// 2026-04-10 (help.twilio.com/articles/223133767) and AWS's table of supported countries agree.
// Where the two differ, a name is tried.
const nameless = "US CA PR GU CN KR MY NZ ZA BE HU CL CO CR DO EC PY UY BS KY"

// takesNames says whether a country shows names. Of a number of no country nobody knows.
func takesNames(country string) bool {
	return country == "" || !strings.Contains(nameless, country)
}
