// Package patience measures how long foreign code has been silent.
package patience

import "time"

// Period is how long foreign code may take for an answer.
const Period = 30 * time.Second

// Periods returns a channel on which a value arrives each time that a Period has
// passed, until stop is called. Time that the process spends stopped, by Ctrl-Z
// for example, does not count. It is a variable for tests, which let time pass
// when they like.
var Periods = periods

// ticks is how many ticks of a clock make a Period. A stopped process misses
// ticks, and a Ticker does not make up for them.
const ticks = 30

func periods() (over <-chan struct{}, stop func()) {
	c, done := make(chan struct{}), make(chan struct{})
	go count(c, done)
	return c, func() { close(done) }
}

func count(over chan<- struct{}, done <-chan struct{}) {
	clock := time.NewTicker(Period / ticks)
	defer clock.Stop()
	for n := 1; ; n++ {
		select {
		case <-clock.C:
		case <-done:
			return
		}
		if n%ticks != 0 {
			continue
		}
		select {
		case over <- struct{}{}:
		case <-done:
			return
		}
	}
}
