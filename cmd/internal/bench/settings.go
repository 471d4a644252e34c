package bench

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// settings say how a subject is set up. The zero value is a subject by itself: the
// skeleton without a provider, the product with its inbox.
type settings struct {
	// provider is the URL of a Provider to send through.
	provider string
	// delay is how long a Provider takes for each message.
	delay time.Duration
	// noDedupe has the product send repetitions like any other call.
	noDedupe bool
	// nats is the URL of a Bus, for a Gateway and a Worker.
	nats string
	// slots is how many messages a Worker has in hand at once; 0 is its default.
	slots int
}

// of returns the subject's name with the settings, for Serve.
func (s settings) of(name string) string {
	q := url.Values{}
	set := func(key, value string, wanted bool) {
		if wanted {
			q.Set(key, value)
		}
	}
	set("provider", s.provider, s.provider != "")
	set("delay", s.delay.String(), s.delay != 0)
	set("dedupe", "off", s.noDedupe)
	set("nats", s.nats, s.nats != "")
	set("slots", strconv.Itoa(s.slots), s.slots != 0)
	if len(q) == 0 {
		return name
	}
	return name + "?" + q.Encode()
}

// parseSettings reads what of wrote.
func parseSettings(spec string) (name string, s settings, err error) {
	name, query, _ := strings.Cut(spec, "?")
	q, err := url.ParseQuery(query)
	if err != nil {
		return "", s, fmt.Errorf("bench: the settings of the %s: %w", name, err)
	}
	for key := range q {
		value := q.Get(key)
		switch key {
		case "provider":
			s.provider = value
		case "delay":
			s.delay, err = time.ParseDuration(value)
		case "dedupe":
			s.noDedupe = value == "off"
		case "nats":
			s.nats = value
		case "slots":
			s.slots, err = strconv.Atoi(value)
		default:
			err = fmt.Errorf("there is no setting %q", key)
		}
		if err != nil {
			return "", s, fmt.Errorf("bench: the settings of the %s: %w", name, err)
		}
	}
	return name, s, nil
}
