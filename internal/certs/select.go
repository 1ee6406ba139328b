package certs

import (
	"bytes"
	"errors"
	"slices"
	"strings"
)

// A Selection says which certificates are wanted of a file that says whose they are:
// what `run sql` and REST give. Of a file that does not say it, all are.
type Selection int

// Selections.
const (
	// Own is the servers' own certificates that trust lists can hold.
	Own Selection = iota
	// CallManager is the certificates of the service CallManager.
	CallManager
	// CallManagerTrust is the certificates of the trust store CallManager-trust.
	CallManagerTrust
	// Everything is all certificates, whatever their service and store.
	Everything
)

const (
	trustSuffix = "-trust"
	ecdsa       = "callmanager-ecdsa"
)

// services are those of CUCM's table typecertificateservice that have certificates of
// their own, and the twins with EC keys.
var services = []string{"callmanager", ecdsa, "tomcat", "tomcat-ecdsa", "ipsec", "capf", "tvs", "itlrecovery", "authz", "directory"}

// otherServices are those whose own certificates are in no trust list.
var otherServices = []string{"tomcat", "tomcat-ecdsa", "ipsec", "authz", "directory"}

// wants reports whether a certificate is selected, by the columns of the table in
// front of it, in lower case. The documented query names the host first, then the
// service: the last name of a service counts, and a host may have the same.
func (s Selection) wants(columns []string) bool {
	switch s {
	case Everything:
		return true
	case Own:
		return !slices.ContainsFunc(columns, isOtherService)
	}
	service := ""
	for _, c := range columns {
		if isService(c) {
			service = c
		}
	}
	return service == "" || service == map[Selection]string{CallManager: "callmanager", CallManagerTrust: "callmanager" + trustSuffix}[s]
}

func isOtherService(name string) bool {
	return strings.HasSuffix(name, trustSuffix) || slices.Contains(otherServices, name)
}

func isService(name string) bool {
	return strings.HasSuffix(name, trustSuffix) || slices.Contains(services, name)
}

// refuse fails for a file that holds certificates of services without saying which.
func (s Selection) refuse(data []byte) error {
	if (s == CallManager || s == CallManagerTrust) && bytes.Contains(data, []byte("tvsCertificate")) {
		return errors.New("the answer to listTvsCertificate does not show which certificates are CallManager and which are in CallManager-trust; use `run sql`, or download the certificates")
	}
	return nil
}

// ErrNone is the cause of the error for data without a certificate.
var ErrNone = errors.New("no certificate: expected PEM, DER, or the text that OS Administration and `show cert own` print")

// none is the error for a file without a selected certificate.
func (s Selection) none(data []byte) error {
	other := map[Selection]error{CallManager: errNoCallManager, CallManagerTrust: errNoTrust}[s]
	if other == nil {
		return ErrNone
	}
	if whole, err := parseWhole(data, Everything); err == nil && len(whole) > 0 {
		return other
	}
	return ErrNone
}

// A noneError: there are certificates, but none is selected. It is also ErrNone.
type noneError string

func (e noneError) Error() string        { return string(e) }
func (e noneError) Is(target error) bool { return target == ErrNone }

const (
	errNoCallManager noneError = "it contains certificates, but none of the service CallManager"
	errNoTrust       noneError = "it contains certificates, but none of the trust store CallManager-trust"
)
