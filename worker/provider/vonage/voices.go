package vonage

import "github.com/phonehook/phonehook/worker/provider/speech"

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

// voices speak them.
var voices = speech.NewVoices(spokenLanguages)
