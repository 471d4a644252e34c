package plivo

import "github.com/phonehook/phonehook/worker/provider/speech"

// spokenLanguages are those of Amazon's voices, as the vendor's SDK for Go lists them
// (xml/plivoxml.go). Its Welsh English is no language that anybody asks for. The order matters
// within a language: the first is who speaks it when the region is not listed.
const spokenLanguages = `en-US en-GB en-AU en-IN ar=arb zh-CN=cmn-CN cy-GB da-DK de-DE es-ES es-MX es-US fr-FR fr-CA
	hi-IN is-IS it-IT ja-JP ko-KR nb-NO nl-NL pl-PL pt-BR pt-PT ro-RO ru-RU sv-SE tr-TR`

// voices speak them.
var voices = speech.NewVoices(spokenLanguages)

// polly is a voice of Amazon's for each, by its name without accents. The vendor's own voices,
// WOMAN and MAN, speak 16 languages and take no markup
// (docs.plivo.com/docs/voice/concepts/ssml).
var polly = map[string]string{
	"arb": "Zeina", "cmn-CN": "Zhiyu", "cy-GB": "Gwyneth", "da-DK": "Naja", "de-DE": "Marlene", "en-AU": "Nicole", "en-GB": "Amy",
	"en-IN": "Raveena", "en-US": "Joanna", "es-ES": "Conchita", "es-MX": "Mia", "es-US": "Penelope", "fr-CA": "Chantal",
	"fr-FR": "Celine", "hi-IN": "Aditi", "is-IS": "Dora", "it-IT": "Carla", "ja-JP": "Mizuki", "ko-KR": "Seoyeon", "nb-NO": "Liv",
	"nl-NL": "Lotte", "pl-PL": "Ewa", "pt-BR": "Vitoria", "pt-PT": "Ines", "ro-RO": "Carmen", "ru-RU": "Tatyana", "sv-SE": "Astrid",
	"tr-TR": "Filiz",
}
