package compare_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// A markup is how a family of phones writes a row of Network Setup.
type markup struct {
	title, row string
}

var markups = map[string]markup{
	"7841": {"<B><font size=\"4\">Cisco Unified IP Phone CP&#x2D;7841 ( %s )</FONT></B>", "<TR><TD><B> %s</B></TD><TD><B>%s</B></TD></TR>"},
	"8841": {"<B><font size=\"4\">Cisco IP Phone CP-8841 ( %s )</FONT></FONT></B>", "<TR><TD><B> %s</B></TD><td width=20></TD><TD><B>%s</B></TD></TR>"},
	"8945": {"<b><font size=\"4\">Cisco IP Phone CP-8945(</font></b> <font><strong>%s</strong> </font><b>)</b>", "<tr><td><b>%s</b></td><td width=\"20\">\n</td><td><b>%s</b></td>\n</tr>\n"},
}

// page writes a page of rows, label and value in turn.
func (m markup) page(device string, rows ...string) string {
	var b strings.Builder
	b.WriteString("<HTML><HEAD><TITLE>Cisco Systems, Inc.</TITLE></HEAD><BODY><TABLE><TR><TD><p>" + fmt.Sprintf(m.title, device) + "</TD></TR><TR><TD>" +
		"<TABLE><TR><TD><A HREF=\"/\">Network setup</A></TD></TR></TABLE></TD><TD><DIV><TABLE>")
	for i := 0; i < len(rows); i += 2 {
		fmt.Fprintf(&b, m.row, rows[i], rows[i+1])
	}
	b.WriteString("</TABLE></DIV></TD></TR></TABLE></BODY></HTML>\n")
	return b.String()
}

const shownITL = "9D 56 DF C8 11 64 A4 50 F7 46 C3 DD 75 4D 5F DB D3 BC A5 53 "

