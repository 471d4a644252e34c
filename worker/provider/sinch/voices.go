package sinch

import (
	"strings"

	"github.com/phonehook/phonehook/worker/provider/speech"
)

// The languages that the vendor speaks (developers.sinch.com/docs/voice/api-reference/voice-locales,
// and the vendor's SDK for Node). The order matters within a language: the first is who speaks it
// when the region is not listed. The vendor's Welsh English is no language that anybody asks for.
const (
	// marked are those with a voice of Amazon Polly, which the vendor's page says takes SSML.
	// Which languages those are is known by their voices' names alone, so that it is not
	// confirmed at the vendor.
	marked = `en-US en-GB en-AU en-IN en-NZ en-ZA ar=arb ca-ES zh-CN=cmn-CN cy-GB da-DK de-DE de-AT es-ES es-MX es-US fi-FI
		fr-FR fr-CA hi-IN is-IS it-IT ja-JP ko-KR nb-NO nl-NL pl-PL pt-BR pt-PT ro-RO ru-RU sv-SE tr-TR`
	// unmarked are those of other voices, of which no page says that they take SSML.
	unmarked = `az-AZ cs-CZ el-GR et-EE fil-PH hr-HR hu-HU id-ID ka-GE lt-LT lv-LV ms-MY mt-MT sk-SK sl-SI th-TH uk-UA
		uz-UZ vi-VN zh-HK`
)

// voices speak them all, and markedVoices take SSML.
var (
	voices       = speech.NewVoices(marked + " " + unmarked)
	markedVoices = speech.NewVoices(marked)
)

// maxSpoken is the vendor's bound of a text to speak, with its SSML, for an application that was
// not given more (the same page).
const maxSpoken = 600

// promptMarks are the characters that end a prompt or begin another one. How to write them within
// one no page says.
const promptMarks = "[];#"

// script is what a call says: a text, or prompts with SSML.
type script struct{ text, prompts string }

// newScript returns what a call says in a language: SSML where the voice takes it and there is room
// for it, else plain text; twice, or once where there is no room for more. It says whether there is
// room at all.
func newScript(text, code, language string) (script, bool) {
	if markedVoices.Has(language) {
		if once := speech.Marked(text, code); !strings.ContainsAny(once, promptMarks) {
			if prompts := "#ssml[" + speech.SSML(text, code) + "]"; fits(prompts) {
				return script{prompts: prompts}, true
			}
		}
	}
	for _, said := range []string{speech.Twice(text, code), speech.Plain(text, code)} {
		if fits(said) {
			return script{text: said}, true
		}
	}
	return script{}, false
}
