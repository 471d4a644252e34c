// Command faults breaks one thing after the other in a running phonehook and counts
// what became of every call:
//
//	go run ./cmd/internal/faults          # the whole suite
//	go run ./cmd/internal/faults --short  # the same faults, under five minutes
//
// The processes are real: gateways and workers built from this tree, and NATS servers,
// which are this program once more. The providers are look-alikes inside of this
// process, so that each delivery is counted where a phone would ring. A steady load
// runs meanwhile: every call has its planned moment and its own number, and its
// latency counts from that moment, however late the load itself came to it.
//
// Each fault is a row of the table that is printed, with the bounds that it must
// hold. The exit status is 1 when a row does not hold. A row starts and ends its own
// processes; all of them end with this program, however it ends.
package main
