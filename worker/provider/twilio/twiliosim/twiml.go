package twiliosim

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxSpoken is the vendor's bound of what a voice of Amazon's says, and the lowest of all.
const maxSpoken = 3000

// speakers are the voices of Amazon's that the look-alike has, by their languages.
var speakers = map[string]string{
	"arb": "Zeina", "cmn-CN": "Zhiyu", "cy-GB": "Gwyneth", "da-DK": "Naja Mads", "de-DE": "Hans Marlene Vicki", "en-AU": "Nicole Russell",
	"en-GB": "Amy Brian Emma", "en-IN": "Aditi Raveena", "en-US": "Ivy Joanna Joey Justin Kendra Kevin Kimberly Matthew Salli",
	"es-ES": "Conchita Enrique Lucia", "es-MX": "Mia", "es-US": "Lupe Miguel Penelope", "fr-CA": "Chantal", "fr-FR": "Celine Lea Mathieu",
	"hi-IN": "Aditi", "is-IS": "Dora Karl", "it-IT": "Bianca Carla Giorgio", "ja-JP": "Mizuki Takumi", "ko-KR": "Seoyeon", "nb-NO": "Liv",
	"nl-NL": "Lotte Ruben", "pl-PL": "Ewa Jacek Jan Maja", "pt-BR": "Camila Ricardo Vitoria", "pt-PT": "Cristiano Ines", "ro-RO": "Carmen",
	"ru-RU": "Maxim Tatyana", "sv-SE": "Astrid", "tr-TR": "Filiz",
}

// google are the languages with a standard voice of Google's.
var google = strings.Fields(`af-ZA am-ET ar-XA bg-BG bn-IN ca-ES cmn-CN cmn-TW cs-CZ da-DK de-DE el-GR en-AU en-GB en-IN en-US es-ES es-US fi-FI
	fil-PH fr-CA fr-FR gu-IN he-IL hi-IN hu-HU id-ID is-IS it-IT ja-JP kn-IN ko-KR lv-LV ml-IN mr-IN ms-MY nb-NO nl-BE nl-NL pa-IN
	pl-PL pt-BR pt-PT ro-RO ru-RU sk-SK sr-RS sv-SE ta-IN te-IN th-TH tr-TR uk-UA vi-VN yue-HK`)

var (
	googleVoice = regexp.MustCompile(`^Google\.([a-z]{2,3}-[A-Z]{2})-Standard-A$`)
	pause       = regexp.MustCompile(`^[0-9]{1,5}m?s$`)
)

// say is what a call says.
type say struct{ text, language string }

// readTwiML reads instructions of which the only one is to say something, with pauses in it.
func readTwiML(document string) (said say, wrong mistake) {
	broken := mistake{"20422", "Twiml is not well-formed, or has more in it than one Say with pauses"}
	decoder := xml.NewDecoder(strings.NewReader(document))
	path := ""
	for {
		token, err := decoder.Token()
		switch {
		case errors.Is(err, io.EOF):
			return said, checkSaid(said.text)
		case err != nil:
			return said, broken
		}
		switch t := token.(type) {
		case xml.StartElement:
			path += "/" + t.Name.Local
			switch {
			case path == "/Response" && len(t.Attr) == 0:
			case path == "/Response/Say" && said == (say{}):
				if said.language, wrong = checkSay(t.Attr); wrong != (mistake{}) {
					return said, wrong
				}
			case path == "/Response/Say/break" && len(t.Attr) == 1 && t.Attr[0].Name.Local == "time" && pause.MatchString(t.Attr[0].Value):
				said.text += " "
			default:
				return said, broken
			}
		case xml.EndElement:
			path = strings.TrimSuffix(path, "/"+t.Name.Local)
		case xml.CharData:
			if path == "/Response/Say" {
				said.text += string(t)
			} else if strings.TrimSpace(string(t)) != "" {
				return said, broken
			}
		}
	}
}

func checkSaid(text string) mistake {
	switch {
	case strings.TrimSpace(text) == "":
		return mistake{"20422", "there is nothing to say"}
	case utf8.RuneCountInString(text) > maxSpoken:
		return mistake{"20422", "the text is longer than 3,000 characters"}
	}
	return mistake{}
}

// checkSay reads the attributes of Say.
func checkSay(attributes []xml.Attr) (language string, wrong mistake) {
	language, voice := "en-US", "man"
	for _, a := range attributes {
		switch a.Name.Local {
		case "voice":
			voice = a.Value
		case "language":
			language = a.Value
		case "loop":
			if n, err := strconv.Atoi(a.Value); err != nil || n < 1 {
				return "", mistake{"20422", "loop is none, or never ends"}
			}
		default:
			return "", mistake{"20422", "Say has an attribute that there is not"}
		}
	}
	if !speaks(voice, language) {
		return "", mistake{"20422", "there is no such voice, or it does not speak the language"}
	}
	return language, mistake{}
}

func speaks(voice, language string) bool {
	if name, ok := strings.CutPrefix(voice, "Polly."); ok {
		return strings.Contains(" "+speakers[language]+" ", " "+name+" ")
	}
	if match := googleVoice.FindStringSubmatch(voice); match != nil {
		return match[1] == language && slices.Contains(google, language)
	}
	return (voice == "man" || voice == "woman") && language == "en-US"
}
