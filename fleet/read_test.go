package fleet_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/fleet"
)

const (
	shown = "9D 56 DF C8 11 64 A4 50 F7 46 C3 DD 75 4D 5F DB D3 BC A5 53" // itl-sha512-ec
	hexed = "9d56dfc81164a450f746c3dd754d5fdbd3bca553"
)

// syslog is an alarm as CUCM passes it on.
func syslog(device, itl string) string {
	return fmt.Sprintf("2026-11-21T12:00:00.123 cucm local7.info : %%UC_PHONE-6-DeviceTLInfo: %%[DeviceName=%s][IPv4Address=192.168.7.104][IPv6Address=][CTL_Signature=Not Installed][CTL_TFTP_Server=N/A][ITL_Signature=%s ][ITL_TFTP_Server=cucm-115.home.lab][StatusCode=3][AppID=Cisco CallManager][ClusterID=x][NodeID=y]: Trust List Files are updated or installed\n", device, itl)
}

func newFleet(t testing.TB) *fleet.Fleet {
	return fleet.New(fleet.Lists{Known: []fleet.Known{known(t, "itl-sha512-ec", fleet.SetServer), known(t, "ctl-tokenless", fleet.SetServer)}})
}

// Every form says the same: SEP001122334455 has no CTL and the server's ITL.
func TestReadForms(t *testing.T) {
	list, err := os.ReadFile("../testdata/lists/itl-sha512-ec.tlv")
	if err != nil {
		t.Fatal(err)
	}
	const device = "SEP001122334455"
	for what, tt := range map[string]struct{ name, text string }{
		"phones, CSV":  {"phones.csv", "device,address,model,time,ctl,itl,message,error\n" + device + ",192.0.2.1,CP-8841,2026-11-21T12:00:00Z,not installed," + hexed + ",,\n"},
		"phones, JSON": {"phones.json", `{"schema":"ctlinspect/2","type":"phone","device":"` + device + `","model":"CP-8841","time":"2026-11-21T12:00:00Z","ctl":{"installed":false,"sha1":null},"itl":{"installed":true,"sha1":"` + hexed + `"}}` + "\n"},
		"any CSV":      {"export.csv", "Device Name;ITL (SHA-1);Device Type;CTL\n" + device + ";" + shown + ";Cisco 8841;Not Installed\n"},
		"no header":    {"table.csv", device + "," + hexed + ",CP-8841\n"},
		"a page": {"saved.html", "<html><table><tr><td>Cisco IP Phone CP-8841 ( " + device + " )</td></tr><tr><td>Host name</td><td>" + device + "</td></tr>" +
			"<tr><td>CTL File</td><td>Not Installed</td></tr><tr><td>ITL File</td><td>Installed</td></tr><tr><td>ITL Signature</td><td>" + shown + "</td></tr></table></html>"},
		"an alarm":        {"syslog.txt", "nothing\n" + syslog(device, shown) + "nothing\n"},
		"a copy":          {"SEP001122334455/ITLFile.tlv", string(list)},
		"a copy, by name": {"ITLSEP001122334455.tlv", string(list)},
		"an alarm in XML": {"trace.txt", `x <Alarm Name="DeviceTLInfo"><ParameterList><String name="DeviceName">` + device + `</String><String name="CTL_Signature">Not Installed</String><String name="ITL_Signature">` + shown + `</String></ParameterList></Alarm>`},
	} {
		f := newFleet(t)
		if err := f.Read(tt.name, strings.NewReader(tt.text)); err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		r := all(f.Report())
		if len(r) != 1 || r[0].Name != device || r[0].ITL.State != fleet.StateServer || r[0].ITL.Source != tt.name {
			t.Errorf("%s: %+v", what, r)
			continue
		}
		if ctl := r[0].CTL.State; ctl != fleet.StateNone && what != "no header" && !strings.HasPrefix(what, "a copy") {
			t.Errorf("%s: CTL %s", what, ctl)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	list, err := os.ReadFile("../testdata/lists/itl-sha512-ec.tlv")
	if err != nil {
		t.Fatal(err)
	}
	for what, tt := range map[string]struct{ name, text, want string }{
		"nothing":         {"x.txt", "hello\n", "nothing about phones"},
		"no bytes":        {"x.txt", "", "nothing about phones"},
		"another page":    {"x.html", "<html>nginx</html>", "not a page of a Cisco IP phone"},
		"whose list":      {"ITLFile.tlv", string(list), "neither its name nor its folder says whose"},
		"a broken list":   {"SEP001122334455/ITLFile.tlv", string(list[:100]), "offset"},
		"other documents": {"x.json", `{"schema":"ctlinspect/2","type":"list"}`, "expected what ctlinspect phones --json writes"},
	} {
		f := newFleet(t)
		if err := f.Read(tt.name, strings.NewReader(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), tt.name) {
			t.Errorf("%s: %v, want %q", what, err, tt.want)
		}
	}
}

// Many files are read as one after the other: what is read later counts, whatever a
// file took.
func TestReadFiles(t *testing.T) {
	list, err := os.ReadFile("../testdata/lists/itl-sha512-ec.tlv")
	if err != nil {
		t.Fatal(err)
	}
	other, err := os.ReadFile("../testdata/lists/itl-8.6.tlv")
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string]string)
	var names []string
	for i := range 300 {
		for n, data := range [][]byte{other, list} {
			file := fmt.Sprintf("%d/%s/ITLFile.tlv", n, name(i))
			files[file] = string(data)
			names = append(names, file)
		}
	}
	names = append(names, "missing.tlv", "text.txt", "alarms.txt")
	files["text.txt"] = "nothing\n"
	files["alarms.txt"] = syslog(name(7), strings.Repeat("00 ", 19)+"00")
	f := newFleet(t)
	var done []string
	failed := make(map[string]error)
	open := func(name string) (io.ReadCloser, error) {
		text, ok := files[name]
		if !ok {
			return nil, fs.ErrNotExist
		}
		return io.NopCloser(strings.NewReader(text)), nil
	}
	err = f.ReadFiles(slices.Values(names), open, func(name string, err error) error {
		done = append(done, name)
		if err != nil {
			failed[name] = err
		}
		return nil
	})
	if err != nil || !slices.Equal(done, names) || len(failed) != 2 || !errors.Is(failed["missing.tlv"], fs.ErrNotExist) || !errors.Is(failed["text.txt"], fleet.ErrNothing) {
		t.Errorf("%v, %v, %d of %d files", err, failed, len(done), len(names))
	}
	for i, p := range all(f.Report()) {
		want := fleet.StateServer
		if i == 7 {
			want = fleet.StateUnknown
		}
		if p.ITL.State != want {
			t.Errorf("%s: %s, want %s", p.Name, p.ITL.State, want)
		}
	}
	wrong := errors.New("wrong")
	if err := f.ReadFiles(slices.Values(names), open, func(string, error) error { return wrong }); !errors.Is(err, wrong) {
		t.Error(err)
	}
}

