package pcap

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// ErrFormat: the file is neither pcap nor pcapng.
var ErrFormat = errors.New("not a capture: expected pcap or pcapng, as tcpdump and Wireshark write them")

// A file reads the packets of a capture one after the other. Data is valid until
// the next call.
type file interface {
	next() (data []byte, info gopacket.CaptureInfo, link layers.LinkType, err error)
}

// First words of the formats, as they stand in the file.
const (
	gzipMagic   = 0x1F8B
	pcapngMagic = 0x0A0D0D0A
)

var pcapMagic = map[uint32]bool{0xA1B2C3D4: true, 0xD4C3B2A1: true, 0xA1B23C4D: true, 0x4D3CB2A1: true}

const readBuffer = 1 << 20

func openFile(r io.Reader) (file, error) {
	b := bufio.NewReaderSize(r, readBuffer)
	if head, _ := b.Peek(2); len(head) == 2 && binary.BigEndian.Uint16(head) == gzipMagic {
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, fmt.Errorf("gzip: %w", err)
		}
		b = bufio.NewReaderSize(z, readBuffer)
	}
	head, err := b.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch len(head) {
	case 0:
		return nil, errEmpty
	case 1, 2, 3:
		return nil, ErrFormat
	}
	switch magic := binary.BigEndian.Uint32(head); {
	case magic == pcapngMagic:
		r, err := pcapgo.NewNgReader(b, pcapgo.NgReaderOptions{WantMixedLinkType: true, SkipUnknownVersion: true})
		return ngFile{r}, headerError(err)
	case pcapMagic[magic]:
		r, err := pcapgo.NewReader(b)
		return pcapFile{r}, headerError(err)
	}
	return nil, ErrFormat
}

var errEmpty = errors.New("the capture is empty; record it again, or get it again")

func headerError(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the capture ends inside its header, before the first packet; get it again in binary mode")
	}
	return err
}

type pcapFile struct{ r *pcapgo.Reader }

func (f pcapFile) next() ([]byte, gopacket.CaptureInfo, layers.LinkType, error) {
	data, info, err := f.r.ZeroCopyReadPacketData()
	return data, info, f.r.LinkType(), err
}

// An ngFile has a link type for each interface.
type ngFile struct{ r *pcapgo.NgReader }

func (f ngFile) next() ([]byte, gopacket.CaptureInfo, layers.LinkType, error) {
	data, info, err := f.r.ZeroCopyReadPacketData()
	if err != nil {
		return nil, info, 0, err
	}
	link, _ := info.AncillaryData[0].(layers.LinkType)
	return data, info, link, nil
}
