package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// shownMessage is a message as the native API answers it.
type shownMessage struct {
	ID                string         `json:"id"`
	Status            string         `json:"status"`
	Detail            string         `json:"detail"`
	Channel           string         `json:"channel"`
	Action            string         `json:"action"`
	To                string         `json:"to"`
	Country           string         `json:"country"`
	Provider          string         `json:"provider"`
	ProviderMessageID string         `json:"provider_message_id"`
	Attempts          []shownAttempt `json:"attempts"`
	CreatedAt         time.Time      `json:"created_at"`
	ExpiresAt         time.Time      `json:"expires_at"`
	UpdatedAt         time.Time      `json:"updated_at"`
}

type shownAttempt struct {
	Provider          string `json:"provider"`
	Outcome           string `json:"outcome"`
	DurationMS        int64  `json:"duration_ms"`
	ProviderMessageID string `json:"provider_message_id"`
	ProviderCode      string `json:"provider_code"`
}

func (a shownAttempt) took() string {
	return (time.Duration(a.DurationMS) * time.Millisecond).String()
}

// printMessage prints one message and its attempts.
func printMessage(w io.Writer, body []byte) error {
	var m shownMessage
	if err := json.Unmarshal(body, &m); err != nil || m.ID == "" {
		return errors.New("messages: the answer is not a message; is the URL a gateway's?")
	}
	rows := [][]string{
		{"id", m.ID},
		{"status", m.Status},
		{"detail", m.Detail},
		{"to", strings.TrimSpace(m.To + " " + m.Country)},
		{"channel", m.Channel},
		{"action", m.Action},
		{"provider", m.Provider},
		{"provider's id", m.ProviderMessageID},
		{"created", at(m.CreatedAt)},
		{"updated", at(m.UpdatedAt)},
		{"expires", at(m.ExpiresAt)},
	}
	known := rows[:0]
	for _, row := range rows {
		if row[1] != "" {
			known = append(known, row)
		}
	}
	text := aligned(known)
	if len(m.Attempts) > 0 {
		attempts := [][]string{{"ATTEMPT", "PROVIDER", "OUTCOME", "TOOK", "CODE", "PROVIDER'S ID"}}
		for i, a := range m.Attempts {
			attempts = append(attempts, []string{
				strconv.Itoa(i + 1), cmp.Or(a.Provider, "-"), a.Outcome, a.took(), cmp.Or(a.ProviderCode, "-"), cmp.Or(a.ProviderMessageID, "-"),
			})
		}
		text += "\n" + aligned(attempts)
	}
	_, err := io.WriteString(w, text)
	return err
}

// printMessages prints a line for each message, with its attempts in their order.
func printMessages(w io.Writer, body []byte) error {
	var list struct {
		Messages *[]shownMessage `json:"messages"`
	}
	if err := json.Unmarshal(body, &list); err != nil || list.Messages == nil {
		return errors.New("messages: the answer is not a list of messages; is the URL a gateway's?")
	}
	if len(*list.Messages) == 0 {
		_, err := io.WriteString(w, "No message to this number is remembered.\n")
		return err
	}
	rows := [][]string{{"CREATED", "STATUS", "CHANNEL", "ID", "ATTEMPTS"}}
	for _, m := range *list.Messages {
		var attempts []string
		for _, a := range m.Attempts {
			attempts = append(attempts, fmt.Sprintf("%s %s in %s", cmp.Or(a.Provider, "?"), a.Outcome, a.took()))
		}
		rows = append(rows, []string{
			cmp.Or(at(m.CreatedAt), "-"), m.Status, cmp.Or(m.Channel, "-"), m.ID, cmp.Or(strings.Join(attempts, ", "), "none"),
		})
	}
	_, err := io.WriteString(w, aligned(rows))
	return err
}

// at returns a time as people read it, and nothing for none.
func at(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05.000 UTC")
}

// aligned returns the rows as lines whose columns stand below each other, two blanks
// apart, with none at their ends.
func aligned(rows [][]string) string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], len(cell))
		}
	}
	var text strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			fmt.Fprintf(&line, "%-*s  ", widths[i], cell)
		}
		text.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return text.String()
}