// The time that CUCM writes into a line of syslog orders alarms of rotated files.
func TestAlarmTimes(t *testing.T) {
	const at = "Nov 08 2024 05:12:41.102"
	for lead, want := range map[string]string{
		"Nov 08 06:12:41 cucm-pub local7 6 : 41: cucm-pub: " + at + " UTC : %UC_PHONE-6-": "2024-11-08T05:12:41.102Z",
		"<189>41: cucm-pub: Nov  8 2024 05:12:41 UTC : %UC_PHONE-6-":                      "2024-11-08T05:12:41Z",
		"Nov 38 2024 05:12:41.102 UTC : %UC_PHONE-6-":                                     "",
		"Nov 08 06:12:41 cucm-pub : %UC_PHONE-6-":                                         "",
		"2024-11-08T06:12:41.5+01:00 cucm-pub : %UC_PHONE-6-":                             "2024-11-08T05:12:41.5Z",
		"2024-11-08 05:12:41,000 x : %UC_PHONE-6-":                                        "2024-11-08T05:12:41Z",
		"00123456.789 |05:12:41.102 |AppInfo  |":                                          "",
	} {
		_, alarm, _ := strings.Cut(syslog("SEP001122334455", shown), "%UC_PHONE-6-")
		f := newFleet(t)
		if err := f.Read("x", strings.NewReader(lead+alarm)); err != nil {
			t.Fatal(err)
		}
		got := ""
		if p := all(f.Report())[0]; !p.ITL.At.IsZero() {
			got = p.ITL.At.Format(time.RFC3339Nano)
		}
		if got != want {
			t.Errorf("%s: %q, want %q", lead, got, want)
		}
	}
}

