package tvs_test

import (
	"context"
	"crypto/tls"
	"testing"

	"github.com/ctlinspect/ctlinspect/tvs"
)

// A question on a connection of its own, and the bare handshake.
func BenchmarkAsk(b *testing.B) {
	l, q := signer(b)
	address := serve(b, &tvs.Server{Certificate: pair(b, "tvs", "tvs"), Answer: tvs.NewHoldings(l.Records...).Answer, Idle: patient})
	b.Run("question", func(b *testing.B) {
		c := &tvs.Client{Timeout: patient}
		for b.Loop() {
			if e, err := c.Ask(context.Background(), address, q); err != nil || e.Err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true})
			if err != nil {
				b.Fatal(err)
			}
			conn.NetConn().Close()
		}
	})
}

// A message read and written, and the bare copy.
func BenchmarkParse(b *testing.B) {
	l, q := signer(b)
	data, err := tvs.NewHoldings(l.Records...).Answer(q.Query(1, publishedDevice)).MarshalBinary()
	if err != nil {
		b.Fatal(err)
	}
	b.Run("parse", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			if _, err := tvs.Parse(data); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("bare", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			_ = append([]byte(nil), data...)
		}
	})
}
