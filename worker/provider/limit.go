package provider

// Limit is what a vendor allows an account: how fast and how many at once. It holds for
// all workers together.
type Limit struct {
	// Channel is the only one that it is for; absent means all of them together.
	Channel Channel `yaml:"channel"`
	// PerSecond is how many messages may begin in a second; 0 means any number. One
	// in two seconds is 0.5.
	PerSecond float64 `yaml:"per_second"`
	// InFlight is how many may be under way at once; 0 means any number.
	InFlight int `yaml:"in_flight"`
}
