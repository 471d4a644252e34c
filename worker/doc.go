// Package worker decides how a message reaches its phone: which providers may
// try, in which order, how long each one has, and what the attempts add up to.
//
// [Dispatcher] is a messaging.Sender over providers that it is given; it does not
// know which kinds of them exist, nor what carries messages to it. Retrying and
// failing over are its work alone: a provider makes one attempt and says truthfully
// what became of it.
package worker
