package inorder

import (
	"errors"
	"slices"
	"testing"
)

// Results come in order, however long each takes.
func TestEach(t *testing.T) {
	const n = 200
	first := make(chan struct{}) // holds the first element back until others are done
	var got, want []int
	for i := range n {
		want = append(want, 2*i)
	}
	err := Each(count(n), 2, func(i int) int {
		switch i {
		case 0:
			<-first
		case 2:
			close(first)
		}
		return 2 * i
	}, func(i int) error {
		got = append(got, i)
		return nil
	})
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
}

// The first error ends the run; what was begun is still taken, once each.
func TestEachStops(t *testing.T) {
	wrong := errors.New("wrong")
	taken := 0
	err := Each(func(yield func(int) bool) {
		for i := 0; yield(i); i++ { // never ends by itself
		}
	}, 0, func(i int) int { return i }, func(i int) error {
		if i != taken {
			t.Errorf("%d taken as number %d", i, taken)
		}
		taken++
		if i >= 5 {
			return wrong
		}
		return nil
	})
	if !errors.Is(err, wrong) || taken < 6 {
		t.Errorf("%v, %d taken", err, taken)
	}
}
