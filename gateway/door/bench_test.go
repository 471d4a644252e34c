package door_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/phonehook/phonehook/gateway/door"
)

func BenchmarkDecode(b *testing.B) {
	bodies := shapes(b)
	large := bytes.Replace(bodies["hook"], []byte(`"app_metadata": {}`),
		[]byte(`"app_metadata": {"notes": ["`+strings.Repeat(`caf\u00e9 `, 8000)+`"]}`), 1)
	for _, c := range []struct {
		name string
		body []byte
	}{
		{"hook", bodies["hook"]},
		{"event_v2", bodies["event_v2"]},
		{"notification", bodies["notification_text"]},
		{"passwordless", bodies["passwordless"]},
		{"large", large},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := door.Decode(c.body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkAlternatives times the parts of what encoding/json would take instead: its
// token reader, which sees duplicate keys, and one decoding into a struct.
func BenchmarkAlternatives(b *testing.B) {
	body := shapes(b)["hook"]
	b.Run("tokens", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			tokens := json.NewDecoder(bytes.NewReader(body))
			for {
				if _, err := tokens.Token(); errors.Is(err, io.EOF) {
					break
				}
			}
		}
	})
	b.Run("unmarshal", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var into struct {
				Recipient, Text string
				Context         struct {
					MessageType string `json:"message_type"`
					Action      string
					Language    string
					Code        string
					IP          string
					UserAgent   string `json:"user_agent"`
					Client      struct {
						ID, Name string
						Metadata json.RawMessage
					}
					User struct {
						ID, Name, Email string
						Metadata        json.RawMessage
					}
				}
			}
			if err := json.Unmarshal(body, &into); err != nil {
				b.Fatal(err)
			}
		}
	})
}
