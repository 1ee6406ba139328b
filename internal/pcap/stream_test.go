package pcap

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// A reader collects what a half delivers, and checks it against what was sent.
type reader struct {
	t    testing.TB
	sent []byte
	at   int
	lost int
}

func (r *reader) deliver(lost int, data []byte) {
	r.at += lost
	r.lost += lost
	if r.at+len(data) > len(r.sent) || !bytes.Equal(r.sent[r.at:r.at+len(data)], data) {
		r.t.Fatalf("%d bytes at %d are not those that were sent", len(data), r.at)
	}
	r.at += len(data)
}

// Segments of any size in any order, repeated and overlapping: what is delivered is
// what was sent, nothing twice, and nothing conflicts. Sequence numbers wrap around.
func TestReceive(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		sent := make([]byte, 1+r.IntN(4000))
		for i := range sent {
			sent[i] = byte(r.Uint32())
		}
		const first = 0xFFFFFE00
		var h half
		h.begin(first)
		got := &reader{t: t, sent: sent}
		covered := make([]bool, len(sent))
		for range 1 + r.IntN(50) {
			from := r.IntN(len(sent))
			n := min(1+r.IntN(600), len(sent)-from)
			if n == 1 {
				continue // may be taken for a keep-alive
			}
			for i := from; i < from+n; i++ {
				covered[i] = true
			}
			h.receive(first+uint32(from), sent[from:from+n], got.deliver)
		}
		h.flush(got.deliver)
		end, missing := 0, 0
		for i, c := range covered {
			if c {
				end = i + 1
			}
		}
		for _, c := range covered[:end] {
			if !c {
				missing++
			}
		}
		if got.at != end || got.lost != missing || h.odd != 0 || h.held != 0 {
			t.Fatalf("read %d of %d, %d missing, want %d, %d differ, %d held", got.at, end, got.lost, missing, h.odd, h.held)
		}
	}
}

// A half holds no more than its limits, and says what it passes over.
func TestReceiveLimits(t *testing.T) {
	sent := make([]byte, 1<<20)
	for i := range sent {
		sent[i] = byte(i * i >> 3)
	}
	var h half
	h.begin(0)
	got := &reader{t: t, sent: sent}
	for from := 1000; from+1000 <= len(sent); from += 1000 {
		if from == 500000 {
			continue
		}
		h.receive(uint32(from), sent[from:from+1000], got.deliver)
		if n := h.size(); n > maxHeld+3*maxSeen+128*maxWaiting {
			t.Fatalf("%d bytes held", n)
		}
	}
	h.flush(got.deliver)
	if got.lost != 2000 || h.odd != 0 {
		t.Errorf("%d bytes passed over, %d differ", got.lost, h.odd)
	}
}

func TestKeepAlive(t *testing.T) {
	var h half
	h.begin(10)
	got := &reader{t: t, sent: []byte("hello world")}
	h.receive(10, []byte("hello"), got.deliver)
	h.receive(14, []byte{0}, got.deliver)
	h.receive(15, []byte(" world"), got.deliver)
	if got.at != 11 || h.odd != 0 {
		t.Errorf("%d bytes, %d differ", got.at, h.odd)
	}
}

// FuzzReceive gives a half any segments: it never delivers more than came, and holds
// no more than that.
func FuzzReceive(f *testing.F) {
	f.Add([]byte{0, 0, 5, 0, 5, 5, 0, 2, 9, 4, 0, 1})
	f.Fuzz(func(t *testing.T, moves []byte) {
		var h half
		data := make([]byte, 256)
		for i := range data {
			data[i] = byte(i)
		}
		came, delivered, at := 0, 0, uint64(0)
		for ; len(moves) >= 3; moves = moves[3:] {
			seq := uint32(moves[0])<<8>>(moves[1]&7) + uint32(moves[1]>>3)
			n := int(moves[2])
			came += n
			h.receive(seq, data[:n], func(lost int, data []byte) {
				if lost < 0 {
					t.Fatal("lost", lost)
				}
				at += uint64(lost + len(data))
				delivered += len(data)
			})
			if delivered+h.held > came {
				t.Fatalf("%d bytes came, %d delivered, %d held", came, delivered, h.held)
			}
		}
		h.flush(func(lost int, data []byte) { delivered += len(data) })
		if delivered > came || h.held != 0 || len(h.waiting) != 0 {
			t.Fatalf("%d bytes came, %d delivered, %d held", came, delivered, h.held)
		}
	})
}

