package vonagesim

import (
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
)

// The vendor's bounds of a token's life
// (developer.vonage.com/en/getting-started/concepts/authentication), and how far
// ahead the clock of whoever made it may be.
const (
	minTokenLife = 30 * time.Second
	maxTokenLife = 24 * time.Hour
	clockSkew    = time.Minute
)

type claims struct {
	ApplicationID string `json:"application_id"`
	jwt.RegisteredClaims
}

// checkToken returns why an Authorization header is refused, or nothing.
func (s *Server) checkToken(header string, now time.Time) string {
	bearer, ok := strings.CutPrefix(header, "Bearer ")
	if !ok {
		return "there is no bearer token"
	}
	var c claims
	if !s.parseToken(bearer, &c, now) {
		return "the token is not one of RS256, or its signature or time is wrong"
	}
	switch {
	case uuid.Validate(c.ApplicationID) != nil || !same(s.options.ApplicationID, c.ApplicationID):
		return "the token is not for this application"
	case c.ID == "":
		return "the token has no jti"
	case c.IssuedAt == nil || c.IssuedAt.After(now.Add(clockSkew)):
		return "the token has no iat, or one in the future"
	case c.ExpiresAt == nil:
		// Without exp a token lives for 15 minutes.
		if now.Sub(c.IssuedAt.Time) > 15*time.Minute {
			return "the token has expired"
		}
		return ""
	}
	if life := c.ExpiresAt.Sub(c.IssuedAt.Time); life < minTokenLife || life > maxTokenLife {
		return "the token does not live for 30 seconds to 24 hours"
	}
	return ""
}

func (s *Server) parseToken(bearer string, c *claims, now time.Time) bool {
	if s.options.PublicKey == nil {
		token, _, err := jwt.NewParser().ParseUnverified(bearer, c)
		return err == nil && token.Method == jwt.SigningMethodRS256 && len(strings.Split(bearer, ".")[2]) > 0 &&
			(c.ExpiresAt == nil || c.ExpiresAt.After(now))
	}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithLeeway(clockSkew), jwt.WithTimeFunc(func() time.Time { return now }))
	_, err := parser.ParseWithClaims(bearer, c, func(*jwt.Token) (any, error) { return s.options.PublicKey, nil })
	return err == nil
}
