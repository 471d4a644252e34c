// Package run is what the programs share that is no part of their work: logging,
// signals, exit statuses, the version, and asking a running process for its health.
package run
