package provider

// Facts are what an operator should know of a vendor before choosing it. The table of
// providers in worker/provider/README.md is made from them.
type Facts struct {
	// Vendor is the vendor's name for people.
	Vendor string
	// Channels are those that the provider serves.
	Channels []Channel
	// Validity says how the remaining life of a message is told to the vendor, with its
	// bounds, or that there is no such thing.
	Validity string
	// Idempotency says whether the vendor recognises a repetition.
	Idempotency string
	// Receipts says how the vendor reports what became of a message, and how such a
	// report is known to be genuine.
	Receipts string
	// Regions says which addresses the vendor has.
	Regions string
	// Senders says whom a message can come from.
	Senders string
	// Docs is the vendor's page about all this.
	Docs string
}
