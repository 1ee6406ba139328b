package fleetpage_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/ctlinspect/ctlinspect/fleet"
	"github.com/ctlinspect/ctlinspect/internal/chromiumtest"
	"github.com/ctlinspect/ctlinspect/internal/fleetpage"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/trust"
)

func known(t *testing.T, name string, set fleet.Set) fleet.Known {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "lists", name+".tlv"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := trust.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	return fleet.Known{Name: name + `.tlv<img src=x onerror="document.title='hit'">`, Set: set, List: l}
}

const hostile = `CP-8841</td></tr><script>document.title='hit'</script><img src=http://192.0.2.1/x onerror=alert(1)>`

func phones(t *testing.T) (*fleet.Report, fleet.Lists) {
	t.Helper()
	lists := fleet.Lists{
		Known: []fleet.Known{known(t, "itl-sha512-ec", fleet.SetServer), known(t, "itl-8.6", fleet.SetArchive)},
		Next:  []fleet.Known{known(t, "itl-by-recovery", "")},
	}
	f := fleet.New(lists)
	var text strings.Builder
	text.WriteString("device,model,itl,ctl\n")
	for i := range 300 {
		hash := []string{"9d56dfc81164a450f746c3dd754d5fdbd3bca553", "1111111111111111111111111111111111111111", "2e0825ac1c9a757e92262538d24af1fb31aa9511", "not installed"}[i%4]
		text.WriteString("SEP0011223344" + strconv.FormatInt(int64(0x10+i%240), 16) + `,"` + strings.ReplaceAll(hostile, `"`, `""`) + `",` + hash + ",not installed\n")
	}
	if err := f.Read("hostile.csv", strings.NewReader(text.String())); err != nil {
		t.Fatal(err)
	}
	return f.Report(), lists
}

// The page is opened in a browser without a network: nothing is asked of it, no
// name becomes markup, and its numbers are those of the JSON.
func TestPageInChromium(t *testing.T) {
	r, lists := phones(t)
	name := filepath.Join(t.TempDir(), "report.html")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := fleetpage.Write(file, r, lists, time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	b := chromiumtest.Start(t)
	var title, phonesText, strandedText, groups string
	var rows []string
	b.Run(
		chromedp.Navigate("file://"+name),
		chromedp.Title(&title),
		chromedp.Text("#phones", &phonesText), chromedp.Text("#stranded", &strandedText),
		chromedp.Evaluate(`[...document.querySelectorAll("#groups tr[data-group]")].map(r => r.dataset.group + ": " + r.querySelector("td.n").textContent)`, &rows),
		chromedp.Text("#groups", &groups),
	)
	want := report.NewFleet(r)
	if title != "Trust lists of "+strconv.Itoa(want.Phones)+" phones" || phonesText != strconv.Itoa(want.Phones) || strandedText != strconv.Itoa(want.Stranded) {
		t.Errorf("title %q, %s phones, %s stranded; JSON says %d, %d", title, phonesText, strandedText, want.Phones, want.Stranded)
	}
	var counts []string
	for _, g := range want.Groups {
		counts = append(counts, fmt.Sprintf("%d: %d", g.Number, g.Phones))
	}
	if !slices.Equal(rows, counts) {
		t.Errorf("groups %q; JSON says %q", rows, counts)
	}
	if !strings.Contains(groups, "<script>") {
		t.Error("the hostile model is not shown as text")
	}
	var all, closed int
	b.Run(
		chromedp.Evaluate(`document.querySelectorAll("details:not([open])").length`, &all),
		emulation.SetEmulatedMedia().WithMedia("print"),
		chromedp.Evaluate(`[...document.querySelectorAll("details > p")].filter(p => !p.checkVisibility()).length`, &closed),
		emulation.SetEmulatedMedia().WithMedia(""),
	)
	if all == 0 || closed > 0 {
		t.Errorf("of %d closed parts %d paragraphs are missing on paper", all, closed)
	}
	requests, messages := b.Seen()
	if asked := slices.DeleteFunc(requests, func(u string) bool { return strings.HasPrefix(u, "file://"+name) }); len(asked) > 0 {
		t.Errorf("the page asks for %v", asked)
	}
	if len(messages) > 0 {
		t.Errorf("the console says %v", messages)
	}
	if out := os.Getenv("CTLINSPECT_SCREENSHOTS"); out != "" {
		b.Screenshots(out, "fleet")
	}
}
