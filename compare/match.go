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

// matchRecords returns, for each record of new, the index of the same record of
// old or none. Each pass matches what the passes before left over; among records
// of one key the order decides.
func matchRecords(old, new *tlv.List) []int {
	match := slices.Repeat([]int{none}, len(new.Records))
	taken := make([]bool, len(old.Records))
	sameIndex(old, new, match, taken)
	for _, key := range []func(*tlv.List, tlv.Record) recordKey{byBytes, byCertificateAndHost, byCertificate, byHost} {
		if !slices.Contains(match, none) || !slices.Contains(taken, false) {
			break
		}
		matchBy(key, old, new, match, taken)
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

func matchBy(key func(*tlv.List, tlv.Record) recordKey, old, new *tlv.List, match []int, taken []bool) {
	free := make(map[recordKey][]int)
	for i, r := range old.Records {
		if !taken[i] {
			if k := key(old, r); k.what != "" {
				free[k] = append(free[k], i)
			}
		}
	}
	for j, r := range new.Records {
		if match[j] != none {
			continue
		}
		k := key(new, r)
		if candidates := free[k]; len(candidates) > 0 {
			match[j], taken[candidates[0]] = candidates[0], true
			free[k] = candidates[1:]
		}
	}
}

func byBytes(l *tlv.List, r tlv.Record) recordKey { return recordKey{r.Role(), string(rawRecord(l, r))} }

func byCertificate(_ *tlv.List, r tlv.Record) recordKey { return recordKey{r.Role(), certificate(r)} }

func byHost(_ *tlv.List, r tlv.Record) recordKey { return recordKey{r.Role(), host(r)} }

func byCertificateAndHost(_ *tlv.List, r tlv.Record) recordKey {
	c, h := certificate(r), host(r)
	if c == "" || h == "" {
		return recordKey{}
	}
	return recordKey{r.Role(), c + h}
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
