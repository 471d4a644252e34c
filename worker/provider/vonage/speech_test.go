package vonage_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/phonehook/phonehook/worker/provider/vonage"
	"github.com/phonehook/phonehook/worker/provider/vonage/vonagesim"
)

func TestSpell(t *testing.T) {
	for _, c := range []struct{ name, text, code, want string }{
		{"code at the end", "Your code is 493817", "493817", "Your code is 4, 9, 3, 8, 1, 7."},
		{"code before a full stop", "Your code is 493817.", "493817", "Your code is 4, 9, 3, 8, 1, 7."},
		{"code at the beginning", "493817 is your code.", "493817", "4, 9, 3, 8, 1, 7, is your code."},
		{"code twice", "493817! Again: 493817", "493817", "4, 9, 3, 8, 1, 7! Again: 4, 9, 3, 8, 1, 7."},
		{"code in two groups", "Use 493 817 now", "493817", "Use 4, 9, 3, 8, 1, 7, now."},
		{"code with a hyphen", "Use 493-817", "493817", "Use 4, 9, 3, 8, 1, 7."},
		{"code given with a hyphen", "Use 493-817", "493-817", "Use 4, 9, 3, 8, 1, 7."},
		{"code of three digits", "Use 123", "123", "Use 1, 2, 3."},
		{"code with letters", "Use A1B2", "A1B2", "Use A, 1, B, 2."},
		{"code within a longer word", "Use 1234567", "123", "Use 1, 2, 3, 4, 5, 6, 7."},
		{"code after letters", "Use G-493817 or PIN493817", "493817", "Use G-4, 9, 3, 8, 1, 7, or PIN4, 9, 3, 8, 1, 7."},
		{"digits that are not the code", "Here is your one time password: 999111", "123456", "Here is your one time password: 9, 9, 9, 1, 1, 1."},
		{"no code known", "Your code is 493817", "", "Your code is 4, 9, 3, 8, 1, 7."},
		{"code not in the text", "Welcome, this is your code", "493817", "Welcome, this is your code. 4, 9, 3, 8, 1, 7."},
		{"code not in a text with a small number", "Valid for 5 minutes!", "4938", "Valid for 5 minutes! 4, 9, 3, 8."},
		{"small numbers", "Call 911 within 10 minutes", "", "Call 911 within 10 minutes."},
		{"leading zeros", "Code: 000012", "000012", "Code: 0, 0, 0, 0, 1, 2."},
		{"Japanese", "認証コードは493817です。", "493817", "認証コードは4, 9, 3, 8, 1, 7,です。"},
		{"Arabic digits", "الرمز ٤٩٣٨١٧", "٤٩٣٨١٧", "الرمز ٤, ٩, ٣, ٨, ١, ٧."},
		{"markup", "<speak>Hi <break time='9h'/>493817</speak>", "493817", "speak Hi break time='9h'/ 4, 9, 3, 8, 1, 7, /speak."},
		{"lines", "Your code:\n\n493817\x00\tBye", "493817", "Your code: 4, 9, 3, 8, 1, 7, Bye."},
		{"only the code", "493817", "493817", "4, 9, 3, 8, 1, 7."},
		{"code of blanks", "Hello", "  ", "Hello."},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := vonage.Spell(c.text, c.code); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// FuzzSpell checks that what is spoken has the text's letters and digits, in their
// order and none else before the code that may be added, and no markup.
func FuzzSpell(f *testing.F) {
	f.Add("Your code is 493 817.", "493817")
	f.Add("<b>", "1-2")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, text, code string) {
		words := func(s string) string {
			return strings.Map(func(r rune) rune {
				if (unicode.IsLetter(r) || unicode.IsDigit(r)) && r != unicode.ReplacementChar {
					return r
				}
				return -1
			}, s)
		}
		got := vonage.Spell(text, code)
		if rest, ok := strings.CutPrefix(words(got), words(text)); !ok || (rest != "" && rest != words(code)) {
			t.Errorf("%q with %q is spoken as %q", text, code, got)
		}
		if strings.ContainsAny(got, "<>") {
			t.Errorf("%q has markup", got)
		}
	})
}

func TestVoiceFor(t *testing.T) {
	for tag, want := range map[string]string{
		"en": "en-US", "en-US": "en-US", "en_GB": "en-GB", "en-CA": "en-US", "en-NZ": "en-NZ", "en-IE": "en-IE",
		"pt": "pt-BR", "pt-BR": "pt-BR", "pt-PT": "pt-PT", "pt-AO": "pt-PT", "pt_BR": "pt-BR",
		"es": "es-ES", "es-MX": "es-MX", "es-AR": "es-MX", "es-419": "es-MX", "es-US": "es-US",
		"nb": "nb-NO", "no": "nb-NO", "nn": "nb-NO", "da": "da-DK", "sv": "sv-SE",
		"de": "de-DE", "de-CH": "de-DE", "de-AT": "de-AT", "fr": "fr-FR", "fr-CA": "fr-CA", "fr-BE": "fr-FR",
		"zh": "cmn-CN", "zh-Hans": "cmn-CN", "zh-Hant": "cmn-TW", "zh-TW": "cmn-TW", "zh-HK": "yue-CN", "yue": "yue-CN", "cmn-TW": "cmn-TW",
		"he": "he-IL", "iw": "he-IL", "in": "id-ID", "id": "id-ID", "tl": "fil-PH", "fil": "fil-PH", "ar-EG": "ar", "ja": "ja-JP",
		"uk": "uk-UA", "ru": "ru-RU", "kk": "ru-RU", "sr-Latn": "sr-RS", "ms": "ms-MY", "nl-BE": "nl-BE",
		"": "cy-GB", "N/A": "cy-GB", "xx": "cy-GB", "tlh": "cy-GB", "so": "cy-GB", "sw": "cy-GB", "az": "cy-GB", "!": "cy-GB",
	} {
		if got := vonage.VoiceFor(tag, "cy-GB"); got != want {
			t.Errorf("%q: got %s; want %s", tag, got, want)
		}
	}
}

func TestEveryVoiceIsFoundByItsOwnCode(t *testing.T) {
	for _, code := range vonage.VoiceCodes() {
		if got := vonage.VoiceFor(code, "none"); got != code {
			t.Errorf("%s is spoken by %s", code, got)
		}
	}
}

// TestTheAlphabetIsTheVendors compares two lists of the same characters: the
// standard's, which the client goes by, and the vendor's, which the look-alike has.
func TestTheAlphabetIsTheVendors(t *testing.T) {
	carried := 0
	for r := range rune(unicode.MaxRune) {
		if !unicode.IsGraphic(r) && r > 0x7F {
			continue
		}
		got, want := vonage.IsGSM7(string(r)), vonagesim.GSM(r)
		if got != want {
			t.Errorf("%U: the client says %v, the vendor %v", r, got, want)
		}
		if got {
			carried++
		}
	}
	// 128 places less the escape's, and 9 of the extension table.
	if carried != 127+9 {
		t.Errorf("%d characters are carried; want 136", carried)
	}
}
