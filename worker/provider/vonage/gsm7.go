package vonage

// gsm7Alphabet has the characters that an SMS of type text carries: the default
// alphabet of 3GPP TS 23.038, table 6.2.1, without the escape, and what its
// extension table adds, without the form feed, which Vonage doesn't list
// (developer.vonage.com/en/messaging/sms/guides/concatenation-and-encoding).
const gsm7Alphabet = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
	"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà" +
	"^{}\\[~]|€"

// gsm7Set has a place for every character up to the euro sign, the highest one.
var gsm7Set = func() (set ['€' + 1]bool) {
	for _, r := range gsm7Alphabet {
		set[r] = true
	}
	return set
}()

// isGSM7 says whether text arrives as it is in an SMS of type text. Any other
// text needs type unicode, or the vendor delivers question marks.
func isGSM7(text string) bool {
	for _, r := range text {
		if int(r) >= len(gsm7Set) || !gsm7Set[r] {
			return false
		}
	}
	return true
}
