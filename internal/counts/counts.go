// Package counts counts the costly steps of judging a list, so that tests can
// hold the code to doing each of them once.
package counts

import "sync/atomic"

// Steps done since the program started.
var (
	Signatures   atomic.Int64 // signatures checked with a key
	Certificates atomic.Int64 // certificates read
	Recognitions atomic.Int64 // times that a certificate was compared with a record
)

// Since runs f and returns how many signatures were checked and how many
// certificates were read meanwhile, by whatever goroutine.
func Since(f func()) (signatures, certificates int) {
	s, c := Signatures.Load(), Certificates.Load()
	f()
	return int(Signatures.Load() - s), int(Certificates.Load() - c)
}
