package phones_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/internal/phones"
)

const pageText = `<HTML><BODY><TABLE><TR><TD><B>Cisco IP Phone CP-8841 ( SEP001122334455 )</B></TD></TR></TABLE><TABLE>
<TR><TD><B> Host name</B></TD><td width=20></TD><TD><B>SEP001122334455</B></TD></TR>
<TR><TD><B> CTL file</B></TD><td width=20></TD><TD><B>Not installed</B></TD></TR>
<TR><TD><B> ITL file</B></TD><td width=20></TD><TD><B>Installed</B></TD></TR>
<TR><TD><B> ITL signature</B></TD><td width=20></TD><TD><B>9D 56 DF C8 11 64 A4 50 F7 46 C3 DD 75 4D 5F DB D3 BC A5 53 </B></TD></TR>
</TABLE></BODY></HTML>`

// A phone answers by the adapter that is asked for.
func phone(t *testing.T, pages map[phones.Page]http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h := pages[phones.Page(r.URL.Query().Get("adapter"))]; h != nil && r.Method == http.MethodGet && r.URL.Path == "/CGI/Java/Serviceability" {
			h(w, r)
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
}

func client() *phones.Client { return phones.New(phones.Options{Timeout: time.Minute}) }

func TestRead(t *testing.T) {
	r := client().Read(context.Background(), phone(t, map[phones.Page]http.HandlerFunc{phones.NetworkSetup: says(pageText)}))
	if r.Err != nil || r.Page.Device != "SEP001122334455" || len(r.Page.Evidence) != 2 || string(r.Data) != pageText {
		t.Errorf("%+v, %v", r.Page, r.Err)
	}
}

// A model that shows nothing on Network Setup may have status messages.
func TestStatusMessages(t *testing.T) {
	bare := strings.ReplaceAll(strings.ReplaceAll(pageText, "CTL", "xxx"), "ITL", "xxx")
	pages := map[phones.Page]http.HandlerFunc{phones.NetworkSetup: says(bare)}
	r := client().Read(context.Background(), phone(t, pages))
	if !errors.Is(r.Err, compare.ErrNoListRows) || r.Page == nil || r.Page.Model != "CP-8841" {
		t.Errorf("%+v, %v", r.Page, r.Err)
	}
	pages[phones.StatusMessages] = says("<table><tr><td>Cisco IP Phone CP-8841 ( SEP001122334455 )</td></tr><tr><td>16:01:16 Trust List Updated</td></tr></table>")
	r = client().Read(context.Background(), phone(t, pages))
	if r.Err != nil || len(r.Page.Evidence) != 1 || r.Page.Evidence[0].Message != "Trust List Updated" {
		t.Errorf("%+v, %v", r.Page, r.Err)
	}
}

// The alarms of such a model may say more than its status messages.
func TestAlarms(t *testing.T) {
	bare := strings.ReplaceAll(strings.ReplaceAll(pageText, "CTL", "xxx"), "ITL", "xxx")
	alarm := "<table><tr><td>Cisco IP Phone CP-7945 ( SEP001122334455 )</td></tr><tr><td>DeviceTLInfo - Trust List Files are updated or installed DeviceName:SEP001122334455 CTL_Signature:Not Installed ITL_Signature:9D 56 DF C8 11 64 A4 50 F7 46 C3 DD 75 4D 5F DB D3 BC A5 53 </td></tr></table>"
	r := client().Read(context.Background(), phone(t, map[phones.Page]http.HandlerFunc{phones.NetworkSetup: says(bare), phones.Alarms: says(alarm)}))
	if r.Err != nil || len(r.Page.Evidence) != 2 || r.Page.Evidence[1].Sums.SHA1 == nil || r.Page.Evidence[1].Form != compare.FormAlarm {
		t.Errorf("%+v, %v", r.Page, r.Err)
	}
}

// Phones that are silent, slow, endless or hostile cost a bounded time and memory,
// and each says why.
func TestHostilePhones(t *testing.T) {
	var asked int
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	t.Cleanup(elsewhere.Close)
	other := strings.Replace(elsewhere.URL, "127.0.0.1", "localhost", 1)
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	for what, tt := range map[string]struct {
		handler http.HandlerFunc
		want    string
	}{
		"endless": {func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					return
				}
			}
		}, "larger than 1024 KiB"},
		"silent": {func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-release:
			case <-r.Context().Done():
			}
		}, "no whole answer within"},
		"error":     {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, `answers "403 Forbidden"`},
		"elsewhere": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other, http.StatusFound) }, "redirects to another host"},
		"circle":    {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.String(), http.StatusFound) }, "too many redirects"},
		"nginx":     {says("<html>Welcome to nginx</html>"), "not a page of a Cisco IP phone"},
	} {
		c := client()
		if what == "silent" {
			c = phones.New(phones.Options{Timeout: 50 * time.Millisecond})
		}
		r := c.Read(context.Background(), phone(t, map[phones.Page]http.HandlerFunc{phones.NetworkSetup: tt.handler}))
		if r.Err == nil || !strings.Contains(r.Err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", what, r.Err, tt.want)
		}
	}
	if asked > 0 {
		t.Error("another host was asked")
	}
}

func TestTargets(t *testing.T) {
	for what, tt := range map[string]struct {
		text    string
		want    []phones.Target
		skipped []int
	}{
		"names": {"SEP001122334455\nsep001122334466\n\n# a comment\nSEP001122334455\n", []phones.Target{{"SEP001122334455", "SEP001122334455"}, {"SEP001122334466", "SEP001122334466"}}, nil},
		"an export": {"\ufeffDevice Name(Line),Description,IPv4 Address\r\n\"SEP001122334455\",\"Lobby, 1st floor\",192.0.2.1\r\nATA001122334466,x,192.0.2.2\r\n",
			[]phones.Target{{"SEP001122334455", "192.0.2.1"}, {"ATA001122334466", "192.0.2.2"}}, []int{1}},
		"semicolons": {"192.0.2.1;SEP001122334455;7841\n", []phones.Target{{"SEP001122334455", "192.0.2.1"}}, nil},
		"hosts":      {"phone1.example.com\n2001:db8::1\n192.0.2.9:8080\n", []phones.Target{{"", "phone1.example.com"}, {"", "2001:db8::1"}, {"", "192.0.2.9:8080"}}, nil},
	} {
		var skipped []int
		got, err := phones.Targets("export.csv", strings.NewReader(tt.text), func(line int, _ string) { skipped = append(skipped, line) })
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
		if diff := cmp.Diff(tt.skipped, skipped); diff != "" {
			t.Errorf("%s: skipped %s", what, diff)
		}
	}
	for _, bad := range []string{"", "Device,Address\n", "../../etc/passwd\n"} {
		if got, err := phones.Targets("x", strings.NewReader(bad), func(int, string) {}); err == nil {
			t.Errorf("%q names %v", bad, got)
		}
	}
}
