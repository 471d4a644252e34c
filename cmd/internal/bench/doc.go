// Package bench compares phonehook with the least that could stand in its place,
// in one run on one machine.
//
// Two subjects are measured, each in a child process of its own that holds the
// same parts: an embedded NATS server with JetStream, one HTTP listener on the
// loopback interface, and a caller's side and a worker's side with a NATS
// connection each. The skeleton is Echo, one NATS request to a queue group and a
// reply, written as plainly as possible. The product is phonehook itself, wired
// and logging as in production, with the inbox provider.
//
// The parent process makes the calls, so that its own work never counts as the
// subjects'. It still shares the machine with them: on few cores a subject
// reaches less than it would with the callers elsewhere. Both subjects lose the
// same to that, and rounds alternate between them, so the ratio is worth more
// than either figure.
package bench
