package answer

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/worst"
	"github.com/ctlinspect/ctlinspect/tlv"
)

var options = Options{At: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC), Days: 60}

func source(t testing.TB, name string) Source {
	t.Helper()
	data, err := os.ReadFile("../../testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return Source{Name: name[strings.LastIndexByte(name, '/')+1:], Data: data}
}

func TestRead(t *testing.T) {
	tests := []struct {
		source Source
		want   What
		text   string // in Verdict, Error or Note
	}{
		{source(t, "lists/itl-sha512-ec.tlv"), WhatList, "verified: ITL signed by record 1"},
		{source(t, "lists/bad-signature.tlv"), WhatList, "NOT VERIFIED (signature-wrong)"},
		{source(t, "broken/cut-in-record.tlv"), WhatBroken, "it ends too early"},
		{source(t, "broken/empty.tlv"), WhatUnreadable, "it is empty"},
		{source(t, "broken/text.tlv"), WhatUnreadable, "it looks like text"},
		{source(t, "signed/sha512/short.cnf.xml.sgn"), WhatSigned, "choose the lists of a phone"},
		{source(t, "evidence/alarms.txt"), WhatEvidence, ""},
		{Source{Name: "pasted", Data: []byte(" 9d56dfc81164a450f746c3dd754d5fdbd3bca553\n"), Pasted: true}, WhatEvidence, ""},
		{Source{Name: "pasted", Data: []byte("hello"), Pasted: true}, WhatUnreadable, "neither a trust list nor evidence of one"},
		{Source{Name: "text", Data: make([]byte, 5<<20)}, WhatUnreadable, "not searched for listings"},
		{Source{Name: "huge", Data: make([]byte, 17<<20)}, WhatUnreadable, "larger than 16 MiB, refused"},
		{Source{Name: "many", Data: worst.List("empty-records", 200_000)}, WhatList, "records: not judged here"},
	}
	for _, tt := range tests {
		a := Read(tt.source, options)
		if a.What != tt.want || !strings.Contains(a.Verdict+a.Error+a.Note, tt.text) {
			t.Errorf("%s: %s %q %q %q, want %s %q", tt.source.Name, a.What, a.Verdict, a.Error, a.Note, tt.want, tt.text)
		}
		if (a.What == WhatEvidence) != (len(a.Evidence) > 0) {
			t.Errorf("%s: %d pieces of evidence", tt.source.Name, len(a.Evidence))
		}
	}
}

func TestShow(t *testing.T) {
	want, err := os.ReadFile("../../testdata/expected/itl-8.6.show.txt")
	if err != nil {
		t.Fatal(err)
	}
	if got := Show(source(t, "lists/itl-8.6.tlv")); strings.Count(got, "\n") != strings.Count(string(want), "\n") || !strings.Contains(got, "The ITL file was verified successfully.") {
		t.Errorf("%s", got)
	}
	if got := Show(Source{Data: worst.List("empty-records", 50_000)}); !strings.Contains(got, "more records: use the command") {
		t.Error("records that are left out are not counted")
	}
}

func TestCertificates(t *testing.T) {
	list := Certificates(source(t, "lists/itl-sha512-ec.tlv"))
	if len(list) == 0 || list[0].Name != "01-SAST-ITLRECOVERY_pub.example.com.pem" || !strings.HasPrefix(list[0].Text, "-----BEGIN CERTIFICATE-----\n") {
		t.Errorf("%+v", list)
	}
}

func TestCompare(t *testing.T) {
	servers := []Source{source(t, "lists/itl-by-recovery.tlv"), source(t, "lists/itl-sha512-ec.tlv")}
	hash := Source{Name: "pasted", Data: []byte("9d56dfc81164a450f746c3dd754d5fdbd3bca553"), Pasted: true}
	all, err := Compare(hash, servers)
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	if a := all[0]; !strings.HasPrefix(a.Conclusion, "The copy is the list of itl-sha512-ec.tlv.") || a.Verdicts[0] != "different" || a.Outlooks[0] != "accepts it: signed by record 1 of its list" || a.Outlooks[1] != "has it" {
		t.Errorf("%+v", a)
	}
	if _, err := Compare(hash, []Source{hash}); err == nil {
		t.Error("a hash is no server's list")
	}
}

func TestAccept(t *testing.T) {
	old, next, other := source(t, "lists/itl-sha512-ec.tlv"), source(t, "lists/itl-by-recovery.tlv"), source(t, "lists/itl-8.6.tlv")
	for _, tt := range []struct {
		installed []Source
		want      string
	}{{[]Source{old}, "itl-by-recovery.tlv: accepted"}, {[]Source{other}, "itl-by-recovery.tlv: REFUSED (unknown-signer)"}} {
		a, err := Accept(tt.installed, next, options.At)
		if err != nil || !strings.HasPrefix(a.Text, tt.want) {
			t.Errorf("%v %v, want %s", a, err, tt.want)
		}
	}
	if _, err := Accept([]Source{old, other}, next, options.At); err == nil || !strings.Contains(err.Error(), "a phone has one of each") {
		t.Error(err)
	}
}

func TestVerifySigned(t *testing.T) {
	file := source(t, "signed/sha512/SEP001122334455.cnf.xml.sgn")
	if c, err := VerifySigned(file, []Source{source(t, "signed/ITLFile.tlv")}); err != nil || !c.Verified {
		t.Error(c, err)
	}
	if c, err := VerifySigned(file, []Source{source(t, "lists/itl-8.6.tlv")}); err != nil || c.Verified {
		t.Error(c, err)
	}
	if _, err := VerifySigned(file, []Source{source(t, "lists/bad-signature.tlv")}); err == nil || !strings.Contains(err.Error(), "it vouches for nothing") {
		t.Error(err)
	}
	if _, err := VerifySigned(source(t, "evidence/alarms.txt"), nil); err == nil {
		t.Error("a text is no signed file")
	}
}

// Each byte of a file is in a field, whatever part of the file is asked for.
func TestFields(t *testing.T) {
	for _, name := range []string{"lists/itl-8.6.tlv", "lists/ctl-unknown-tag.tlv", "broken/cut-in-record.tlv", "broken/record-length-short.tlv", "broken/text.tlv", "signed/sha512/SEP001122334455.cnf.xml.enc.sgn"} {
		s := source(t, name)
		for _, window := range [][2]int{{0, len(s.Data)}, {10, 20}, {len(s.Data) / 2, len(s.Data)/2 + 100}} {
			covered := make([]bool, len(s.Data))
			for _, f := range Fields(s, window[0], window[1]) {
				if f.Offset >= window[1] || f.end() <= window[0] {
					t.Errorf("%s: %+v is not between %d and %d", name, f, window[0], window[1])
				}
				for i := f.Offset; i < min(f.end(), len(s.Data)); i++ {
					covered[i] = true
				}
			}
			for i := window[0]; i < min(window[1], len(s.Data)); i++ {
				if !covered[i] {
					t.Errorf("%s: offset %d is in no field", name, i)
					break
				}
			}
		}
	}
}

// Whatever is dropped, nothing panics, and fields stay inside of the file.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"lists/itl-8.6.tlv", "broken/cut-in-record.tlv", "signed/sha512/short.cnf.xml.sgn", "evidence/alarms.txt"} {
		f.Add(source(f, name).Data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s := Source{Name: "file", Data: data, Pasted: len(data)%2 == 0, As: tlv.KindITL}
		if a := Read(s, options); a.What == "" || a.What == WhatUnreadable && a.Error == "" {
			t.Errorf("%+v", a)
		}
		Show(s)
		Certificates(s)
		for _, field := range Fields(s, 0, len(data)) {
			if field.Offset < 0 || field.Length < 0 || field.end() > len(data) {
				t.Errorf("%+v of %d bytes", field, len(data))
			}
		}
	})
}
