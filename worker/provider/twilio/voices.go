package twilio

import "github.com/phonehook/phonehook/worker/provider/speech"

// spokenLanguages are those of the verb Say, as the vendor's SDK for Node.js 5 lists them
// (src/twiml/VoiceResponse.ts), less the variants for which there are only the dearer neural voices.
// The order matters within a language: the first is who speaks it when the region is not listed.
const spokenLanguages = `en-US en-GB en-AU en-IN af-ZA am-ET ar=arb bg-BG bn-IN ca-ES zh-CN=cmn-CN zh-TW=cmn-TW
	zh-HK=yue-HK yue-HK cs-CZ cy-GB da-DK de-DE el-GR es-ES es-MX es-US fi-FI fil-PH fr-FR fr-CA gu-IN he-IL hi-IN
	hu-HU id-ID is-IS it-IT ja-JP kn-IN ko-KR lv-LV ml-IN mr-IN ms-MY nb-NO nl-NL nl-BE pa-IN pl-PL pt-BR pt-PT ro-RO
	ru-RU sk-SK sr-RS sv-SE ta-IN te-IN th-TH tr-TR uk-UA vi-VN`

// voices speak them.
var voices = speech.NewVoices(spokenLanguages)

// polly are the standard voices of Amazon's in the same list, of which each speaks one language
// (docs.aws.amazon.com/polly/latest/dg/available-voices.html). The voices man, woman and alice have
// few languages and no markup.
var polly = map[string]string{
	"arb": "Zeina", "cmn-CN": "Zhiyu", "cy-GB": "Gwyneth", "da-DK": "Naja", "de-DE": "Marlene", "en-AU": "Nicole", "en-GB": "Amy",
	"en-IN": "Raveena", "en-US": "Joanna", "es-ES": "Conchita", "es-MX": "Mia", "es-US": "Penelope", "fr-CA": "Chantal",
	"fr-FR": "Celine", "hi-IN": "Aditi", "is-IS": "Dora", "it-IT": "Carla", "ja-JP": "Mizuki", "ko-KR": "Seoyeon", "nb-NO": "Liv",
	"nl-NL": "Lotte", "pl-PL": "Ewa", "pt-BR": "Vitoria", "pt-PT": "Ines", "ro-RO": "Carmen", "ru-RU": "Tatyana", "sv-SE": "Astrid",
	"tr-TR": "Filiz",
}

// voiceOf returns the voice for one of the vendor's languages: one of Amazon's, else the first of
// Google's standard ones, whose names have the language in them.
func voiceOf(language string) string {
	if name, ok := polly[language]; ok {
		return "Polly." + name
	}
	return "Google." + language + "-Standard-A"
}
