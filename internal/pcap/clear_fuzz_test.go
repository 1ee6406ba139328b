package pcap_test

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/capturetest"
	"github.com/ctlinspect/ctlinspect/internal/pcap"
	"github.com/ctlinspect/ctlinspect/internal/transfer"
)

// Packets lost, repeated, cut and in any order: content that is reported is the list,
// and it is received only if it is whole.
func FuzzTransfers(f *testing.F) {
	whole := wholeTransfers(f)
	names := slices.Sorted(maps.Keys(whole))
	data := listFile(f)
	for i := range names {
		f.Add(uint8(i), []byte{3, 4, 0, 5, 6, 1, 7, 8, 2, 9, 1, 3})
	}
	f.Fuzz(func(t *testing.T, which uint8, moves []byte) {
		frames := slices.Clone(whole[names[int(which)%len(names)]])
		for ; len(moves) >= 3 && len(frames) > 0; moves = moves[3:] {
			i, j := int(moves[0])%len(frames), int(moves[1])%len(frames)
			switch moves[2] % 4 {
			case 0:
				frames[i], frames[j] = frames[j], frames[i]
			case 1:
				frames = slices.Delete(frames, i, i+1)
			case 2:
				frames = slices.Insert(frames, j, frames[i])
			case 3:
				frames[i].Snap = 14 + int(moves[1])
			}
		}
		c, err := pcap.Read(bytes.NewReader(capturetest.WriteFrames(t, frames)), pcap.Options{MaxMemory: 4 << 20})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range c.Downloads {
			ended := d.State == transfer.Received || d.State == transfer.Sent
			if ended != (d.Content != nil) || ended && !bytes.Equal(d.Content, data) {
				t.Fatalf("%s, %d of %d bytes, %s", d.State, len(d.Content), len(data), d.Message)
			}
		}
	})
}
