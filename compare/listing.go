package compare

import (
	"strconv"
	"strings"

	"github.com/ctlinspect/ctlinspect/internal/lazyregexp"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// showPart is what matters in a listing of `show ctl`. Mails and tickets lose line
// breaks, so it may be anywhere in a line.
var showPart = lazyregexp.New(`The checksum value of the (CTL|ITL) file:|\b([0-9A-Fa-f]{32}) ?\(MD5\)|\b([0-9A-Fa-f]{40}) ?\(SHA-?1\)|Length of (CTL|ITL) file: *(\d+)|\bHeaderLength:\s*(\d+) \(BYTES\)`)

// parseShow reads the lines of a listing. Each part belongs to the listing before
// it unless that has such a part already, or is of the other list.
func (p *textParser) parseShow(n int, line string) bool {
	if !isShowPart(line) {
		return false
	}
	parts := showPart().FindAllStringSubmatch(line, -1)
	for _, m := range parts {
		switch head, md5, sha1, kind, length, header := m[1], m[2], m[3], m[4], m[5], m[6]; {
		case head != "":
			p.listing = p.add(n, Evidence{Form: FormShowListing, Kind: tlv.KindOf(head)})
		case md5+sha1 != "":
			p.showSum(n, md5, sha1)
		case kind != "":
			p.showLength(n, tlv.KindOf(kind), length)
		case p.listing != nil && p.listing.Sums.HeaderLength == 0:
			p.listing.Sums.HeaderLength, _ = strconv.Atoi(header)
		}
	}
	return len(parts) > 0
}

func isShowPart(line string) bool {
	for _, word := range []string{"The checksum value of the ", "Length of ", "HeaderLength:", "(MD5)", "(SHA"} {
		if strings.Contains(line, word) {
			return true
		}
	}
	return false
}

func (p *textParser) showSum(n int, md5, sha1 string) {
	l := p.listing
	if l == nil || l.Sums.Size != nil || md5 != "" && l.Sums.MD5 != nil || sha1 != "" && l.Sums.SHA1 != nil {
		l = p.add(n, Evidence{Form: FormShowListing})
		p.listing = l
	}
	l.Sums.setHash(md5 + sha1)
}

// showLength takes a length; that of a list that does not exist is 0.
func (p *textParser) showLength(n int, kind tlv.Kind, length string) {
	l := p.listing
	if l == nil || l.Sums.Size != nil || l.Kind != kind && l.Kind != tlv.KindUnknown {
		l = p.add(n, Evidence{Form: FormShowListing})
		p.listing = l
	}
	l.Kind = kind
	l.Sums.setSize(length)
	if s := l.Sums; s.Size != nil && *s.Size == 0 {
		l.Sums, l.Absent = Sums{}, true
		p.listing = nil
	}
}

func (s *Sums) setSize(digits string) {
	if n, err := strconv.ParseUint(digits, 10, 62); err == nil {
		s.Size = new(int64(n))
	}
}
