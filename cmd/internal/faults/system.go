package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"time"
)

// readyWithin bounds the start of a gateway or worker, which takes a fraction of a
// second on an idle machine.
const readyWithin = 20 * time.Second

// shutdownDelay is how long a gateway still takes calls after it was told to end and
// says so: some of the load's looks at its readiness.
const shutdownDelay = 10 * readinessEvery

// shape is how a system is built.
type shape struct {
	// cluster makes three NATS servers with three replicas instead of one.
	cluster bool
	// latency is how long a provider takes to answer.
	latency time.Duration
	// slots are those of each worker.
	slots int
	// deadline is the tenant's.
	deadline time.Duration
}

// usual is the shape of most rows: production's settings, and providers that take
// as long as a near vendor does.
func usual() shape {
	return shape{latency: 50 * time.Millisecond, slots: 256, deadline: 9 * time.Second}
}

func (s shape) replicas() int { return s.servers() }

func (s shape) servers() int {
	if s.cluster {
		return 3
	}
	return 1
}

// The processes of every system, besides NATS.
const (
	gatewayCount = 2
	workerCount  = 3
)

// gatewayNode and workerNode are processes that can be ended and started again at the
// same place.
type gatewayNode struct {
	command       command
	process       *process
	listen, admin string
}

type workerNode struct {
	command command
	process *process
	admin   string
	key     string
}

// system is phonehook as a row has it.
type system struct {
	shape    shape
	dir      string
	spawner  *spawner
	bus      *bus
	gateways []*gatewayNode
	workers  []*workerNode
	// looks are the providers in the order of the route.
	looks []*lookalike
}

// newSystem starts a system in the folder dir and returns when every process says
// that it is ready. What was started before an error is in the system all the same.
func newSystem(ctx context.Context, s *spawner, programs, dir string, shape shape) (*system, error) {
	sys := &system{shape: shape, dir: dir, spawner: s}
	for _, name := range []string{"first", "second"} {
		look, err := newLookalike(ctx, name, shape.latency)
		if err != nil {
			return sys, err
		}
		sys.looks = append(sys.looks, look)
	}
	var err error
	if sys.bus, err = newBus(ctx, s, dir, shape.servers()); err != nil {
		return sys, err
	}
	if err := sys.place(ctx, programs); err != nil {
		return sys, err
	}
	for _, g := range sys.gateways {
		if err := sys.startGateway(g); err != nil {
			return sys, err
		}
	}
	for _, w := range sys.workers {
		if err := sys.startWorker(w); err != nil {
			return sys, err
		}
	}
	return sys, sys.awaitReady(ctx)
}

// place decides where the processes listen and writes their files. All of them are
// told of the first NATS server alone, and hear of the others from it: so it is known
// which one they use.
func (s *system) place(ctx context.Context, programs string) error {
	ports, err := freePorts(ctx, 2*gatewayCount+workerCount)
	if err != nil {
		return err
	}
	next := func() string {
		port := ports[0]
		ports = ports[1:]
		return address(port)
	}
	natsURL := s.bus.nodes[0].url()
	for i := range gatewayCount {
		g := &gatewayNode{listen: next(), admin: next()}
		if g.command, err = s.program(programs, "gateway", i, gatewayFile(s.shape, natsURL, g)); err != nil {
			return err
		}
		s.gateways = append(s.gateways, g)
	}
	for i := range workerCount {
		w := &workerNode{admin: next(), key: fmt.Sprintf("worker-%d", i+1)} // eight characters, as every key of the vendor
		if w.command, err = s.program(programs, "worker", i, workerFile(s.shape, natsURL, w, s.looks)); err != nil {
			return err
		}
		s.workers = append(s.workers, w)
	}
	return nil
}

func (s *system) program(programs, kind string, i int, file string) (command, error) {
	name := fmt.Sprintf("%s-%d", kind, i+1)
	path, err := write(s.dir, name+".yaml", file)
	return command{
		name: name, path: filepath.Join(programs, kind), args: []string{"--config", path},
		log: filepath.Join(s.dir, name+".log"),
	}, err
}

func (s *system) startGateway(g *gatewayNode) (err error) {
	g.process, err = s.spawner.start(g.command)
	return err
}

func (s *system) startWorker(w *workerNode) (err error) {
	w.process, err = s.spawner.start(w.command)
	return err
}

func (s *system) awaitReady(ctx context.Context) error {
	for _, g := range s.gateways {
		if err := awaitProcess(ctx, g.process, g.admin); err != nil {
			return err
		}
	}
	for _, w := range s.workers {
		if err := awaitProcess(ctx, w.process, w.admin); err != nil {
			return err
		}
	}
	return nil
}

// awaitProcess waits until the process with this private listener is ready.
func awaitProcess(ctx context.Context, p *process, admin string) error {
	return await(ctx, p.name+" is ready", readyWithin, func() error {
		if p.ended() {
			return fmt.Errorf("%w: it ended: %s", errNever, p.cmd.ProcessState)
		}
		return askReady(ctx, admin)
	})
}

// errNotReady is a process's own word; any other error of askReady is that it could
// not be asked.
var errNotReady = errors.New("not ready")

// askReady asks a private listener for /readyz.
func askReady(ctx context.Context, admin string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second) // as a load balancer's check would
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+admin+"/readyz", nil)
	if err != nil {
		return err
	}
	answer, err := monitorClient.Do(request)
	if err != nil {
		return err
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: status %d", errNotReady, answer.StatusCode)
	}
	return nil
}

// crashed returns which processes ended without being told to.
func (s *system) crashed() error {
	var errs []error
	for _, p := range s.processes() {
		errs = append(errs, p.crashed())
	}
	if s.bus != nil {
		errs = append(errs, s.bus.crashed())
	}
	return errors.Join(errs...)
}

// processes are the gateways' and the workers'.
func (s *system) processes() (all []*process) {
	for _, g := range s.gateways {
		all = append(all, g.process)
	}
	for _, w := range s.workers {
		all = append(all, w.process)
	}
	started := all[:0]
	for _, p := range all {
		if p != nil {
			started = append(started, p)
		}
	}
	return started
}

// close ends everything at once.
func (s *system) close() {
	for _, p := range s.processes() {
		_ = p.kill() // it has ended by then or never can
	}
	if s.bus != nil {
		s.bus.kill()
	}
	for _, l := range s.looks {
		l.close()
	}
}
