package answer

import (
	"fmt"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/internal/draft"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/signed"
	"github.com/ctlinspect/ctlinspect/trust"
)

// A Comparison is one piece of evidence, or a list, beside lists of servers.
type Comparison struct {
	Document   string   `json:"document"` // of compare --json
	Conclusion string   `json:"conclusion"`
	Verdicts   []string `json:"verdicts"` // of each server, for people
	Outlooks   []string `json:"outlooks"` // what a phone that holds the copy does with each server's list
}

// Compare says which server's list a phone has, and what differs.
func Compare(phone Source, servers []Source) ([]Comparison, error) {
	copies, err := readCopies(phone)
	if err != nil {
		return nil, err
	}
	var all [][]compare.Copy
	for _, s := range servers {
		l, err := readList(s)
		if err != nil {
			return nil, err
		}
		all = append(all, []compare.Copy{compare.NewCopy(s.Name, l)})
	}
	lists := compare.NewServers(all...)
	answers := []Comparison{}
	for _, c := range copies[:min(len(copies), maxEvidence)] {
		r := lists.Compare(c)
		a := Comparison{Document: document(report.NewCompareDocument(r)), Conclusion: report.Text(report.Conclusion(r)), Verdicts: []string{}, Outlooks: []string{}}
		for _, s := range r.Servers {
			outlook, _ := report.OutlookText(r, s)
			a.Verdicts, a.Outlooks = append(a.Verdicts, report.VerdictText(s)), append(a.Outlooks, outlook)
		}
		answers = append(answers, a)
	}
	return answers, nil
}

// An Acceptance is what a phone does with a list.
type Acceptance struct {
	Document string `json:"document"` // of accept --json
	Text     string `json:"text"`     // of accept
}

// Accept says whether a phone that has the installed lists takes another one.
func Accept(installed []Source, offered Source, now time.Time) (*Acceptance, error) {
	phone, names, err := readPhone(installed)
	if err != nil {
		return nil, err
	}
	list, err := readList(offered)
	if err != nil {
		return nil, err
	}
	o := report.Offer{Name: offered.Name, Installed: names, Phone: phone, Decision: draft.Accept(phone, list, now)}
	var document, text strings.Builder
	if err := report.AcceptJSON(&document, o); err != nil {
		return nil, err
	}
	if err := report.Accept(&text, o, report.Terminal{}); err != nil {
		return nil, err
	}
	return &Acceptance{strings.TrimSuffix(document.String(), "\n"), text.String()}, nil
}

func readPhone(installed []Source) (trust.Phone, []string, error) {
	var phone trust.Phone
	var names []string
	for _, s := range installed {
		l, err := readList(s)
		if err != nil {
			return phone, nil, err
		}
		for i, other := range phone.Installed {
			if kind := l.Header.Kind(); other.Header.Kind() == kind {
				return phone, nil, fmt.Errorf("%s and %s are both a %s, and a phone has one of each; ask for each in turn", names[i], s.Name, kind)
			}
		}
		phone.Installed, names = append(phone.Installed, l), append(names, s.Name)
	}
	return phone, names, nil
}

// A Check is what the lists of a phone say of a signed file.
type Check struct {
	Document string `json:"document"` // of signed verify --json
	Verdict  string `json:"verdict"`
	Verified bool   `json:"verified"`
}

// VerifySigned checks a signed file with the lists of a phone.
func VerifySigned(file Source, lists []Source) (*Check, error) {
	phone, names, err := readPhone(lists)
	if err != nil {
		return nil, err
	}
	for i, l := range phone.Installed {
		if _, err := l.Verify(); err != nil {
			return nil, fmt.Errorf("%s: NOT VERIFIED: %w; it vouches for nothing", names[i], err)
		}
	}
	j, err := signed.Judge(file.Name, file.Data, signed.Against{Lists: phone.Installed})
	if err != nil {
		return nil, fmt.Errorf("%s: not a signed file: %w", file.Name, err)
	}
	d := report.NewSignedFile(report.Judged{Name: file.Name, Size: len(file.Data), Judgement: j, Lists: names})
	return &Check{document(d), d.Verdict(), d.Verified}, nil
}
