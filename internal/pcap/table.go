package pcap

import (
	"hash/maphash"
	"unsafe"
)

// A table finds connections by their key. A scan or a flood is millions of them, so
// entries hold no pointers, lie in chunks, and are used again.
type table struct {
	seed    maphash.Seed
	buckets []ref // first entry of each chain; a power of two
	chunks  [][]entry
	used    int // entries in chunks that were ever used; the first is none
	free    ref // chain of entries to be used again
	entries int // in the table
}

// A ref is the number of an entry; 0 is none.
type ref uint32

// An entry is a connection.
type entry struct {
	key    key
	state  state
	opened uint8     // the end that opened it, as far as is known
	syn    [2]bool   // a SYN of this end was seen
	known  [2]bool   // next is known
	next   [2]uint32 // sequence number that the end's data begins with
	isn    [2]uint32
	start  int64  // Unix nanoseconds
	flow   uint32 // number of the handshake under way

	chain       ref // next entry of the bucket, or free entry
	newer, prev ref // in the queue of the state: towards its new and old end
}

// A state is how far a connection has come. Each has a queue.
type state uint8

const (
	waiting state = iota // without data so far
	talking              // a handshake is under way
	over                 // nothing more is to be learned
	states
)

const (
	chunkSize = 1 << 10
	// entryCost is what an entry takes in bytes, with its share of the buckets.
	entryCost = int(unsafe.Sizeof(entry{})) + 16
)

func newTable() *table {
	return &table{seed: maphash.MakeSeed(), buckets: make([]ref, 1<<10), used: 1}
}

func (t *table) at(r ref) *entry { return &t.chunks[r/chunkSize][r%chunkSize] }

func (t *table) bucket(k *key) *ref {
	return &t.buckets[maphash.Bytes(t.seed, k[:])&uint64(len(t.buckets)-1)]
}

// find returns the entry of a key, or 0.
func (t *table) find(k *key) ref {
	r := *t.bucket(k)
	for r != 0 {
		e := t.at(r)
		if e.key == *k {
			return r
		}
		r = e.chain
	}
	return 0
}

// add adds an entry for a key that has none.
func (t *table) add(k *key) ref {
	if 2*t.entries >= len(t.buckets) {
		t.grow()
	}
	r := t.free
	if r != 0 {
		t.free = t.at(r).chain
	} else {
		r = ref(t.used)
		if t.used++; int(r/chunkSize) >= len(t.chunks) {
			t.chunks = append(t.chunks, make([]entry, chunkSize))
		}
	}
	b := t.bucket(k)
	*t.at(r) = entry{key: *k, chain: *b}
	*b = r
	t.entries++
	return r
}

// remove removes an entry that is in no queue.
func (t *table) remove(r ref) {
	e := t.at(r)
	p := t.bucket(&e.key)
	for *p != r {
		p = &t.at(*p).chain
	}
	*p = e.chain
	*e = entry{chain: t.free}
	t.free = r
	t.entries--
}

// grow doubles the buckets.
func (t *table) grow() {
	old := t.buckets
	t.buckets = make([]ref, 2*len(old))
	for _, r := range old {
		for r != 0 {
			e := t.at(r)
			next, b := e.chain, t.bucket(&e.key)
			e.chain, *b = *b, r
			r = next
		}
	}
}

// A queue is the entries of a state, by the time of their last use.
type queue struct {
	oldest, newest ref
	length         int
}

func (q *queue) push(t *table, r ref) {
	e := t.at(r)
	e.prev, e.newer = q.newest, 0
	if q.newest != 0 {
		t.at(q.newest).newer = r
	} else {
		q.oldest = r
	}
	q.newest = r
	q.length++
}

func (q *queue) remove(t *table, r ref) {
	e := t.at(r)
	if e.prev != 0 {
		t.at(e.prev).newer = e.newer
	} else {
		q.oldest = e.newer
	}
	if e.newer != 0 {
		t.at(e.newer).prev = e.prev
	} else {
		q.newest = e.prev
	}
	e.prev, e.newer = 0, 0
	q.length--
}
