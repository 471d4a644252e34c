package main

import (
	"context"
	"errors"
	"net"
	"strconv"
)

// loopback is where everything of a run listens.
const loopback = "127.0.0.1"

func address(port int) string { return net.JoinHostPort(loopback, strconv.Itoa(port)) }

// freePorts returns n ports that nobody listens at now. All are held until the last
// is found, so that no two are the same.
func freePorts(ctx context.Context, n int) (ports []int, err error) {
	for range n {
		listener, e := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(loopback, "0"))
		if e != nil {
			return nil, errors.Join(err, e)
		}
		defer func() { err = errors.Join(err, listener.Close()) }()
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port) //nolint:forcetypeassert // a listener on tcp has no other
	}
	return ports, nil
}
