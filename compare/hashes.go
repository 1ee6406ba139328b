package compare

import (
	"cmp"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/lazyregexp"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// sumLines are lines of hashes about one file that stand together, as in the
// output of ctlinspect sum.
type sumLines struct {
	*Evidence
	last int  // line
	bare bool // one line of digits without a name
	dump bool // of several such lines, which are not hashes but data
}

var (
	sizeLine = lazyregexp.New(`(?i)^size[:=\s]\s*(\d+)(?: bytes)?$`)
	// md5sum and its sisters put a star in front of the name of a binary file.
	md5sumLine = lazyregexp.New(`^\\?([0-9A-Fa-f]{32}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{128}) [ *](\S.*)$`)
	md5Line    = lazyregexp.New(`^(?i:MD5|SHA-?1|SHA2?-?512) ?\((.+)\) ?= ?([0-9A-Fa-f]+)$`)
)

// parseSums reads a line that is about a hash and nothing else.
func (p *textParser) parseSums(n int, line string) bool {
	if c := line[len(line)-1]; c < '0' || c > '9' && c < 'A' {
		if !mayBeSum(line) {
			p.endSums()
			return false
		}
	}
	if m := md5Line().FindStringSubmatch(line); m != nil {
		return p.fileSum(n, m[1], m[2])
	}
	if m := md5sumLine().FindStringSubmatch(line); m != nil {
		return p.fileSum(n, m[2], m[1])
	}
	if m := sizeLine().FindStringSubmatch(line); m != nil {
		var sums Sums
		sums.setSize(m[1])
		return p.sum(n, sums, false)
	}
	sums, err := parseHash(line)
	if err != nil {
		p.endSums()
		return false
	}
	name, _ := splitHash(line)
	return p.sum(n, sums, name == "")
}

// mayBeSum reports whether a line that does not end in a digit can be about a
// hash.
func mayBeSum(line string) bool {
	return strings.HasSuffix(line, ")") || strings.HasSuffix(line, "\"") || strings.HasSuffix(line, "'") || strings.HasSuffix(line, ".tlv") || strings.HasSuffix(line, "bytes")
}

// fileSum is a line about the hash of a file.
func (p *textParser) fileSum(n int, name, digits string) bool {
	p.endSums()
	e := Evidence{Form: FormHash}
	if list, ok := named(FormHash, name); ok {
		e = list
	} else {
		e.Name, e.Kind = name, tlv.KindOf(name)
	}
	e.Sums.setHash(digits)
	if e.Comparable() {
		p.add(n, e)
	}
	return true
}

// sum adds a hash or a size to the lines before it.
func (p *textParser) sum(n int, sums Sums, bare bool) bool {
	s := p.sums
	switch {
	case s != nil && s.bare && bare && n == s.last+1:
		s.last, s.dump = n, true
		return true
	case s == nil || s.bare || bare || n > s.last+1 || !s.Sums.merge(sums):
		p.endSums()
		p.sums = &sumLines{Evidence: &Evidence{Form: FormHash, Line: n, Sums: sums}, bare: bare}
	}
	p.sums.last = n
	return true
}

// merge takes what is known from t, and reports false if both know the same.
func (s *Sums) merge(t Sums) bool {
	if s.Size != nil && t.Size != nil || s.MD5 != nil && t.MD5 != nil || s.SHA1 != nil && t.SHA1 != nil || s.SHA512 != nil && t.SHA512 != nil {
		return false
	}
	if t.Size != nil {
		s.Size = t.Size
	}
	for _, pair := range [][2]*[]byte{{&s.MD5, &t.MD5}, {&s.SHA1, &t.SHA1}, {&s.SHA512, &t.SHA512}} {
		if *pair[1] != nil {
			*pair[0] = *pair[1]
		}
	}
	return true
}

// setMade takes a time in UTC; others are left out.
func (s *Sums) setMade(layout, text string) {
	if t, err := time.Parse(layout, text); err == nil {
		s.Made = t.UTC()
	}
}

func (p *textParser) endSums() {
	if s := p.sums; s != nil && !s.dump {
		p.found = append(p.found, s.Evidence)
	}
	p.sums = nil
}

var (
	// ownHead begins what ctlinspect compare and fetch print about a list.
	ownHead = lazyregexp.New(`^(?:(.*): )?(CTL|ITL), (\d+) bytes, (?:made ([^,]*), )?(SHA-1 [0-9a-f]{40})?`)
	// ownVerify is what ctlinspect verify prints.
	ownVerify = lazyregexp.New(`^(?:(.*): )?verified: (CTL|ITL) signed by .*, made (\S+)$`)
	// ownEvidence begins what ctlinspect compare prints about evidence.
	ownEvidence = lazyregexp.New(`^(?:The copy|.+, line \d+, [^:]+): (.+)$`)
)

// submatch matches an expression, if one of the words without which it cannot match
// is in the line: to look for a word costs a hundredth.
func submatch(expression func() *regexp.Regexp, line string, words ...string) []string {
	for _, word := range words {
		if strings.Contains(line, word) {
			return expression().FindStringSubmatch(line)
		}
	}
	return nil
}

// parseOwn reads what ctlinspect compare and --brief print.
func parseOwn(line string) (Evidence, bool) {
	if m := submatch(ownHead, line, " bytes"); m != nil {
		e := Evidence{Form: FormOutput, Name: m[1], Kind: tlv.KindOf(m[2])}
		e.Sums.setSize(m[3])
		e.Sums.setMade("2006-01-02 15:04:05 UTC", m[4])
		e.Sums.setHash(strings.TrimPrefix(m[5], "SHA-1 "))
		return e, true
	}
	if m := submatch(ownVerify, line, "verified: "); m != nil {
		e := Evidence{Form: FormOutput, Name: m[1], Kind: tlv.KindOf(m[2])}
		e.Sums.setMade(time.RFC3339, m[3])
		return e, e.Comparable()
	}
	if m := submatch(ownEvidence, line, ", line ", "The copy: "); m != nil {
		e := parseEvidence(m[1])
		return e, e.Comparable()
	}
	return Evidence{}, false
}

// parseEvidence reads what Evidence.String writes.
func parseEvidence(s string) Evidence {
	e := Evidence{Form: FormOutput}
	for part := range strings.SplitSeq(s, ", ") {
		first, rest, _ := strings.Cut(part, " ")
		list, isName := named(FormOutput, part)
		switch {
		case isName:
			e.Name, e.Kind, e.Device = list.Name, list.Kind, list.Device
		case part == "CTL" || part == "ITL":
			e.Kind = tlv.KindOf(part)
		case strings.HasPrefix(part, "SEP"):
			e.Device = part
		case part == "not installed":
			e.Absent = true
		case strings.HasPrefix(part, "header of "):
			e.Sums.HeaderLength, _ = strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(part, "header of "), " bytes"))
		case rest == "bytes":
			e.Sums.setSize(first)
		case first == "MD5" || first == "SHA-1" || first == "SHA-512":
			if sums, err := parseHash(part); err == nil {
				e.Sums.merge(sums)
			}
		case first == "made":
			e.Sums.setMade(time.RFC3339, rest)
		case first == "from":
			e.Server = rest
		}
	}
	if e.Absent {
		e.Sums = Sums{}
	}
	return e
}

