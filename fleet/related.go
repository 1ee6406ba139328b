package fleet

import (
	"crypto/sha1"
)

// related reports whether two known lists share a certificate, as the CTL and the
// ITL of one cluster do: CallManager, CAPF or ITLRecovery.
func (f *Fleet) related(a, b int32) bool {
	key := [2]int32{a, b}
	same, ok := f.pairs[key]
	if !ok {
		same = shareCertificate(f.lists.Known[a], f.lists.Known[b])
		f.pairs[key] = same
	}
	return same
}

func shareCertificate(a, b Known) bool {
	held := make(map[string]bool)
	for hash := range hashes(a) {
		held[hash] = true
	}
	for hash := range hashes(b) {
		if held[hash] {
			return true
		}
	}
	return false
}

// hashes yields the SHA-1 of each certificate of a list.
func hashes(k Known) func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, r := range k.List.Records {
			var hash string
			switch der, sum := r.Certificate(), r.CertHash(); {
			case der != nil:
				h := sha1.Sum(der)
				hash = string(h[:])
			case sum != nil:
				hash = string(sum)
			default:
				continue
			}
			if !yield(hash) {
				return
			}
		}
	}
}
