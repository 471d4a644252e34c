package provider

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// maxRetryAfter bounds what a vendor may ask for: no message lives for an hour.
const maxRetryAfter = time.Hour

// StatusError judges an answer by its HTTP status alone, for a vendor whose own
// codes say no more. It returns nil for a status of 200 to 299.
//
// A vendor that answers 5xx had the request. 503 is the one of them that says it
// did not take it; 500, 502 and 504 can come from a proxy before a server that
// took the message, so they are Unknown. Of the 4xx, those about the account or
// about the address and form of our request are Misconfigured, and the rest are
// about this message: Refused.
func StatusError(a *Answer) *Error {
	if a.Status >= 200 && a.Status <= 299 {
		return nil
	}
	failure := &Error{Code: "HTTP " + strconv.Itoa(a.Status)}
	failure.Kind, failure.Detail = statusKind(a.Status)
	if failure.Kind == Throttled || failure.Kind == Unavailable {
		failure.RetryAfter = RetryAfter(a.Header, time.Now())
	}
	return failure
}

func statusKind(status int) (kind Kind, detail string) {
	switch status {
	case http.StatusTooManyRequests:
		return Throttled, "the vendor asks for fewer requests"
	case http.StatusUnauthorized, http.StatusProxyAuthRequired:
		return Misconfigured, "the vendor does not accept the credentials"
	case http.StatusPaymentRequired:
		return Misconfigured, "the account has no credit"
	case http.StatusForbidden:
		return Misconfigured, "the account may not do this"
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotAcceptable, http.StatusGone,
		http.StatusLengthRequired, http.StatusRequestURITooLong, http.StatusUnsupportedMediaType,
		http.StatusMisdirectedRequest, http.StatusUpgradeRequired, http.StatusRequestHeaderFieldsTooLarge,
		http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return Misconfigured, "there is no such API at this address"
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusServiceUnavailable:
		return Unavailable, "the vendor can't take it now"
	}
	switch {
	case status >= 500:
		return Unknown, "the vendor failed with the message in hand"
	case status >= 400:
		return Refused, "the vendor refused the request"
	case status >= 300:
		return Misconfigured, "the address redirects, which is not followed"
	}
	return Unknown, "the answer's status makes no sense"
}

// RetryAfter returns how long the header Retry-After asks to wait from now on:
// seconds or an HTTP date, at most one hour, and zero where it says nothing.
func RetryAfter(header http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if value == "" {
		return 0
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(at.Sub(now), 0), maxRetryAfter)
	}
	seconds, err := strconv.ParseInt(value, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0
	}
	// A number out of range comes as the one nearest to it that is in range.
	return time.Duration(min(max(seconds, 0), int64(maxRetryAfter/time.Second))) * time.Second
}

// unconnectedDetail describes an error that came before there was a connection.
func unconnectedDetail(err error) (detail string, cause error) {
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return "the name of the vendor's host can't be resolved", nil
	}
	if detail, ok := certificateDetail(err); ok {
		return "the vendor's certificate " + detail, nil
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "the vendor's host does not speak TLS", nil
	}
	if _, ok := errors.AsType[tls.AlertError](err); ok {
		return "the vendor's host refused the TLS handshake", nil
	}
	return "no connection to the vendor's host", plainCause(err)
}

func certificateDetail(err error) (string, bool) {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "is from an unknown authority", true
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "is for another host", true
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return "has expired", true
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "is not valid", true
	}
	return "", false
}

// brokenDetail describes an error that came on a connection.
func brokenDetail(err error) (detail string, cause error) {
	if cause = plainCause(err); errors.Is(cause, errTimeout) {
		return "no answer came", cause
	}
	return "the connection broke before the answer was complete", cause
}

// plainCause finds the error below err whose text has no address in it.
func plainCause(err error) error {
	if number, ok := errors.AsType[syscall.Errno](err); ok {
		return number
	}
	for _, plain := range []error{io.ErrUnexpectedEOF, io.EOF} {
		if errors.Is(err, plain) {
			return plain
		}
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return errTimeout
	}
	return nil
}
