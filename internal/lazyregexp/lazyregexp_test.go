package lazyregexp

import "testing"

func TestNew(t *testing.T) {
	digits := New(`^\d+$`)
	first := digits()
	if !first.MatchString("12") || first.MatchString("x") {
		t.Error("not the expression")
	}
	if digits() != first {
		t.Error("compiled again")
	}
}
