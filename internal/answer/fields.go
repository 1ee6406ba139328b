package answer

import (
	"errors"
	"fmt"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// A Field is a range of bytes that has a name. Containers and records come before
// what is in them.
type Field struct {
	Name   string `json:"name"`
	Tag    int    `json:"tag"`    // -1 for what is not a field
	Record int    `json:"record"` // from 1; 0 for the header
	Depth  int    `json:"depth"`
	Offset int    `json:"offset"` // bytes from the start of the file
	Length int    `json:"length"` // bytes, tag and length included
	Value  string `json:"value"`  // for a person; "" for containers
}

func (f Field) end() int { return f.Offset + f.Length }

// Fields returns the fields that have bytes from offset from up to offset to.
func Fields(s Source, from, to int) []Field {
	w := fieldWindow{from: from, to: to, fields: []Field{}}
	f := report.NewFile(s.Name, s.Data, s.As)
	if f.List == nil {
		if g, err := tlv.ParseSigned(s.Data); err == nil && tlv.KindOf(g.Header.Filename()) == tlv.KindUnknown {
			w.header(g.Header.Fields, 0)
			w.add(Field{Name: "content", Tag: -1, Offset: len(s.Data) - len(g.Content), Length: len(g.Content)})
			return w.fields
		}
	}
	w.header(f.Fragment.Header.Fields, 0)
	for i, r := range f.Fragment.Records {
		w.record(i+1, r)
	}
	var broken *tlv.ParseError
	if errors.As(f.Err, &broken) && w.last < len(s.Data) {
		w.add(Field{Name: "not read", Tag: -1, Record: broken.Record, Offset: w.last, Length: len(s.Data) - w.last, Value: broken.Error()})
	}
	return w.fields
}

// A fieldWindow keeps the fields that reach into a range of bytes.
type fieldWindow struct {
	from, to int
	last     int // end of the fields so far
	fields   []Field
}

func (w *fieldWindow) add(f Field) {
	w.last = max(w.last, f.end())
	if f.Offset < w.to && f.end() > w.from {
		f.Value = report.Text(f.Value)
		w.fields = append(w.fields, f)
	}
}

// fieldHead is the tag and the length of a field, in bytes.
const fieldHead = 3

func (w *fieldWindow) header(fields []tlv.HeaderField, depth int) {
	for _, f := range fields {
		d := Field{Name: f.Tag.String(), Tag: int(f.Tag), Depth: depth, Offset: f.Offset, Length: fieldHead + len(f.Value)}
		switch {
		case f.Tag == tlv.HeaderPadding:
			d.Length = 1
		case f.Tag == tlv.HeaderLength:
			d.Value = length(f.Value)
		case f.Fields == nil:
			d.Value = compare.HeaderText(f.Tag)(f.Value)
		}
		w.add(d)
		w.header(f.Fields, depth+1)
	}
}

func (w *fieldWindow) record(number int, r tlv.Record) {
	end := r.Offset
	for _, f := range r.Fields {
		end = f.Offset + fieldHead + len(f.Value)
	}
	if end <= w.from || r.Offset >= w.to {
		w.last = max(w.last, end)
		return
	}
	w.add(Field{Name: fmt.Sprintf("record %d", number), Tag: -1, Record: number, Offset: r.Offset, Length: end - r.Offset, Value: r.Role().String()})
	for _, f := range r.Fields {
		d := Field{Name: f.Tag.String(), Tag: int(f.Tag), Record: number, Depth: 1, Offset: f.Offset, Length: fieldHead + len(f.Value)}
		if f.Tag == tlv.RecordLength {
			d.Value = length(f.Value)
		} else {
			d.Value = compare.RecordText(f.Tag)(f.Value)
		}
		w.add(d)
	}
}

func length(v []byte) string {
	n := 0
	for _, b := range v {
		n = n<<8 | int(b)
	}
	return fmt.Sprintf("%d bytes", n)
}
