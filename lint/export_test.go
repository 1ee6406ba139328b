package lint

// Visits is how often rules have looked at a record so far.
func (s *Subject) Visits() int { return s.visits }
