package speech_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode"

	"github.com/phonehook/phonehook/worker/provider/speech"
)

func TestPlain(t *testing.T) {
	for _, c := range []struct{ name, text, code, want string }{
		{"code at the end", "Your code is 493817", "493817", "Your code is 4, 9, 3, 8, 1, 7."},
		{"code before a full stop", "Your code is 493817.", "493817", "Your code is 4, 9, 3, 8, 1, 7."},
		{"code at the beginning", "493817 is your code.", "493817", "4, 9, 3, 8, 1, 7, is your code."},
		{"code twice", "493817! Again: 493817", "493817", "4, 9, 3, 8, 1, 7! Again: 4, 9, 3, 8, 1, 7."},
		{"code in two groups", "Use 493 817 now", "493817", "Use 4, 9, 3, 8, 1, 7, now."},
		{"code with a hyphen", "Use 493-817", "493817", "Use 4, 9, 3, 8, 1, 7."},
		{"code given with a hyphen", "Use 493-817", "493-817", "Use 4, 9, 3, 8, 1, 7."},
		{"code of three digits", "Use 123", "123", "Use 1, 2, 3."},
		{"code with letters", "Use A1B2", "A1B2", "Use A, 1, B, 2."},
		{"code within a longer word", "Use 1234567", "123", "Use 1, 2, 3, 4, 5, 6, 7."},
		{"code after letters", "Use G-493817 or PIN493817", "493817", "Use G-4, 9, 3, 8, 1, 7, or PIN4, 9, 3, 8, 1, 7."},
		{"digits that are not the code", "Here is your one time password: 999111", "123456", "Here is your one time password: 9, 9, 9, 1, 1, 1."},
		{"no code known", "Your code is 493817", "", "Your code is 4, 9, 3, 8, 1, 7."},
		{"code not in the text", "Welcome, this is your code", "493817", "Welcome, this is your code. 4, 9, 3, 8, 1, 7."},
		{"code not in a text with a small number", "Valid for 5 minutes!", "4938", "Valid for 5 minutes! 4, 9, 3, 8."},
		{"small numbers", "Call 911 within 10 minutes", "", "Call 911 within 10 minutes."},
		{"leading zeros", "Code: 000012", "000012", "Code: 0, 0, 0, 0, 1, 2."},
		{"Japanese", "認証コードは493817です。", "493817", "認証コードは4, 9, 3, 8, 1, 7,です。"},
		{"Arabic digits", "الرمز ٤٩٣٨١٧", "٤٩٣٨١٧", "الرمز ٤, ٩, ٣, ٨, ١, ٧."},
		{"markup", "<speak>Hi <break time='9h'/>493817</speak>", "493817", "speak Hi break time='9h'/ 4, 9, 3, 8, 1, 7, /speak."},
		{"lines", "Your code:\n\n493817\x00\tBye", "493817", "Your code: 4, 9, 3, 8, 1, 7, Bye."},
		{"only the code", "493817", "493817", "4, 9, 3, 8, 1, 7."},
		{"code of blanks", "Hello", "  ", "Hello."},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := speech.Plain(c.text, c.code); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// FuzzPlain checks that what is spoken has the text's letters and digits, in their
// order and none else before the code that may be added, and no markup.
func FuzzPlain(f *testing.F) {
	f.Add("Your code is 493 817.", "493817")
	f.Add("<b>", "1-2")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, text, code string) {
		words := func(s string) string {
			return strings.Map(func(r rune) rune {
				if (unicode.IsLetter(r) || unicode.IsDigit(r)) && r != unicode.ReplacementChar {
					return r
				}
				return -1
			}, s)
		}
		got := speech.Plain(text, code)
		if rest, ok := strings.CutPrefix(words(got), words(text)); !ok || (rest != "" && rest != words(code)) {
			t.Errorf("%q with %q is spoken as %q", text, code, got)
		}
		if strings.ContainsAny(got, "<>") {
			t.Errorf("%q has markup", got)
		}
	})
}

func TestMarked(t *testing.T) {
	const pause = `<break time="400ms"/>`
	for _, c := range []struct{ name, text, code, want string }{
		{"code in the middle", "Use 12 34, now", "1234", "Use 1" + pause + "2" + pause + "3" + pause + "4" + pause + ", now"},
		{"signs of XML", `Tom & "Jerry"'s`, "", "Tom &amp; &#34;Jerry&#34;&#39;s"},
		{"markup of the caller's", "<break/>Hi", "", "break/ Hi"},
		{"code not in the text", "Hello", "12", "Hello. 1" + pause + "2" + pause},
		{"only the code", "12", "12", "1" + pause + "2" + pause},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := speech.Marked(c.text, c.code); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestAllIsSaidTwice(t *testing.T) {
	if got, want := speech.Twice("Use 1234", ""), "Use 1, 2, 3, 4. Use 1, 2, 3, 4."; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got, want := speech.SSML("Hi", ""), `<speak>Hi<break time="1s"/>Hi</speak>`; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// FuzzSSML checks that what is spoken is well-formed and says the text's letters and digits
// twice.
func FuzzSSML(f *testing.F) {
	f.Add("Your code is 493 817.", "493817")
	f.Add("<b>&amp;", "1-2")
	f.Fuzz(func(t *testing.T, text, code string) {
		ssml := speech.SSML(text, code)
		var said strings.Builder
		decoder := xml.NewDecoder(strings.NewReader(ssml))
		for {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%q with %q is spoken as %q: %v", text, code, ssml, err)
			}
			if words, ok := token.(xml.CharData); ok {
				said.Write(words)
			}
		}
		bare := func(s string) string {
			return strings.Map(func(r rune) rune {
				if unicode.IsLetter(r) || unicode.IsDigit(r) {
					return r
				}
				return -1
			}, s)
		}
		if want := bare(speech.Plain(text, code)); bare(said.String()) != want+want {
			t.Errorf("%q with %q is spoken as %q", text, code, ssml)
		}
	})
}
