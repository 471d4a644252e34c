package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// The subjects' names, as given to Serve. Settings may follow one, in the form of a
// URL's query; see settings.
const (
	Skeleton = "skeleton"
	Product  = "product"
	// Provider is what the two call where a load says so: a server that takes its
	// time and then any message.
	Provider = "provider"
	// Bus, Gateway and Worker are the product in processes of its own.
	Bus     = "nats"
	Gateway = "gateway"
	Worker  = "worker"
)

// Endpoint is where a subject takes calls. It is the first thing that a subject's
// process writes to its standard output, as one line of JSON, once it is ready.
type Endpoint struct {
	URL string `json:"url"`
	// Token is the bearer token that the subject asks for, or empty.
	Token string `json:"token,omitempty"`
}

// Usage is what a process has used so far. A subject's process writes one line of
// it for each line that it reads, and ends when its standard input does.
type Usage struct {
	// CPUSeconds is the processor time in and on behalf of the process; zero
	// where the system doesn't tell.
	CPUSeconds float64 `json:"cpu_seconds"`
	// PeakRSSBytes is the most memory that was resident at once; likewise.
	PeakRSSBytes int64 `json:"peak_rss_bytes"`
}

// subject is a running subject. close waits until its work has stopped.
type subject struct {
	endpoint Endpoint
	close    func() error
}

// Serve is the whole life of a subject's process: it starts the subject with this
// name and these settings, reports where it is, and answers on out what its parent asks on in. It
// returns when in ends, so that a subject never outlives its parent, or when ctx
// does; what it reads from in then is lost.
func Serve(ctx context.Context, name string, in io.Reader, out io.Writer) error {
	s, err := startSubject(ctx, name)
	if err != nil {
		return err
	}
	conversation := make(chan error, 1)
	go func() { conversation <- converse(s.endpoint, in, out) }()
	select {
	case err = <-conversation:
	case <-ctx.Done():
	}
	return errors.Join(err, s.close())
}

func startSubject(ctx context.Context, spec string) (*subject, error) {
	name, set, err := parseSettings(spec)
	if err != nil {
		return nil, err
	}
	switch name {
	case Skeleton:
		return startSkeleton(ctx, set)
	case Product:
		return startProduct(ctx, set)
	case Provider:
		return startProvider(ctx, set)
	case Bus:
		return startBus()
	case Gateway:
		return startGateway(ctx, set)
	case Worker:
		return startWorker(ctx, set)
	}
	return nil, fmt.Errorf("bench: no subject is named %q; there are %s and %s", name, Skeleton, Product)
}

func converse(e Endpoint, in io.Reader, out io.Writer) error {
	answers, questions := json.NewEncoder(out), json.NewDecoder(in)
	if err := answers.Encode(e); err != nil {
		return fmt.Errorf("bench: report to the parent: %w", err)
	}
	for {
		var question struct{}
		switch err := questions.Decode(&question); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("bench: the parent's question: %w", err)
		}
		if err := answers.Encode(ownUsage()); err != nil {
			return fmt.Errorf("bench: report to the parent: %w", err)
		}
	}
}
