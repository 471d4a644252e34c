package plivosim

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// speak is what a call says.
type speak struct{ text, language string }

// own are the languages of the vendor's own voices, with those of them that speak it.
var own = map[string][]string{
	"da-DK": {"WOMAN"}, "nl-NL": {"WOMAN", "MAN"}, "en-AU": {"WOMAN", "MAN"}, "en-GB": {"WOMAN", "MAN"}, "en-US": {"WOMAN", "MAN"},
	"fr-FR": {"WOMAN", "MAN"}, "fr-CA": {"WOMAN"}, "de-DE": {"WOMAN", "MAN"}, "it-IT": {"WOMAN", "MAN"}, "pl-PL": {"WOMAN", "MAN"},
	"pt-PT": {"MAN"}, "pt-BR": {"WOMAN", "MAN"}, "ru-RU": {"WOMAN"}, "es-ES": {"WOMAN", "MAN"}, "es-US": {"WOMAN", "MAN"}, "sv-SE": {"WOMAN"},
}

// polly are Amazon's voices for each language.
var polly = map[string]string{
	"arb": "Zeina", "cmn-CN": "Zhiyu", "da-DK": "Naja Mads", "nl-NL": "Lotte Ruben", "en-AU": "Nicole Russell", "en-GB": "Amy Emma Brian",
	"en-IN": "Raveena Aditi", "en-US": "Joanna Salli Kendra Kimberly Ivy Matthew Justin Joey", "en-GB-WLS": "Geraint",
	"fr-FR": "Lea Celine Mathieu", "fr-CA": "Chantal", "de-DE": "Vicki Hans Marlene", "hi-IN": "Aditi", "is-IS": "Dora Karl",
	"it-IT": "Carla Giorgio", "ja-JP": "Mizuki Takumi", "ko-KR": "Seoyeon", "nb-NO": "Liv", "pl-PL": "Ewa Maja Jacek Jan",
	"pt-BR": "Vitoria Ricardo", "pt-PT": "Ines Cristiano", "ro-RO": "Carmen", "ru-RU": "Tatyana Maxim", "es-ES": "Conchita Lucia Enrique",
	"es-MX": "Mia", "es-US": "Penelope Miguel", "sv-SE": "Astrid", "tr-TR": "Filiz", "cy-GB": "Gwyneth",
}

var pause = regexp.MustCompile(`^([1-9][0-9]{0,3}ms|[1-9]s|10s)$`)

// readDocument reads instructions of which the only one is to speak. Markup is Amazon's voices'
// alone, and of it the look-alike knows pauses.
func readDocument(document []byte) (said speak, wrong string) {
	const broken = "the document is not well-formed, or has more in it than one Speak"
	decoder := xml.NewDecoder(bytes.NewReader(document))
	var open []string
	markup := false
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return said, broken
		}
		switch t := token.(type) {
		case xml.StartElement:
			open = append(open, t.Name.Local)
			switch path := strings.Join(open, "/"); {
			case path == "Response" && len(t.Attr) == 0:
			case path == "Response/Speak" && said == (speak{}):
				if said.language, markup, wrong = checkSpeak(t.Attr); wrong != "" {
					return said, wrong
				}
			case path == "Response/Speak/break" && markup:
				if len(t.Attr) != 1 || t.Attr[0].Name.Local != "time" || !pause.MatchString(t.Attr[0].Value) {
					return said, "a pause has no time of up to 10 s"
				}
			default:
				return said, broken
			}
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) == 2 {
				said.text += string(t)
			} else if strings.TrimSpace(string(t)) != "" {
				return said, broken
			}
		}
	}
	if strings.TrimSpace(said.text) == "" {
		return said, "there is nothing to speak"
	}
	return said, ""
}

// checkSpeak reads the attributes of Speak, and says whether its voice takes markup.
func checkSpeak(attributes []xml.Attr) (language string, markup bool, wrong string) {
	language, voice := "en-US", "WOMAN"
	for _, a := range attributes {
		switch a.Name.Local {
		case "voice":
			voice = a.Value
		case "language":
			language = a.Value
		case "loop":
			if n, err := strconv.Atoi(a.Value); err != nil || n < 1 {
				return "", false, "loop never ends"
			}
		default:
			return "", false, "Speak has an attribute that there is not"
		}
	}
	name, markup := strings.CutPrefix(voice, "Polly.")
	speakers := own[language]
	if markup {
		speakers = strings.Fields(polly[language])
	}
	if !slices.Contains(speakers, name) {
		return "", false, "the voice does not speak the language"
	}
	return language, markup, ""
}
