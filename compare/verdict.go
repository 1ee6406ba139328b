package compare

// A Verdict says what a phone's copy of a list and a server's have in common.
type Verdict string

// Verdicts, from the most that two copies can have in common to the least.
const (
	VerdictSameBytes       Verdict = "same-bytes"
	VerdictSameHash        Verdict = "same-hash"          // a hash is equal and nothing differs
	VerdictSignedAgain     Verdict = "signed-again"       // the same content: only TIMESTAMP, signature and signer differ, not the digest
	VerdictSameRecords     Verdict = "same-records"       // listings show the same records, no more is known or another hash
	VerdictSameTime        Verdict = "same-time"          // only TIMESTAMP is known, and equal: weak
	VerdictSameSize        Verdict = "same-size"          // only sizes are known, and equal: weak, different lists often have equal sizes
	VerdictDifferent       Verdict = "different"          // different content, or something that is known of both differs
	VerdictNotInstalled    Verdict = "not-installed"      // one side has no such list
	VerdictNothingInCommon Verdict = "nothing-to-compare" // nothing is known of both
	VerdictOtherKind       Verdict = "other-kind"         // one is a CTL, the other an ITL
)

// best are the verdicts in that order.
var best = []Verdict{
	VerdictSameBytes, VerdictSameHash, VerdictSignedAgain, VerdictSameRecords, VerdictSameTime, VerdictSameSize,
	VerdictDifferent, VerdictNotInstalled, VerdictNothingInCommon, VerdictOtherKind,
}

// Same reports whether both are the same file.
func (v Verdict) Same() bool { return v == VerdictSameBytes || v == VerdictSameHash }

// Decided reports whether the verdict says anything about the copies.
func (v Verdict) Decided() bool { return v != VerdictNothingInCommon && v != VerdictOtherKind }
