package vonage

import (
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// spokenLanguages are the languages of Vonage's voices, from
// developer.vonage.com/en/voice/voice-api/concepts/text-to-speech as the vendor's
// Node SDK of 2026-07-17 lists them. Where the vendor's code is not the tag, it
// follows the equals sign: its codes for Chinese are older names. Its regional
// voices en-GB-SCT and en-GB-WLS and its doubtful de-ET are no language that
// anybody asks for, and no-NO is nb-NO again.
//
// The order matters within a language: the first is who speaks it when the region
// is not listed.
const spokenLanguages = `en-US en-CA=en-US en-GB en-AU en-IE en-IN en-NZ en-ZA
	af-ZA ar bg-BG bn-IN ca-ES cs-CZ cy-GB da-DK de-DE de-AT el-GR es-ES es-MX es-US es-CO eu-ES
	fi-FI fil-PH fr-FR fr-CA gl-ES gu-IN he-IL hi-IN hu-HU id-ID is-IS it-IT ja-JP kn-IN ko-KR
	lv-LV ml-IN ms-MY nb-NO nl-NL nl-BE pa-IN pl-PL pt-BR pt-PT ro-RO ru-RU sk-SK sr-RS sv-SE
	ta-IN te-IN th-TH tr-TR uk-UA vi-VN zh-CN=cmn-CN zh-TW=cmn-TW zh-HK=yue-CN yue=yue-CN yue-CN`

// voices are the vendor's codes, in the order of matcher's tags.
var voices, matcher = func() (codes []string, _ language.Matcher) {
	var tags []language.Tag
	for entry := range strings.FieldsSeq(spokenLanguages) {
		tag, code, differs := strings.Cut(entry, "=")
		if !differs {
			code = tag
		}
		tags, codes = append(tags, language.MustParse(tag)), append(codes, code)
	}
	return codes, language.NewMatcher(tags)
}()

// voiceFor returns the vendor's code of the voice for a BCP 47 tag. It is otherwise
// for no tag, for one that is none, and for a language that no voice speaks. A
// voice of a language that its speakers commonly read as well will do (Russian for
// Kazakh); English, which is everybody's last resort, will not.
func voiceFor(tag, otherwise string) string {
	if tag == "" {
		return otherwise
	}
	asked, err := language.Parse(tag)
	if err != nil {
		return otherwise
	}
	_, i, confidence := matcher.Match(asked)
	base, _ := asked.Base()
	own := strings.HasPrefix(voices[i], base.String()+"-")
	if confidence == language.No || !own && (confidence == language.Low || strings.HasPrefix(voices[i], "en-")) {
		return otherwise
	}
	return voices[i]
}

// spoken says whether code is one of the vendor's.
func spoken(code string) bool {
	return slices.Contains(voices, code)
}
