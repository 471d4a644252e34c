package vonage_test

import (
	"testing"
	"unicode"

	"github.com/phonehook/phonehook/worker/provider"
	"github.com/phonehook/phonehook/worker/provider/vonage"
	"github.com/phonehook/phonehook/worker/provider/vonage/vonagesim"
)

func isGSM7(text string) bool {
	alphabet, _ := provider.Segments(text)
	return alphabet == provider.GSM7
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
		got, want := isGSM7(string(r)), vonagesim.GSM(r)
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
