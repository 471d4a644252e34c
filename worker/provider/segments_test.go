package provider_test

import (
	"strings"
	"testing"

	"github.com/phonehook/phonehook/worker/provider"
)

func TestSegments(t *testing.T) {
	for _, c := range []struct {
		name, text string
		alphabet   provider.Alphabet
		segments   int
	}{
		{"nothing", "", provider.GSM7, 1},
		{"a whole one", strings.Repeat("x", 160), provider.GSM7, 1},
		{"one more", strings.Repeat("x", 161), provider.GSM7, 2},
		{"two full ones", strings.Repeat("x", 306), provider.GSM7, 2},
		{"three", strings.Repeat("x", 307), provider.GSM7, 3},
		{"80 of the extension", strings.Repeat("€", 80), provider.GSM7, 1},
		{"81 of the extension", strings.Repeat("€", 81), provider.GSM7, 2},
		{"an escape is not split", strings.Repeat("x", 152) + "€" + strings.Repeat("x", 152), provider.GSM7, 3},
		{"a small cedilla", "ç", provider.UCS2, 1},
		{"a large cedilla", "Ç", provider.GSM7, 1},
		{"70 of UCS-2", strings.Repeat("я", 70), provider.UCS2, 1},
		{"71 of UCS-2", strings.Repeat("я", 71), provider.UCS2, 2},
		{"35 of two units", strings.Repeat("😀", 35), provider.UCS2, 1},
		{"a pair is not split", strings.Repeat("😀", 67), provider.UCS2, 3},
		{"not UTF-8", "\xff", provider.UCS2, 1},
	} {
		if alphabet, segments := provider.Segments(c.text); alphabet != c.alphabet || segments != c.segments {
			t.Errorf("%s: got %v in %d; want %v in %d", c.name, alphabet, segments, c.alphabet, c.segments)
		}
	}
}