// Entries are found by their keys, whatever was added and removed before.
func TestTable(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	table, want := newTable(), make(map[key]ref)
	var keys []key
	for range 20000 {
		var k key
		k[0], k[20], k[30] = byte(r.IntN(40)), byte(r.IntN(40)), byte(r.IntN(4))
		found := table.find(&k)
		if found != want[k] {
			t.Fatalf("%v: %d, want %d", k, found, want[k])
		}
		switch {
		case found == 0:
			want[k] = table.add(&k)
			keys = append(keys, k)
		case r.IntN(3) == 0:
			table.remove(found)
			delete(want, k)
		}
		if table.entries != len(want) {
			t.Fatalf("%d entries, want %d", table.entries, len(want))
		}
	}
	if len(want) < 1000 || table.used > len(keys)+1 {
		t.Errorf("%d entries, %d used", len(want), table.used)
	}
}

func TestQueue(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	table := newTable()
	var q queue
	var want []ref
	for i := range 3000 {
		if n := len(want); n > 0 && r.IntN(5) < 2 {
			k := r.IntN(n)
			q.remove(table, want[k])
			want = append(want[:k], want[k+1:]...)
		} else {
			var k key
			k[0], k[1] = byte(i), byte(i>>8)
			ref := table.add(&k)
			q.push(table, ref)
			want = append(want, ref)
		}
		if q.length != len(want) || len(want) > 0 && (q.oldest != want[0] || q.newest != want[len(want)-1]) {
			t.Fatalf("%+v, want %v", q, want)
		}
	}
	for _, one := range want {
		if q.oldest != one {
			t.Fatalf("%d, want %d", q.oldest, one)
		}
		q.remove(table, q.oldest)
	}
}

// Datagrams are put together from fragments in any order, also repeated ones; those
// that contradict each other are not.
func TestFragments(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for i := range 500 {
		content := make([]byte, 8+r.IntN(3000))
		for i := range content {
			content[i] = byte(r.Uint32())
		}
		size := 8 * (2 + r.IntN(40))
		type one struct {
			offset int
			more   bool
		}
		var list []one
		for at := 0; at < len(content); at += size {
			list = append(list, one{at, at+size < len(content)})
		}
		list = append(list, list[r.IntN(len(list))]) // one comes twice
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		f := newFragments(1 << 20)
		k := fragmentKey{id: uint32(i)}
		var whole []byte
		for _, p := range list {
			if whole != nil {
				break
			}
			var odd bool
			whole, odd = f.add(k, p.offset, p.more, content[p.offset:min(p.offset+size, len(content))])
			if odd {
				t.Fatal("contradicts")
			}
		}
		if !bytes.Equal(whole, content) || f.held != 0 || f.end() != 0 {
			t.Fatalf("%d of %d bytes, %d held", len(whole), len(content), f.held)
		}
	}
}

func TestOddFragments(t *testing.T) {
	a, b := []byte("01234567"), []byte("76543210")
	type one struct {
		offset int
		more   bool
		data   []byte
	}
	for name, list := range map[string][]one{
		"other content":        {{0, true, a}, {0, true, b}},
		"overlap":              {{0, true, append(a, a...)}, {8, false, b}},
		"overlap in front":     {{8, true, a}, {0, true, append(b, b...)}},
		"two ends":             {{8, false, a}, {16, false, b}},
		"behind the end":       {{8, false, a}, {16, true, b}},
		"too large":            {{65528, true, append(a, a...)}},
		"not a multiple":       {{0, true, a[:7]}},
		"nothing":              {{0, true, nil}},
		"a part, then another": {{8, true, a}, {24, true, a}, {16, true, append(a, a...)}},
	} {
		f := newFragments(1 << 20)
		odd := false
		for _, p := range list {
			whole, one := f.add(fragmentKey{}, p.offset, p.more, bytes.Clone(p.data))
			if whole != nil {
				t.Errorf("%s: %q", name, whole)
			}
			odd = odd || one
		}
		if !odd || f.held != 0 {
			t.Errorf("%s: odd %t, %d held", name, odd, f.held)
		}
	}
}

// FuzzFragments adds any fragments: no datagram has bytes that did not come.
func FuzzFragments(f *testing.F) {
	f.Add([]byte{0, 1, 8, 1, 0, 8, 0, 1, 8, 2, 0, 3})
	f.Fuzz(func(t *testing.T, moves []byte) {
		const max = 4096
		f := newFragments(max)
		data := make([]byte, 256)
		came := 0
		for ; len(moves) >= 3; moves = moves[3:] {
			n := int(moves[2])
			came += n
			whole, _ := f.add(fragmentKey{id: uint32(moves[0] >> 6)}, int(moves[0]&63)*8, moves[1]&1 != 0, data[:n])
			if len(whole) > came {
				t.Fatalf("%d bytes of %d", len(whole), came)
			}
			if f.held > max+datagramCost+partCost*maxParts+maxDatagram || f.held < 0 || len(f.waiting) != f.order.Len() {
				t.Fatalf("%d held, %d waiting", f.held, len(f.waiting))
			}
		}
		if f.end(); f.held != 0 || len(f.waiting) != 0 {
			t.Fatalf("%d held", f.held)
		}
	})
}
