package compare

import (
	"bytes"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// A Difference is what differs between an old and a new list.
type Difference struct {
	Verdict Verdict        // VerdictSameBytes, VerdictSignedAgain or VerdictDifferent
	Signing []FieldChange  // of the header: what signing again changes: signer, digest, TIMESTAMP, signature
	Header  []FieldChange  // of the header: everything else: VERSION, FILENAME, unknown fields
	Records []RecordChange // without those that are the same in the same order
}

// A RecordChange is a record that is not in both lists, or not the same in both.
type RecordChange struct {
	Old, New int // numbers from 1, 0 where the list does not have it
	Role     tlv.Role
	Record   tlv.Record    // the new one, or the old one where it was removed
	Fields   []FieldChange // of a record in both lists
	Moved    bool          // it is in another place among the records that both lists have
}

// A Change is the kind of a RecordChange.
type Change string

// Changes. A record that changed may have moved as well.
const (
	ChangeAdded   Change = "added"
	ChangeRemoved Change = "removed"
	ChangeChanged Change = "changed"
	ChangeMoved   Change = "moved"
)

// Kind returns what happened to the record.
func (c RecordChange) Kind() Change {
	switch {
	case c.Old == 0:
		return ChangeAdded
	case c.New == 0:
		return ChangeRemoved
	case len(c.Fields) > 0:
		return ChangeChanged
	}
	return ChangeMoved
}

// Lists compares an old list, say the phone's, with a new one. Records are the
// same if they have the same role and certificate; of the others, those with the
// same role and host are the same record with another certificate. Records without a
// certificate and tokens, which have no host, are matched by what they have.
// The lists must come from [tlv.Parse].
func Lists(old, new *tlv.List) *Difference {
	if bytes.Equal(old.Raw(), new.Raw()) {
		return &Difference{Verdict: VerdictSameBytes}
	}
	d := &Difference{Verdict: VerdictSignedAgain}
	d.Signing, d.Header = headerChanges(old.Header, new.Header)
	d.Records = recordChanges(old, new)
	if len(d.Header)+len(d.Records) > 0 || otherSigning(old.Header, new.Header) {
		d.Verdict = VerdictDifferent
	}
	return d
}

// otherSigning reports whether the lists are signed in another way: some phones
// know only SHA-1, so such a list is not the same for all of them.
func otherSigning(old, new tlv.Header) bool {
	return old.Digest() != new.Digest() || old.SignatureAlgorithm() != new.SignatureAlgorithm() || old.SignerVersion() != new.SignerVersion()
}

// recordChanges is in the order of the new list; what was removed comes last.
func recordChanges(old, new *tlv.List) []RecordChange {
	match := matchRecords(old, new) // index in new to index in old, or none
	moved := outOfOrder(match)
	kept := make([]bool, len(old.Records))
	var changes []RecordChange
	for j, i := range match {
		r := new.Records[j]
		c := RecordChange{New: j + 1, Role: r.Role(), Record: r, Moved: moved[j]}
		if i != none {
			kept[i] = true
			c.Old = i + 1
			c.Fields = recordFieldChanges(old, i, new, j)
		}
		if i == none || c.Moved || len(c.Fields) > 0 {
			changes = append(changes, c)
		}
	}
	for i, r := range old.Records {
		if !kept[i] {
			changes = append(changes, RecordChange{Old: i + 1, Role: r.Role(), Record: r})
		}
	}
	return changes
}
