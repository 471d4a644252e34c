package provider

// Account is what a provider knows of its place in the worker's file, besides its vendor's own
// section. The zero value is an account that no vendor calls back.
type Account struct {
	// Kind is the key of the section, such as twilio, and Name the configured name.
	Kind, Name string
	// Addresses makes the addresses that are given to the vendor; nil where the
	// worker's file has no public address, and then no receipts are asked for.
	Addresses *Addresses
}

// CallbackURL is where the vendor is to report what becomes of m, or empty.
func (a Account) CallbackURL(m Message) string {
	if a.Addresses == nil {
		return ""
	}
	return a.Addresses.ForMessage(a.Kind, a.Name, m.Tenant, m.Reference)
}

// TenantURL is the shorter address of a tenant, for a vendor that repeats the reference and
// bounds the address's length; or empty.
func (a Account) TenantURL(m Message) string {
	if a.Addresses == nil {
		return ""
	}
	return a.Addresses.ForTenant(a.Kind, a.Name, m.Tenant)
}
