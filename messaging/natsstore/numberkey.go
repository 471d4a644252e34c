package natsstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/phonehook/phonehook/messaging"
)

const (
	numberKeySubject = settingsPrefix + "number_key"
	numberKeyBytes   = 32 // those of SHA-256: a longer one adds nothing
)

// ensureNumberKey learns the key that all gateways share, and makes it if it is the
// first to ask.
func (s *Store) ensureNumberKey(ctx context.Context) error {
	if s.NumberKey() != nil {
		return nil
	}
	fresh := make([]byte, numberKeyBytes)
	_, _ = rand.Read(fresh) // never fails
	_, err := s.api.put(ctx, numberKeySubject, fresh, 0, 0, manageWithin)
	if _, exists := errors.AsType[changed](err); exists {
		var found value
		if found, err = s.api.last(ctx, streamSettings, numberKeySubject, manageWithin); err == nil {
			fresh = found.Data
		}
	}
	if err != nil {
		return fmt.Errorf("the key for hashes of numbers: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.numberKey = messaging.NumberKey(fresh)
	return nil
}
