package tlv

import (
	"fmt"
	"slices"
	"strings"
)

// Add puts a record behind the last SAST if it is one, else at the end.
func (t *Template) Add(r Record) {
	at := len(t.Records)
	if r.Role() == RoleSAST {
		at = t.afterLastSAST()
	}
	t.Records = slices.Insert(t.Records, at, r)
}

func (t *Template) afterLastSAST() int {
	for i, r := range slices.Backward(t.Records) {
		if r.Role() == RoleSAST {
			return i + 1
		}
	}
	return 0
}

// Remove leaves out the records with the numbers, from 1. The numbers are those
// of the records before the call. It fails, and removes nothing, if a number is
// named twice or no record has it.
func (t *Template) Remove(numbers ...int) error {
	for i, n := range numbers {
		if err := t.checkNumber(n); err != nil {
			return err
		}
		if slices.Contains(numbers[:i], n) {
			return fmt.Errorf("record %d is named twice", n)
		}
	}
	for _, n := range slices.Backward(slices.Sorted(slices.Values(numbers))) {
		t.Records = slices.Delete(t.Records, n-1, n)
	}
	return nil
}

func (t *Template) checkNumber(n int) error {
	if n < 1 || n > len(t.Records) {
		return fmt.Errorf("there is no record %d: the list has %d", n, len(t.Records))
	}
	return nil
}

// Find returns the number, from 1, of the one record that has the role and, if a
// host is given, that DNSNAME in whatever case. It fails with a [*FindError] if
// there is none, or more than one.
func (t *Template) Find(role Role, host ...string) (int, error) {
	e := &FindError{Role: role, Host: host}
	for i, r := range t.Records {
		if !slices.Contains(e.Roles, r.Role()) {
			e.Roles = append(e.Roles, r.Role())
		}
		if r.Role() != role {
			continue
		}
		e.Hosts = append(e.Hosts, r.DNSName())
		if len(host) == 0 || strings.EqualFold(r.DNSName(), host[0]) {
			e.Numbers = append(e.Numbers, i+1)
		}
	}
	if len(e.Numbers) == 1 {
		return e.Numbers[0], nil
	}
	return 0, e
}

// A FindError: not exactly one record has a role and a host.
type FindError struct {
	Role    Role
	Host    []string // the host that was asked for, empty if any would do
	Hosts   []string // of all records with the role
	Numbers []int    // of the records with the role and the host, from 1
	Roles   []Role   // of all records, each once
}

func (e *FindError) Error() string {
	var hosts []string
	for _, h := range e.Hosts {
		hosts = append(hosts, fmt.Sprintf("%q", h))
	}
	there := strings.Join(hosts, ", ")
	switch {
	case len(hosts) == 0:
		return fmt.Sprintf("no record has the role %s: there are %s", e.Role, listed(e.Roles))
	case len(e.Numbers) == 0 && !slices.ContainsFunc(e.Hosts, func(h string) bool { return h != "" }):
		return fmt.Sprintf("no record with the role %s has the host %q: none has a host; name the record by its number", e.Role, e.Host[0])
	case len(e.Numbers) == 0:
		return fmt.Sprintf("no record with the role %s has the host %q: there is %s", e.Role, e.Host[0], there)
	}
	return fmt.Sprintf("%d records have the role %s, host %s", len(e.Numbers), e.Role, there)
}

func listed(roles []Role) string {
	var names []string
	for _, r := range roles {
		names = append(names, r.String())
	}
	return strings.Join(names, ", ")
}