// Names in any case are one phone; a row without a phone is counted.
func TestReadRows(t *testing.T) {
	f := newFleet(t)
	text := "MAC Address,ITL\n001122334455," + hexed + "\nnobody," + hexed + "\n\"open,SEP0011223344AA," + hexed + "\n"
	if err := f.Read("a.csv", strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	if err := f.Read("b.txt", strings.NewReader(syslog("sep001122334455", shown))); err != nil {
		t.Fatal(err)
	}
	if r := f.Report(); r.Size != 1 || r.Nameless != 1 {
		t.Errorf("%d phones, %d nameless", r.Size, r.Nameless)
	}
}

// A trace is alarms between lines of noise.
type trace struct {
	alarms, next int
	noise        string
	rest         []byte
}

func (s *trace) Read(b []byte) (int, error) {
	for len(s.rest) == 0 {
		if s.next == s.alarms {
			return 0, io.EOF
		}
		s.rest = append(append(s.rest[:0], s.noise...), syslog(name(s.next), shown)...)
		s.next++
	}
	n := copy(b, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// Alarms that lie across the pieces in which a trace is read are found, each once,
// with the number of its line; memory does not grow with the trace.
func TestReadTrace(t *testing.T) {
	const alarms = 5000
	noise := strings.Repeat("12345678.001 |12:00:00.000 |AppInfo |SIPTcp - wait_SdlReadRsp: Incoming SIP TCP message\n", 41)
	f := newFleet(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := f.Read("trace.txt", &trace{alarms: alarms, noise: noise}); err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	r := f.Report()
	if r.Size != alarms || r.Statements != 2*alarms {
		t.Errorf("%d phones, %d statements, want %d and %d", r.Size, r.Statements, alarms, 2*alarms)
	}
	for i, p := range all(r) {
		if want := (i + 1) * 42; p.ITL.Line != want {
			t.Fatalf("alarm %d is on line %d, want %d", i, p.ITL.Line, want)
		}
	}
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 8<<20 {
		t.Errorf("%d bytes are held for a trace of %d", grown, alarms*len(noise))
	}
}

// Traces with an alarm in each KB, beside the search for the alarms' name alone.
func BenchmarkReadTrace(b *testing.B) {
	const alarms = 20_000
	text, err := io.ReadAll(&trace{alarms: alarms, noise: strings.Repeat("12345678.001 |12:00:00.000 |AppInfo |SIPTcp - wait_SdlReadRsp: Incoming SIP TCP message\n", 6)})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("fleet", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			if err := newFleet(b).Read("trace.txt", bytes.NewReader(text)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("bare", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			if n := bytes.Count(text, []byte("DeviceTLInfo")); n != alarms {
				b.Fatal(n)
			}
		}
	})
}

// What the alarm's time says decides which of two counts, not their order.
func TestReadTimes(t *testing.T) {
	const device = "SEP001122334455"
	later := syslog(device, shown)
	earlier := strings.Replace(syslog(device, strings.Repeat("00 ", 19)+"00"), "12:00:00.123", "11:00:00.123", 1)
	f := newFleet(t)
	if err := f.Read("a.txt", strings.NewReader(later+earlier)); err != nil {
		t.Fatal(err)
	}
	if p := all(f.Report())[0]; p.ITL.State != fleet.StateServer || p.ITL.At.Hour() != 12 {
		t.Errorf("%+v", p.ITL)
	}
}

func FuzzRead(f *testing.F) {
	pages, err := filepath.Glob("../testdata/evidence/*")
	if err != nil || len(pages) == 0 {
		f.Fatal("no seeds")
	}
	for _, name := range pages {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(syslog("SEP001122334455", shown)))
	f.Add([]byte("device,itl\nSEP001122334455," + hexed))
	f.Fuzz(func(t *testing.T, data []byte) {
		fl := newFleet(t)
		if err := fl.Read("x", bytes.NewReader(data)); err != nil && !strings.HasPrefix(err.Error(), "x: ") {
			t.Errorf("%v does not name the file", err)
		}
		total := 0
		r := fl.Report()
		for _, g := range r.Groups {
			total += g.Phones
		}
		if total != r.Size {
			t.Errorf("%d phones in groups, %d in all", total, r.Size)
		}
	})
}
