//go:build !unix

package bench

// ownUsage returns nothing: this system has no getrusage.
func ownUsage() Usage { return Usage{} }
