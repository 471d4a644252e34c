// Package door reads the bodies with which identity platforms ask for a phone
// message, and turns each into a draft of one messaging.Message.
//
// One function, [Decode], takes every shape of Auth0's: the body of the old
// send-phone-message Hook, the events of the Actions that replaced it, the bodies
// of its documented forwarding samples, and the passwordless SMS gateway's. The
// shape is told from the body alone, because callers send it under any
// Content-Type or none.
//
// What the package refuses, it refuses with a *messaging.Error whose Field names
// the place in the caller's own body. No error repeats a value of that body; only
// names of keys appear, cut short and in printable ASCII.
//
// The recipient stays as the caller wrote it. Making it a phone number, and
// everything that needs to know the tenant, is package gateway's part.
package door
