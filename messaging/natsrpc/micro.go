package natsrpc

import (
	"encoding/json"
	"regexp"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
)

// ServiceName is the name under which `nats micro ls` shows workers.
const ServiceName = "phonehook-worker"

// semantic is the form of version that `nats micro` insists on, with or without the
// v that Go puts before it.
var semantic = regexp.MustCompile(`^v?(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)(?: |$)`)

// serviceVersion returns the semantic version that version begins with. A build that
// has none, as one from a work tree, is 0.0.0.
func serviceVersion(version string) string {
	if found := semantic.FindStringSubmatch(version); found != nil {
		return found[1]
	}
	return "0.0.0"
}

// serveMicro answers the discovery requests of NATS micro services, as ADR-32 of
// the NATS project describes them.
func (s *Server) serveMicro() error {
	for verb, document := range map[micro.Verb]func() any{
		micro.PingVerb:  s.microPing,
		micro.InfoVerb:  s.microInfo,
		micro.StatsVerb: s.microStats,
	} {
		for _, to := range [][2]string{{"", ""}, {ServiceName, ""}, {ServiceName, s.opts.WorkerID}} {
			subject, err := micro.ControlSubject(verb, to[0], to[1])
			if err != nil {
				return err
			}
			sub, err := s.nc.Subscribe(subject, func(msg *nats.Msg) {
				if body, err := json.Marshal(document()); err == nil && msg.Reply != "" {
					_ = s.nc.Publish(msg.Reply, body) // who asked can ask again
				}
			})
			if err != nil {
				return err
			}
			s.side = append(s.side, sub)
		}
	}
	return nil
}

func (s *Server) identity() micro.ServiceIdentity {
	return micro.ServiceIdentity{
		Name: ServiceName, ID: s.opts.WorkerID, Version: serviceVersion(s.opts.Version), Metadata: map[string]string{},
	}
}

func (s *Server) microPing() any {
	return micro.Ping{ServiceIdentity: s.identity(), Type: micro.PingResponseType}
}

func (s *Server) microInfo() any {
	info := micro.Info{
		ServiceIdentity: s.identity(),
		Type:            micro.InfoResponseType,
		Description:     "delivers phone messages through providers",
	}
	for _, tenant := range s.opts.Tenants {
		info.Endpoints = append(info.Endpoints, micro.EndpointInfo{
			Name: "deliver", Subject: deliverSubject(tenant), QueueGroup: queueGroup, Metadata: map[string]string{},
		})
	}
	return info
}

// load is what `nats micro stats` shows of a worker beside the usual counts.
type load struct {
	Slots  int `json:"slots"`
	Busy   int `json:"busy"`
	Queued int `json:"queued"`
}

// microStats reports the counts of all tenants with the first endpoint: they share
// the slots.
func (s *Server) microStats() any {
	s.mu.Lock()
	data, _ := json.Marshal(load{s.opts.Slots, s.busy, s.queue.waiting}) // three ints marshal
	s.mu.Unlock()
	stats := micro.Stats{ServiceIdentity: s.identity(), Type: micro.StatsResponseType, Started: s.stats.started}
	for i, tenant := range s.opts.Tenants {
		endpoint := &micro.EndpointStats{Name: "deliver", Subject: deliverSubject(tenant), QueueGroup: queueGroup}
		if i == 0 {
			endpoint.NumRequests = int(s.stats.requests.Load())
			endpoint.NumErrors = int(s.stats.errors.Load())
			endpoint.ProcessingTime = time.Duration(s.stats.nanos.Load())
			if endpoint.NumRequests > 0 {
				endpoint.AverageProcessingTime = endpoint.ProcessingTime / time.Duration(endpoint.NumRequests)
			}
			endpoint.Data = data
		}
		stats.Endpoints = append(stats.Endpoints, endpoint)
	}
	return stats
}
