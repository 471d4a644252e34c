package speech

import (
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// Voices are the languages that a vendor speaks. They are safe for concurrent use.
type Voices struct {
	// codes are the vendor's, in the order of the matcher's tags, and tags the BCP 47
	// tags themselves.
	codes   []string
	tags    []language.Tag
	matcher language.Matcher
}

// NewVoices reads a vendor's list: BCP 47 tags with blanks between them, and where the vendor's
// code for a tag is another one, an equals sign and that code: "en-US zh-CN=cmn-CN". The order
// matters within a language: the first is who speaks it when the region is not listed. It panics
// at a tag that is none, since the list is part of the program.
func NewVoices(list string) *Voices {
	v := new(Voices)
	for entry := range strings.FieldsSeq(list) {
		tag, code, differs := strings.Cut(entry, "=")
		if !differs {
			code = tag
		}
		v.tags, v.codes = append(v.tags, language.MustParse(tag)), append(v.codes, code)
	}
	v.matcher = language.NewMatcher(v.tags)
	return v
}

// For returns the vendor's code for a BCP 47 tag. It is otherwise for no tag, for one that is
// none ("N/A"), and for a language that no voice speaks. A voice of a language that its speakers
// commonly read as well will do (Russian for Kazakh); English, which is everybody's last resort,
// will not.
func (v *Voices) For(tag, otherwise string) string {
	if tag == "" {
		return otherwise
	}
	asked, err := language.Parse(tag)
	if err != nil {
		return otherwise
	}
	_, i, confidence := v.matcher.Match(asked)
	base, _ := asked.Base()
	spoken, _ := v.tags[i].Base()
	own := sameLanguage(base, spoken)
	if confidence == language.No || !own && (confidence == language.Low || spoken.String() == "en") {
		return otherwise
	}
	return v.codes[i]
}

// macro are the languages that vendors name by a member of theirs and callers by the whole.
var macro = map[string]string{"cmn": "zh", "yue": "zh", "arb": "ar", "nb": "no", "nn": "no", "fil": "tl"}

func sameLanguage(a, b language.Base) bool {
	whole := func(base language.Base) string {
		if m, ok := macro[base.String()]; ok {
			return m
		}
		return base.String()
	}
	return whole(a) == whole(b)
}

// Has says whether code is one of the vendor's.
func (v *Voices) Has(code string) bool { return slices.Contains(v.codes, code) }

// Codes returns the vendor's codes, in the order of the list.
func (v *Voices) Codes() []string { return slices.Clone(v.codes) }
