package vonage

import (
	"net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/phonehook/phonehook/worker/provider"
)

// tokenLife is how long a call's token is valid. Vonage's minimum is 30 s; a
// minute more lets its clock be that much ahead of ours.
const tokenLife = 90 * time.Second

// token returns a new token for one call, as
// developer.vonage.com/en/getting-started/concepts/authentication describes it. A
// signature takes a millisecond or two and an account makes 3 calls a second
// unless it is given more, so there is nothing to gain from keeping one.
func (c *Client) token(now time.Time) (string, error) {
	id, err := uuid.NewRandom()
	if err != nil {
		return "", err
	}
	return jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"application_id": c.cfg.ApplicationID,
		"iat":            now.Unix(),
		"exp":            now.Add(tokenLife).Unix(),
		"jti":            id.String(),
	}).SignedString(c.key)
}

// authorise gives a request a token of its own.
func (c *Client) authorise(request *http.Request) error {
	token, err := c.token(time.Now())
	if err != nil {
		return provider.Fail(provider.Misconfigured, "", "the request could not be signed")
	}
	request.Header.Set("Authorization", "Bearer "+token)
	return nil
}
