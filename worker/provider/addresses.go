package provider

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"
)

const (
	// ReceiptsPath is the beginning of every path at the gateway that vendors call.
	ReceiptsPath = "/receipts/"
	// MinAddressKey is the least length of the key of Addresses: that of the hash.
	MinAddressKey = 32
	// signatureBytes are kept of an address's signature: 96 bits, which nobody
	// guesses over a network, in 16 characters, because some vendors bound an
	// address to 100.
	signatureBytes = 12
	// saltBytes make each sealed speech's key its own, so that its nonce can be zero.
	saltBytes = 16
	// receiptLife is for how long after a message was made a report of it is taken by its
	// address. The longest that a vendor tries a message where it was given no validity
	// is 72 hours, and it repeats a report for up to a day.
	receiptLife = 4 * 24 * time.Hour
)

// Addresses makes the addresses at the gateway under which vendors call phonehook back, and
// recognises them. An address says which message or tenant it is for and is signed with a key
// that all workers share: nobody can make one, and a report to it needs no look-up. It is safe
// for concurrent use.
//
// The last part of a path is one of these:
//
//	m.<tenant>.<id>.<signature>   reports about one message
//	t.<tenant>.<signature>        about a tenant's messages; the report has the reference
//	a.<signature>                 about all of the account's, to be entered in the vendor's dashboard
//	s.<sealed>                    asks what a call is to say
type Addresses struct {
	base string
	key  []byte
}

// NewAddresses returns Addresses below the gateway's public address, such as
// https://phonehook.example.com, with a key of at least MinAddressKey bytes.
func NewAddresses(public string, key []byte) *Addresses {
	return &Addresses{base: strings.TrimRight(public, "/"), key: key}
}

// Public returns the whole address for a path and query at the gateway, as the vendor knows it.
func (a *Addresses) Public(requestURI string) string { return a.base + requestURI }

// ForMessage returns the address for reports about one message, or nothing where its id can't
// stand in one.
func (a *Addresses) ForMessage(kind, name, tenant, id string) string {
	if !plain(tenant) || !plain(id) {
		return ""
	}
	return a.signed(kind, name, "m."+tenant+"."+id)
}

// ForTenant returns the address for reports about a tenant's messages.
func (a *Addresses) ForTenant(kind, name, tenant string) string {
	if !plain(tenant) {
		return ""
	}
	return a.signed(kind, name, "t."+tenant)
}

// ForAccount returns the address for reports about all messages of an account.
func (a *Addresses) ForAccount(kind, name string) string { return a.signed(kind, name, "a") }

func (a *Addresses) signed(kind, name, subject string) string {
	return a.base + ReceiptsPath + kind + "/" + name + "/" + subject + "." + a.sign(kind, name, subject)
}

func (a *Addresses) sign(kind, name, subject string) string {
	sum := a.mac("address", kind, name, subject)
	return base64.RawURLEncoding.EncodeToString(sum[:signatureBytes])
}

// mac hashes a purpose and parts of which none has a line feed.
func (a *Addresses) mac(parts ...string) []byte {
	mac := hmac.New(sha256.New, a.key)
	for _, part := range parts {
		_, _ = mac.Write([]byte(part + "\n")) // never fails
	}
	return mac.Sum(nil)
}

// Subject is what an address is for.
type Subject struct {
	// Tenant and ID are the message's; ID is empty in the address of a tenant, and both
	// are in that of an account.
	Tenant, ID string
	// Speech is what was sealed into the address of a call; nil in any other.
	Speech []byte
}

