package vonage

import (
	"strings"
	"unicode"
)

// minRun is how many digits in a row are spoken one by one even where nobody said
// that they are the code. A voice reads shorter runs as numbers, which is right for
// "valid for 5 minutes" and for "call 911".
const minRun = 4

// spell turns a text into what is spoken: the code, and any run of minRun digits
// or more, digit by digit with a short pause after each; everything else as it is.
// A code that the text has with spaces or hyphens between its digits is found too.
// The text's own digits are spoken even where they are not those of code, because
// the text is what the caller wants said; code is added at the end only when the
// text has nothing in it that could be a code.
//
// The result is plain text. The vendor's markup would give longer pauses, but not
// every voice takes it, and "a single comma in text adds a short pause" in all of
// them. So that no caller's text is taken for markup, angle brackets are left out.
func spell(text, code string) string {
	runes, wanted := []rune(clean(text)), []rune(strings.TrimSpace(code))
	var out strings.Builder
	spelled := false
	for i := 0; i < len(runes); {
		length := spelledAt(runes, i, wanted)
		if length == 0 {
			out.WriteRune(runes[i])
			i++
			continue
		}
		writeSpelled(&out, runes[i:i+length])
		spelled = true
		if i += length; i < len(runes) && !unicode.IsPunct(runes[i]) {
			out.WriteByte(',')
		}
	}
	if !spelled && len(wanted) > 0 {
		finish(&out)
		out.WriteByte(' ')
		writeSpelled(&out, []rune(clean(code)))
	}
	finish(&out)
	return out.String()
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

func writeSpelled(out *strings.Builder, code []rune) {
	first := true
	for _, r := range code {
		if isSeparator(r) {
			continue
		}
		if !first {
			out.WriteString(", ")
		}
		out.WriteRune(r)
		first = false
	}
}

// finish ends the text as a sentence, so that its repetition does not run into it.
func finish(out *strings.Builder) {
	text := []rune(out.String())
	if len(text) > 0 && !unicode.IsPunct(text[len(text)-1]) {
		out.WriteByte('.')
	}
}

func isWord(r rune) bool      { return unicode.IsLetter(r) || unicode.IsDigit(r) }
func isSeparator(r rune) bool { return r == ' ' || r == '-' || r == '\u2011' }
