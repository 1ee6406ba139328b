package compare_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/tlv"
)

func utf16Of(text string, order binary.AppendByteOrder) []byte {
	var b []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, unit)
	}
	return b
}

// A text that is streamed says what it says in one piece, in whatever encoding and
// however it comes.
func TestReadText(t *testing.T) {
	texts := alarmForms()
	for _, name := range []string{"02-alarm-forms/genalarm.txt", "03-console-78xx-88xx/itl-http.txt", "05-status-messages/page.xml", "11-flattened-listing/ctl.txt"} {
		texts = append(texts, string(readFile(t, "cases/"+name)))
	}
	texts = append(texts, syslogAlarm, xmlAlarm, consoleLog, "<html><body>\n<p>16:01:16 Trust List Updated<br>16:02:16 ITL installed</body>", "", "\ufeff16:01:16 Trust List Updated",
		strings.Repeat("x", 3<<20)+"\n16:01:16 Trust List Updated", syslogAlarm+"\n\U0001F600 "+strings.Repeat(syslogAlarm+"\n", 9))
	for i, text := range texts {
		want := compare.ParseText(text)
		for what, r := range map[string]io.Reader{
			"whole":     strings.NewReader(text),
			"in halves": iotest.HalfReader(strings.NewReader(text)),
			"UTF-16 LE": bytes.NewReader(utf16Of("\ufeff"+strings.TrimPrefix(text, "\ufeff"), binary.LittleEndian)),
			"UTF-16 BE": bytes.NewReader(utf16Of("\ufeff"+strings.TrimPrefix(text, "\ufeff"), binary.BigEndian)),
		} {
			got, err := compare.ReadText(r)
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(tlv.List{}, tlv.Header{}, tlv.Record{})); err != nil || diff != "" && len(want)+len(got) > 0 {
				t.Errorf("text %d, %s: %v\n%s", i, what, err, diff)
			}
		}
	}
	wrong := errors.New("wrong")
	if _, err := compare.ReadText(iotest.ErrReader(wrong)); !errors.Is(err, wrong) {
		t.Error(err)
	}
}

// A repeated is a text many times, each time with another number in it.
type repeated struct {
	format  string
	n, most int
	rest    []byte
}

func (r *repeated) Read(b []byte) (int, error) {
	if len(r.rest) == 0 {
		if r.n == r.most {
			return 0, io.EOF
		}
		r.rest = fmt.Appendf(r.rest[:0], r.format, r.n)
		r.n++
	}
	n := copy(b, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// The same alarm again and again is one; more statements than a fleet makes are an
// error with the next step, not all the memory.
func TestReadTextOfAnySize(t *testing.T) {
	const alarms = 20_000
	got, err := compare.ReadText(&repeated{format: bySyslog("Not Installed", sum) + " %d\n", most: alarms})
	if err != nil || len(got) != 2 || got[0].Again != alarms-1 || got[1].Again != alarms-1 {
		t.Errorf("%v, %d statements: %+v", err, len(got), got)
	}
	var many *compare.TooManyError
	if _, err := compare.ReadText(&repeated{format: "ITL installed\n%d\n", most: 1 << 30}); !errors.As(err, &many) || many.Line == 0 {
		t.Error(err)
	}
}

func TestStreamCopies(t *testing.T) {
	got, err := compare.StreamCopies("trace", strings.NewReader(bySyslog("Not Installed", sum)+"\n16:01:16 Trust List Updated\n"))
	if err != nil || len(got) != 3 || got[0].Name != "trace" || !got[0].Evidence.Absent || compare.Phones(got) != 2 {
		t.Errorf("%v: %+v", err, got)
	}
	if _, err := compare.StreamCopies("x", strings.NewReader("hello\n")); !errors.Is(err, compare.ErrNoEvidence) {
		t.Error(err)
	}
}

func ExampleReadText() {
	found, err := compare.ReadText(strings.NewReader("16:01:16 Trust List Updated\n"))
	if err != nil {
		panic(err)
	}
	for _, e := range found {
		fmt.Println(e.Line, e.Form, e.Message)
	}
	// Output: 1 status message Trust List Updated
}
