package compare

import (
	"crypto/sha1"
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// none is the index of no record.
const none = -1

// A recordKey tells which record of the other list a record is. The zero key
// tells nothing.
type recordKey struct {
	role tlv.Role
	what string
}

// An identity is what a record can be matched by, "" for what it does not have.
// Its bytes count if it has neither certificate nor host.
type identity struct{ certificate, host, bytes string }

// identities leaves out the records that are matched already.
func identities(l *tlv.List, done func(int) bool) []identity {
	list := make([]identity, len(l.Records))
	for i, r := range l.Records {
		if done(i) {
			continue
		}
		list[i] = identity{certificate: certificate(r), host: host(r)}
		if list[i] == (identity{}) {
			list[i].bytes = string(rawRecord(l, r))
		}
	}
	return list
}

// passes are the ways to match records, the strongest first.
var passes = []func(identity) string{
	func(id identity) string {
		if id.certificate == "" || id.host == "" {
			return ""
		}
		return id.certificate + id.host
	},
	func(id identity) string { return id.certificate },
	func(id identity) string { return id.host },
	func(id identity) string { return id.bytes },
}

// matchRecords returns, for each record of new, the index of the same record of
// old or none. Each pass matches what the passes before left over; among records
// of one key the order decides.
func matchRecords(old, new *tlv.List) []int {
	match := slices.Repeat([]int{none}, len(new.Records))
	taken := make([]bool, len(old.Records))
	sameIndex(old, new, match, taken)
	if !slices.Contains(match, none) || !slices.Contains(taken, false) {
		return match
	}
	a := identities(old, func(i int) bool { return taken[i] })
	b := identities(new, func(j int) bool { return match[j] != none })
	for _, what := range passes {
		free := make(map[recordKey][]int)
		for i, id := range a {
			if key := what(id); !taken[i] && key != "" {
				k := recordKey{old.Records[i].Role(), key}
				free[k] = append(free[k], i)
			}
		}
		for j, id := range b {
			k := recordKey{new.Records[j].Role(), what(id)}
			if candidates := free[k]; match[j] == none && len(candidates) > 0 {
				match[j], taken[candidates[0]] = candidates[0], true
				free[k] = candidates[1:]
			}
		}
	}
	return match
}

// sameIndex matches equal records in the same place, which most are.
func sameIndex(old, new *tlv.List, match []int, taken []bool) {
	for i := range min(len(old.Records), len(new.Records)) {
		if sameRecord(old, i, new, i) {
			match[i], taken[i] = i, true
		}
	}
}

// certificate identifies the certificate of a record by its SHA-1, which is all
// that some records have; without either by issuer, serial and key.
func certificate(r tlv.Record) string {
	if der := r.Certificate(); der != nil {
		sum := sha1.Sum(der)
		return string(sum[:])
	}
	if h := r.CertHash(); len(h) > 0 {
		return string(h)
	}
	if len(r.SerialNumber())+len(r.PublicKey()) == 0 {
		return ""
	}
	var b []byte
	for _, part := range [][]byte{[]byte(r.Issuer()), r.SerialNumber(), r.PublicKey()} {
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(part))), part...)
	}
	return string(b)
}

// host is the name or the address of a server, "" for a token and in ITLs of 8.6.
func host(r tlv.Record) string {
	if name := strings.TrimSpace(r.DNSName()); name != "" {
		return strings.ToLower(name)
	}
	if ip := r.IPAddress(); ip.IsValid() && ip != netip.IPv4Unspecified() {
		return ip.String()
	}
	return ""
}

// outOfOrder reports which matched records of new stand in another place: those
// outside of a longest run of indexes that only grow.
func outOfOrder(match []int) []bool {
	moved := make([]bool, len(match))
	if slices.IsSorted(slices.DeleteFunc(slices.Clone(match), func(i int) bool { return i == none })) {
		return moved
	}
	var ends []int // ends[n] is where the run of n+1 records with the smallest last index ends
	before := make([]int, len(match))
	for j, i := range match {
		if i == none {
			continue
		}
		moved[j] = true
		n, _ := slices.BinarySearchFunc(ends, i, func(end, i int) int { return match[end] - i })
		before[j] = none
		if n > 0 {
			before[j] = ends[n-1]
		}
		if n == len(ends) {
			ends = append(ends, j)
		}
		ends[n] = j
	}
	for j := ends[len(ends)-1]; j != none; j = before[j] {
		moved[j] = false
	}
	return moved
}