func TestParsePage(t *testing.T) {
	for model, m := range markups {
		t.Run(model, func(t *testing.T) {
			text := m.page("SEP001122334455", "MAC address", "001122334455", "Host name", "SEP001122334455", "IP address", "192.0.2.102",
				"TFTP server 1", "192.0.2.90", "TFTP server 2", "", "CUCM server1", "cucm1.example.com  Active",
				"CTL File", "Not installed", "ITL file", "Installed", "ITL signature", shownITL,
				"CAPF server", "CAPF&#x2D;1f2e3d4c", "TVS", "cucm1.example.com", "CUCM server &#x2F; TFTP server", "cucm1.example.com",
				"Automatic port synchronization", "No", "TVS", "not a record")
			got, err := compare.ParsePage(strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Evidence) != 2 || !got.Evidence[0].Absent || got.Evidence[0].Kind != tlv.KindCTL || got.Evidence[0].Device != "SEP001122334455" ||
				got.Evidence[1].Form != compare.FormWebPage || fmt.Sprintf("%x", got.Evidence[1].Sums.SHA1) != "9d56dfc81164a450f746c3dd754d5fdbd3bca553" {
				t.Errorf("evidence %v", got.Evidence)
			}
			got.Evidence = nil
			want := &compare.Page{
				Device: "SEP001122334455", Model: "CP-" + model, Address: "192.0.2.102", TFTPServers: []string{"192.0.2.90"},
				Records: []compare.PageRecord{
					{Kind: tlv.KindITL, Role: tlv.RoleCAPF, Name: "CAPF-1f2e3d4c"},
					{Kind: tlv.KindITL, Role: tlv.RoleTVS, Name: "cucm1.example.com"},
					{Kind: tlv.KindITL, Role: tlv.RoleCCMTFTP, Name: "cucm1.example.com"},
				},
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Some models show nothing of their lists: that is no page of another kind.
func TestParsePageWithoutRows(t *testing.T) {
	m := markup{"<b>Cisco Unified IP Phone CP-7945G ( %s )</b>", "<tr><td><b>%s</b></td><td></td><td><b>%s</b></td></tr>"}
	page, err := compare.ParsePage(strings.NewReader(m.page("SEP001122334455", "Host Name", "SEP001122334455")))
	if !errors.Is(err, compare.ErrNoListRows) || page == nil || page.Device != "SEP001122334455" || page.Model != "CP-7945G" {
		t.Errorf("got %+v, %v", page, err)
	}
	if !strings.Contains(err.Error(), "CP-7945G") {
		t.Errorf("%v does not name the model", err)
	}
	for _, other := range []string{"", "<html><body>Welcome to nginx</body></html>", "<table><tr><td>Host name<td>printer", strings.Repeat("<tr><td>", 1000)} {
		if page, err := compare.ParsePage(strings.NewReader(other)); !errors.Is(err, compare.ErrNotPhonePage) {
			t.Errorf("%.40q: %+v, %v", other, page, err)
		}
	}
}

func TestParsePageOfMessages(t *testing.T) {
	m := markups["8841"]
	page, err := compare.ParsePage(strings.NewReader(m.page("SEP001122334455", "[8:52:30am 10/01/19]", "x", "Host name", "SEP001122334455") +
		"<table><tr><td>16:01:16 Trust List Updated</td></tr></table>"))
	if err != nil || len(page.Evidence) != 1 || page.Evidence[0].Message != "Trust List Updated" || page.Evidence[0].Device != "SEP001122334455" {
		t.Errorf("got %+v, %v", page, err)
	}
}

// A page is not read beyond its bound, and nothing in it makes more than it is.
func TestParsePageIsBounded(t *testing.T) {
	endless := strings.NewReader(markups["8841"].page("SEP001122334455", "Host name", "SEP001122334455") + strings.Repeat("<tr><td>a<td>b", 1<<20))
	page, err := compare.ParsePage(endless)
	if !errors.Is(err, compare.ErrNoListRows) || page == nil {
		t.Errorf("got %v, %v", page, err)
	}
	if read := endless.Size() - int64(endless.Len()); read > compare.MaxPageSize+4096 {
		t.Errorf("read %d bytes", read)
	}
}

// A page that is made to cost much costs memory in proportion to its size.
func TestPageOfPieces(t *testing.T) {
	const title = "<html><title>Cisco IP Phone CP-8841 ( SEP001122334455 )</title><table><tr><td>"
	for _, piece := range []string{"a<b>", "<td>", "<tr><td>ITL file<td>Installed", "&lt;Alarm DeviceTLInfo "} {
		text := title + strings.Repeat(piece, (compare.MaxPageSize-len(title))/len(piece))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _ = compare.ParsePage(strings.NewReader(text))
		runtime.ReadMemStats(&after)
		if n := (after.TotalAlloc - before.TotalAlloc) >> 20; n > 200 {
			t.Errorf("%q again and again: %d MiB were allocated for a page of 1 MiB", piece, n)
		}
	}
}

func FuzzParsePage(f *testing.F) {
	for _, m := range markups {
		f.Add(m.page("SEP001122334455", "CTL File", "Installed", "CTL signature", shownITL, "TVS", "a"))
	}
	f.Fuzz(func(t *testing.T, text string) {
		page, err := compare.ParsePage(strings.NewReader(text))
		if err == nil && len(page.Evidence) == 0 {
			t.Error("no evidence and no error")
		}
	})
}

// A saved page is evidence wherever evidence is read.
func TestReadCopiesOfPage(t *testing.T) {
	text := markups["8841"].page("SEP001122334455", "Host name", "SEP001122334455", "CTL file", "Not installed", "ITL file", "Installed", "ITL signature", shownITL)
	list, err := compare.ReadCopies("saved.html", []byte(text))
	if err != nil || len(list) != 2 || list[1].Evidence.Form != compare.FormWebPage || list[1].Evidence.Device != "SEP001122334455" || list[1].Sums.SHA1 == nil {
		t.Errorf("%+v, %v", list, err)
	}
	bare := markups["8841"].page("SEP001122334455", "Host name", "SEP001122334455")
	if _, err := compare.ReadCopies("saved.html", []byte(bare)); !errors.Is(err, compare.ErrNoListRows) {
		t.Errorf("a page without rows: %v", err)
	}
}