// Open returns what the last part of a path under an account is for. The error is a
// *CallbackError.
func (a *Addresses) Open(kind, name, token string, now time.Time) (Subject, error) {
	form, rest, _ := strings.Cut(token, ".")
	if form == "s" {
		return a.openSpeech(kind, name, rest, now)
	}
	subject, signature, ok := cutLast(token)
	if !ok || !hmac.Equal([]byte(signature), []byte(a.sign(kind, name, subject))) {
		return Subject{}, Forgery("the address is not one that was given out")
	}
	parts := strings.Split(subject, ".")
	switch {
	case form == "a" && len(parts) == 1:
		return Subject{}, nil
	case form == "t" && len(parts) == 2:
		return Subject{Tenant: parts[1]}, nil
	case form == "m" && len(parts) == 3:
		if made, ok := madeAt(parts[2]); ok && now.Sub(made) > receiptLife {
			return Subject{}, Staleness("it is about a message of more than four days ago")
		}
		return Subject{Tenant: parts[1], ID: parts[2]}, nil
	}
	return Subject{}, Forgery("the address is not one that was given out")
}

func cutLast(token string) (subject, signature string, ok bool) {
	dot := strings.LastIndexByte(token, '.')
	if dot < 0 {
		return "", "", false
	}
	return token[:dot], token[dot+1:], true
}

// ForSpeech returns an address at which a vendor asks what a call is to say. The speech is
// encrypted within it, so that neither the vendor's logs nor a proxy's have a code, and it opens
// until the time is over. It returns nothing where the message's names can't stand in one.
func (a *Addresses) ForSpeech(kind, name, tenant, id string, speech []byte, until time.Time) string {
	if !plain(tenant) || !plain(id) {
		return ""
	}
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt)                                              // never fails
	content := binary.BigEndian.AppendUint64(nil, uint64(until.Unix())) //nolint:gosec // after 1970
	content = append(content, tenant+"."+id+"."...)
	content = append(content, speech...)
	sealer := a.sealer(kind, name, salt)
	sealed := sealer.Seal(salt, make([]byte, sealer.NonceSize()), content, nil) //nolint:gosec // the salt makes the key one of its own
	return a.base + ReceiptsPath + kind + "/" + name + "/s." + base64.RawURLEncoding.EncodeToString(sealed)
}

func (a *Addresses) sealer(kind, name string, salt []byte) cipher.AEAD {
	block, err := aes.NewCipher(a.mac("speech", kind, name, hex.EncodeToString(salt)))
	if err != nil {
		panic("provider: a hash is no key of AES-256") // it has 32 bytes
	}
	sealer, err := cipher.NewGCM(block)
	if err != nil {
		panic("provider: AES has no block of 16 bytes")
	}
	return sealer
}

func (a *Addresses) openSpeech(kind, name, text string, now time.Time) (Subject, error) {
	forged := Forgery("the address is not one that was given out")
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(sealed) < saltBytes {
		return Subject{}, forged
	}
	sealer := a.sealer(kind, name, sealed[:saltBytes])
	content, err := sealer.Open(nil, make([]byte, sealer.NonceSize()), sealed[saltBytes:], nil)
	if err != nil || len(content) < 8 {
		return Subject{}, forged
	}
	if now.Unix() > int64(binary.BigEndian.Uint64(content)) { //nolint:gosec // it was made from an int64
		return Subject{}, Staleness("the call's time is over")
	}
	parts := strings.SplitN(string(content[8:]), ".", 3)
	if len(parts) != 3 {
		return Subject{}, forged
	}
	return Subject{Tenant: parts[0], ID: parts[1], Speech: []byte(parts[2])}, nil
}

// plain says whether name can stand between the dots of an address as it is.
func plain(name string) bool {
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}

// madeAt returns when an id was made, where it is a UUIDv7 (RFC 9562, section 5.7).
func madeAt(id string) (time.Time, bool) {
	raw, err := hex.DecodeString(strings.ReplaceAll(id, "-", ""))
	if err != nil || len(raw) != 16 || raw[6]>>4 != 7 {
		return time.Time{}, false
	}
	ms := binary.BigEndian.Uint64(raw[:8]) >> 16
	return time.UnixMilli(int64(ms)), true
}
