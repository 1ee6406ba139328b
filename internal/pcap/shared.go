package pcap

import (
	"bytes"
	"hash/maphash"

	"github.com/ctlinspect/ctlinspect/internal/handshake"
)

// A shared holds what many connections have in common, once: certificates, chains,
// lists of messages, names.
type shared struct {
	seed         maphash.Seed
	certificates map[uint64][]byte
	chains       map[string][][]byte // by the addresses of shared certificates
	steps        map[string][]handshake.Step
	alerts       map[string][]handshake.Alert
	names        map[string]string
	scratch      []byte
}

func newShared() *shared {
	return &shared{
		seed: maphash.MakeSeed(), certificates: make(map[uint64][]byte), chains: make(map[string][][]byte),
		steps: make(map[string][]handshake.Step), alerts: make(map[string][]handshake.Alert), names: make(map[string]string),
	}
}

// Estimates of what values take beside their bytes, with their share of maps: of a
// certificate also what is found out about it later.
const (
	sharedCost      = 128
	certificateCost = 320
)

// share replaces what was seen before by what was seen first. It returns the bytes
// of what was not.
func (s *shared) share(h *handshake.Summary) (n int) {
	for i := range h.Sides {
		h.Sides[i].Chain = s.chain(h.Sides[i].Chain, &n)
	}
	h.Steps, h.Alerts = s.stepList(h.Steps, &n), s.alertList(h.Alerts, &n)
	if h.ServerName != "" {
		known, ok := s.names[h.ServerName]
		if !ok {
			known = h.ServerName
			s.names[known] = known
			n += len(known) + sharedCost
		}
		h.ServerName = known
	}
	return n
}

// chain shares a chain and its certificates.
func (s *shared) chain(chain [][]byte, n *int) [][]byte {
	if len(chain) == 0 {
		return chain
	}
	b := s.scratch[:0]
	for i, der := range chain {
		sum := maphash.Bytes(s.seed, der)
		known, ok := s.certificates[sum]
		switch {
		case !ok:
			s.certificates[sum] = der
			*n += len(der) + certificateCost
		case bytes.Equal(known, der):
			chain[i] = known
		default: // two certificates with one hash: the second is not shared
			*n += len(der) + certificateCost
			return chain
		}
		for shift := 0; shift < 64; shift += 8 {
			b = append(b, byte(sum>>shift))
		}
	}
	s.scratch = b
	known, ok := s.chains[string(b)]
	if !ok {
		known = chain
		s.chains[string(b)] = chain
		*n += 40*len(chain) + 64
	}
	return known
}

func (s *shared) stepList(steps []handshake.Step, n *int) []handshake.Step {
	b := s.scratch[:0]
	for _, step := range steps {
		b = append(append(b, byte(step.From), byte(len(step.Name))), step.Name...)
	}
	s.scratch = b
	known, ok := s.steps[string(b)]
	if !ok {
		known = steps
		s.steps[string(b)] = steps
		*n += 24*len(steps) + len(b) + sharedCost
	}
	return known
}

func (s *shared) alertList(alerts []handshake.Alert, n *int) []handshake.Alert {
	if len(alerts) == 0 {
		return alerts
	}
	b := s.scratch[:0]
	for _, a := range alerts {
		var flags byte
		for i, set := range []bool{a.Encrypted, a.BySize, a.Fatal} {
			if set {
				flags |= 1 << i
			}
		}
		b = append(b, byte(a.From), flags, byte(a.Code))
	}
	s.scratch = b
	known, ok := s.alerts[string(b)]
	if !ok {
		known = alerts
		s.alerts[string(b)] = alerts
		*n += 8*len(alerts) + len(b) + sharedCost
	}
	return known
}
