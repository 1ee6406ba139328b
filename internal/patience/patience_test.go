package patience

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestPeriods(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		over, stop := Periods()
		for n := range time.Duration(3) {
			<-over
			if passed := time.Since(start); passed != (n+1)*Period {
				t.Errorf("period %d is over after %v", n+1, passed)
			}
		}
		stop()
		synctest.Wait()
		select {
		case <-over:
			t.Error("it goes on after stop")
		case <-time.After(2 * Period):
		}
	})
}

// Nobody has to listen.
func TestStopWithoutListening(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, stop := Periods()
		time.Sleep(2 * Period)
		stop()
	})
}