// A document is what the JSON of ctlinspect says about a list, whatever command
// wrote it.
type document struct {
	Schema       string    `json:"schema"`
	File         string    `json:"file"`
	Filename     string    `json:"filename"`
	Kind         string    `json:"kind"`
	Size         *int64    `json:"size"`
	HeaderLength int       `json:"headerLength"`
	MD5          string    `json:"md5"`
	SHA1         string    `json:"sha1"`
	SHA512       string    `json:"sha512"`
	Absent       bool      `json:"absent"`
	Device       string    `json:"device"`
	Server       string    `json:"server"`
	Copy         *document `json:"copy"`
}

const documentStart = `"ctlinspect/`

// parseDocuments reads the JSON of ctlinspect that a text begins with, and returns
// what follows and how many lines are in front of it.
func (p *textParser) parseDocuments(text string) (lines int, rest string) {
	if !strings.HasPrefix(strings.TrimSpace(text), "{") || !strings.Contains(text, documentStart) {
		return 0, text
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	read := 0
	for {
		var d document
		if err := decoder.Decode(&d); err != nil || !d.ours() {
			return lines, text[read:]
		}
		end := int(decoder.InputOffset())
		p.addDocument(lines+1+leadingLines(text[read:end]), d)
		lines += strings.Count(text[read:end], "\n")
		read = end
	}
}

// leadingLines counts the line breaks in front of a document.
func leadingLines(s string) int {
	return strings.Count(s[:len(s)-len(strings.TrimLeft(s, " \t\r\n"))], "\n")
}

// parseDocument reads a document on one line.
func (p *textParser) parseDocument(n int, line string) bool {
	if !strings.HasPrefix(line, "{") || !strings.Contains(line, documentStart) {
		return false
	}
	var d document
	if err := json.Unmarshal([]byte(line), &d); err != nil || !d.ours() {
		return false
	}
	p.addDocument(n, d)
	return true
}

func (d document) ours() bool { return strings.HasPrefix(d.Schema, "ctlinspect/") }

func (p *textParser) addDocument(n int, d document) {
	if d.Copy != nil {
		d = *d.Copy
	}
	if e := d.evidence(); e.Comparable() {
		p.add(n, e)
	}
}

func (d document) evidence() Evidence {
	e := Evidence{Form: FormOutput, Kind: tlv.KindOf(d.Kind), Name: cmp.Or(d.File, d.Filename), Device: d.Device, Server: d.Server, Absent: d.Absent}
	if d.Absent {
		return e
	}
	e.Sums = Sums{Size: d.Size, HeaderLength: d.HeaderLength}
	for _, digits := range []string{d.MD5, d.SHA1, d.SHA512} {
		e.Sums.setHash(digits)
	}
	return e
}
