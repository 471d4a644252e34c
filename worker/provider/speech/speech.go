// Package speech turns a text with a one-time code in it into what a call says, so that a
// person can write the code down: the code character by character with a pause after each, and
// all of it twice. It chooses the voice for a language as well.
//
// There are two renderings: plain text, in which a comma makes the pause, for every vendor and
// every voice; and SSML, whose pauses are longer, where a vendor's voices take it.
package speech

import (
	"encoding/xml"
	"strings"
	"unicode"
)

// Times is how often a message is said: once to get ready and once to type.
const Times = 2

// minRun is how many digits in a row are spoken one by one even where nobody said
// that they are the code. A voice reads shorter runs as numbers, which is right for
// "valid for 5 minutes" and for "call 911".
const minRun = 4

// The pauses of SSML: after a character for a pen to write it, and before the repetition.
const (
	pauseAfterCharacter = `<break time="400ms"/>`
	pauseBetween        = `<break time="1s"/>`
)

// piece is a part of a text: words as they are, or characters to be said one by one.
type piece struct {
	words   string
	spelled []rune
	// follows is the character behind a spelled piece in the text, or 0.
	follows rune
}

// split cuts a text into pieces: the code, and any run of minRun digits or more, are spelled. A
// code that the text has with spaces or hyphens between its digits is found too. The text's own
// digits are spoken even where they are not those of code, because the text is what the caller
// wants said; code is added at the end only when the text has nothing in it that could be one.
//
// So that no caller's text is taken for markup, angle brackets are left out.
func split(text, code string) []piece {
	runes, wanted := []rune(clean(text)), []rune(strings.TrimSpace(code))
	var pieces []piece
	spelled := false
	begin := 0
	for i := 0; i < len(runes); {
		length := spelledAt(runes, i, wanted)
		if length == 0 {
			i++
			continue
		}
		if begin < i {
			pieces = append(pieces, piece{words: string(runes[begin:i])})
		}
		p := piece{spelled: characters(runes[i : i+length])}
		if i += length; i < len(runes) {
			p.follows = runes[i]
		}
		pieces, begin, spelled = append(pieces, p), i, true
	}
	if begin < len(runes) {
		pieces = append(pieces, piece{words: string(runes[begin:])})
	}
	if !spelled && len(wanted) > 0 {
		if begin < len(runes) {
			pieces[len(pieces)-1].words = sentence(pieces[len(pieces)-1].words)
		}
		pieces = append(pieces, piece{words: " "}, piece{spelled: characters([]rune(clean(code)))})
	}
	return pieces
}

// Plain returns what is said once, as plain text: the characters of the code with a comma after
// each, since "a single comma in text adds a short pause" with every vendor's voices. It ends as
// a sentence, so that its repetition does not run into it.
func Plain(text, code string) string {
	var out strings.Builder
	for _, p := range split(text, code) {
		out.WriteString(p.words)
		for i, r := range p.spelled {
			if i > 0 {
				out.WriteString(", ")
			}
			out.WriteRune(r)
		}
		if p.follows != 0 && !unicode.IsPunct(p.follows) {
			out.WriteByte(',')
		}
	}
	return sentence(strings.TrimLeft(out.String(), " "))
}

// Twice returns Plain said Times times, for a vendor that has no loop.
func Twice(text, code string) string {
	once := Plain(text, code)
	return strings.Repeat(once+" ", Times-1) + once
}

// Marked returns what is said once, as SSML without its speak element: to stand within an
// element of the vendor's own. It is well-formed XML.
func Marked(text, code string) string {
	var out strings.Builder
	for _, p := range split(text, code) {
		escape(&out, p.words)
		for _, r := range p.spelled {
			escape(&out, string(r))
			out.WriteString(pauseAfterCharacter)
		}
	}
	return strings.TrimLeft(out.String(), " ")
}

// SSML returns a whole document of SSML in which all is said Times times.
func SSML(text, code string) string {
	once := Marked(text, code)
	return "<speak>" + strings.Repeat(once+pauseBetween, Times-1) + once + "</speak>"
}

func escape(out *strings.Builder, text string) {
	_ = xml.EscapeText(out, []byte(text)) // a Builder takes everything
}

// clean makes one line of plain words of text.
func clean(text string) string {
	plain := strings.Map(func(r rune) rune {
		if r == '<' || r == '>' || unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, text)
	return strings.Join(strings.Fields(plain), " ")
}

// spelledAt returns how many runes of text from position i on are to be spelled.
func spelledAt(text []rune, i int, code []rune) int {
	length := 0
	if i == 0 || !isWord(text[i-1]) {
		length = codeAt(text[i:], code)
	}
	if length == 0 && (i == 0 || !unicode.IsDigit(text[i-1])) {
		length = runAt(text[i:])
	}
	return length
}

// codeAt returns how many runes of text, from its beginning, are the code, with at
// most one separator between two of its characters; 0 if it does not begin with it.
func codeAt(text, code []rune) int {
	if len(code) == 0 {
		return 0
	}
	at := 0
	for i, want := range code {
		if i > 0 && at+1 < len(text) && text[at] != want && isSeparator(text[at]) {
			at++
		}
		if at >= len(text) || text[at] != want {
			return 0
		}
		at++
	}
	if at < len(text) && isWord(text[at]) {
		return 0
	}
	return at
}

// runAt returns the length of the run of digits that text begins with, or 0 if it
// is shorter than minRun.
func runAt(text []rune) int {
	n := 0
	for n < len(text) && unicode.IsDigit(text[n]) {
		n++
	}
	if n < minRun {
		return 0
	}
	return n
}

// characters are those of a code that are said: no separators.
func characters(code []rune) []rune {
	said := make([]rune, 0, len(code))
	for _, r := range code {
		if !isSeparator(r) {
			said = append(said, r)
		}
	}
	return said
}

// sentence ends a text with a full stop, unless it ends with a sign already.
func sentence(text string) string {
	runes := []rune(text)
	if len(runes) > 0 && !unicode.IsPunct(runes[len(runes)-1]) {
		return text + "."
	}
	return text
}

func isWord(r rune) bool      { return unicode.IsLetter(r) || unicode.IsDigit(r) }
func isSeparator(r rune) bool { return r == ' ' || r == '-' || r == '\u2011' }
