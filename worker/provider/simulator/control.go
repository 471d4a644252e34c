package simulator

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
)

// Messages returns the messages taken, the oldest reference first.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ledger.all()
}

// Count returns how often a message with this reference was taken.
func (s *Server) Count(reference string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m, ok := s.ledger.entries[reference]; ok {
		return m.Count
	}
	return 0
}

// Stats returns the counts so far.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := s.stats
	stats.Refused, stats.Faults, stats.Receipts = maps.Clone(stats.Refused), maps.Clone(stats.Faults), maps.Clone(stats.Receipts)
	return stats
}

// order is the body of POST /_control.
type order struct {
	Reset bool `json:"reset"`
	// Faults are left as they are when the key is absent.
	Faults *[]Fault `json:"faults"`
	// Receipts likewise.
	Receipts *Receipts `json:"receipts"`
}

func (s *Server) control(w http.ResponseWriter, r *http.Request) {
	var o order
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&o); err != nil {
		reply(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	if err := decoder.Decode(new(json.RawMessage)); !errors.Is(err, io.EOF) {
		reply(w, http.StatusBadRequest, map[string]string{"error": "there is more after the first JSON value"})
		return
	}
	if o.Reset {
		s.Reset()
	}
	if o.Faults != nil {
		if err := s.SetFaults(*o.Faults...); err != nil {
			reply(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
			return
		}
	}
	if o.Receipts != nil {
		if err := s.SetReceipts(*o.Receipts); err != nil {
			reply(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
			return
		}
	}
	s.mu.Lock()
	set := struct {
		Faults   []Fault  `json:"faults"`
		Receipts Receipts `json:"receipts"`
	}{make([]Fault, len(s.faults)), s.receipts}
	for i, f := range s.faults {
		set.Faults[i] = *f
	}
	s.mu.Unlock()
	reply(w, http.StatusOK, set)
}

func (s *Server) showMessages(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, map[string][]Message{"messages": s.Messages()})
}

func (s *Server) showStats(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, s.Stats())
}

func reply(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}
