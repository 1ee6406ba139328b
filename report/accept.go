package report

import (
	"bufio"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// An Offer is a list, the phone that it is offered to, and what the phone does.
type Offer struct {
	Name      string   // of the list that is offered
	Installed []string // names of the phone's lists, in their order
	Phone     trust.Phone
	Decision  *trust.Decision
	TVS       []*TVSReply // of the servers that were asked
}

// Accept writes a verdict and its reasons.
func Accept(w io.Writer, o Offer, t Terminal) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, t.wrap(fmt.Sprintf("%s: %s", terminal.Escape(o.Name), headline(o.Decision, t)), "  "))
	for _, line := range o.lines() {
		fmt.Fprintln(out, t.wrap(fmt.Sprintf("  %-10s %s", line[0]+":", terminal.Escape(line[1])), "    "))
	}
	return out.Flush()
}

func headline(d *trust.Decision, t Terminal) string {
	switch {
	case d.Verdict == trust.VerdictSame && d.Unknown:
		return t.red("accepted (same), but NOT VERIFIED")
	case d.Verdict == trust.VerdictUnknown:
		return t.red("REFUSED: not known what phones do")
	case d.Unknown:
		return t.red(fmt.Sprintf("REFUSED (%s), to be safe: it is not known what phones do", d.Verdict))
	case !d.Verdict.Taken():
		return t.red(fmt.Sprintf("REFUSED (%s)", d.Verdict))
	case d.Stranded != trust.StrandedNone:
		return t.yellow("accepted, but not by all phones")
	case d.Verdict == trust.VerdictAccepted:
		return t.green("accepted")
	}
	return t.green(fmt.Sprintf("accepted (%s)", d.Verdict))
}

// lines are a word and a text each.
func (o Offer) lines() [][2]string {
	d := o.Decision
	lines := [][2]string{{"phone", o.phone()}}
	add := func(word, text string) { lines = append(lines, [2]string{word, text}) }
	switch {
	case d.Verdict == trust.VerdictFirst:
		add("why", "a phone without a list accepts the first one it gets, without proof of who made it")
	case d.Verdict == trust.VerdictSame:
		add("why", "the phone already has this list")
		if d.Unknown {
			add("but", d.Reason.Error())
		}
	case d.TVS != nil:
		add("why", fmt.Sprintf("TVS vouches for the signer, %s: %s", d.TVS.Subject(), d.TVS))
		add("condition", "the phone's old configuration must name a TVS server that its ITL contains, and port 2445 must be open")
	case d.Voucher != nil && d.Verdict.Taken():
		r := d.Voucher.Record
		add("why", fmt.Sprintf("signed by record %d of %s: %s, serial %s", d.Voucher.Number, o.Installed[d.Voucher.Installed], strings.TrimSpace(r.Subject()), r.SerialNumber()))
	default:
		add("why", d.Reason.Error())
	}
	for _, r := range o.TVS {
		add("TVS", r.Server+": "+r.Text())
	}
	lines = append(lines, o.help()...)
	if d.Stranded != trust.StrandedNone {
		add("stranded", o.stranded())
	}
	for _, s := range d.Warnings {
		add("warning", s)
	}
	return lines
}

func (o Offer) phone() string {
	if len(o.Installed) == 0 {
		return "has no list; name its lists with --installed"
	}
	return "has " + strings.Join(o.Installed, " and ")
}

// help says what would make phones accept a list whose signer they do not know.
func (o Offer) help() [][2]string {
	var unknown *trust.UnknownSignerError
	if !errors.As(o.Decision.Reason, &unknown) {
		return nil
	}
	lines := [][2]string{{"TVS", "cannot help: no installed ITL contains a TVS server"}}
	switch {
	case !unknown.CanAskTVS:
	case unknown.TVS != nil, slices.ContainsFunc(o.TVS, (*TVSReply).lacks):
		lines[0][1] = storeAdvice
	case slices.ContainsFunc(o.TVS, func(r *TVSReply) bool { return r.Vouches }):
		lines[0][1] = "each server that is named must vouch, as it is not known here which one a phone asks"
	case len(o.TVS) > 0:
		lines = nil // what the servers answered says why
	default:
		lines[0][1] = "would need the signer's certificate" + certificateSHA1(unknown.Record) + ", as a SAST; ask it with --tvs, or say what it has with --tvs-store, --tvs-ctl or --tvs-trusts"
	}
	for i, l := range o.Phone.Installed {
		for j, r := range l.Records {
			if r.Role() == tlv.RoleSAST {
				lines = append(lines, [2]string{"or sign", fmt.Sprintf("with record %d of %s: %s, serial %s", j+1, o.Installed[i], strings.TrimSpace(r.Subject()), r.SerialNumber())})
			}
		}
	}
	return lines
}

func certificateSHA1(r tlv.Record) string {
	if der := r.Certificate(); der != nil {
		return fmt.Sprintf(", SHA-1 %x", sha1.Sum(der))
	}
	return ""
}

func (o Offer) stranded() string {
	var unknown *trust.UnknownSignerError
	s := o.Decision.Stranded.String()
	switch {
	case o.Decision.Unknown:
		return "perhaps " + s + ": it is not known whether any accepts such a list"
	case errors.As(o.Decision.Reason, &unknown) && unknown.CanAskTVS && unknown.TVS == nil && !slices.ContainsFunc(o.TVS, func(r *TVSReply) bool { return r.Status != "" }):
		return s + ", unless TVS vouches; then only " + trust.StrandedWithoutTVS.String()
	case o.Decision.Verdict.Taken():
		return s + "; there the list must be deleted by hand"
	case len(o.Installed) == 0:
		return s + "; they stay without a list"
	}
	return s + "; they keep the old list and report Trust List Update Failed"
}

// An AcceptDocument is what a phone does with a list, and why.
type AcceptDocument struct {
	Verdict   string   `json:"verdict"`
	Taken     bool     `json:"taken"`
	Installed []string `json:"installed"`
	List      *string  `json:"list"`   // that vouches
	Record    *int     `json:"record"` // of it
	TVS       *string  `json:"tvs"`    // SHA-1 of the certificate that TVS vouches with
	Stranded  string   `json:"stranded"`
	Unknown   bool     `json:"unknown"`
	Reason    string   `json:"reason"` // of an invalid list, as show --json has it
	Message   string   `json:"message"`
	Needs     *Needs   `json:"needs"`
	Warnings  []string `json:"warnings"`
}

// Needs are what would make phones accept a list whose signer they do not know.
type Needs struct {
	Signer          Signer  `json:"signer"`          // as a SAST of an installed list
	CertificateSHA1 *string `json:"certificateSHA1"` // in TVS
	CanAskTVS       bool    `json:"canAskTVS"`
	InTVS           *InTVS  `json:"inTVS"` // TVS has the certificate, but not as a SAST; else null
}

// An InTVS is what TVS has of a signer that it does not vouch for.
type InTVS struct {
	Roles []tlv.Role `json:"roles"`
	From  string     `json:"from"` // how that is known: a store, a server, a file
}

// An OfferDocument is what accept --json writes; docs/json.md describes it.
type OfferDocument struct {
	Head
	File  string `json:"file"`
	Error *Error `json:"error"`
	AcceptDocument
	TVSServers []*TVSReply `json:"tvsServers"` // that were asked
}

// AcceptJSON writes the document of an offer.
func AcceptJSON(w io.Writer, o Offer) error {
	return Write(w, OfferDocument{NewHead(TypeAcceptance), Text(o.Name), nil, *newAccept(o.Decision, o.Installed), append([]*TVSReply{}, o.TVS...)})
}

// AcceptErrorJSON writes the document of an offer if one of its files cannot be read.
func AcceptErrorJSON(w io.Writer, name string, installed []string, err error) error {
	return Write(w, OfferDocument{NewHead(TypeAcceptance), Text(name), NewError(err), AcceptDocument{Installed: jsonTexts(installed), Warnings: []string{}}, []*TVSReply{}})
}

func jsonTexts(list []string) []string {
	texts := []string{}
	for _, s := range list {
		texts = append(texts, Text(s))
	}
	return texts
}

var strandedJSON = map[trust.Stranded]string{
	trust.StrandedNone: "none", trust.StrandedWithoutTVS: "without-tvs", trust.StrandedAll: "all",
}

func newAccept(d *trust.Decision, installed []string) *AcceptDocument {
	a := &AcceptDocument{
		Verdict: string(d.Verdict), Taken: d.Verdict.Taken(), Installed: jsonTexts(installed),
		Stranded: strandedJSON[d.Stranded], Unknown: d.Unknown, Warnings: jsonTexts(d.Warnings),
	}
	if d.Voucher != nil {
		a.List, a.Record = ptr(Text(installed[d.Voucher.Installed])), &d.Voucher.Number
	}
	if d.TVS != nil {
		a.TVS = ptr(fmt.Sprintf("%x", sha1.Sum(d.TVS.Raw)))
	}
	if d.Reason != nil {
		a.Reason, a.Message = string(trust.ReasonOf(d.Reason)), Text(d.Reason.Error())
	}
	a.Needs = newNeeds(d.Reason)
	return a
}

func newNeeds(reason error) *Needs {
	var unknown *trust.UnknownSignerError
	if !errors.As(reason, &unknown) {
		return nil
	}
	s := unknown.Signer
	n := &Needs{
		Signer:    Signer{Name: Text(s.Name), Issuer: Text(s.CAName), Serial: s.SerialNumber.String()},
		CanAskTVS: unknown.CanAskTVS,
	}
	if t := unknown.TVS; t != nil {
		n.InTVS = &InTVS{append([]tlv.Role{}, t.Roles...), Text(t.From)}
	}
	if der := unknown.Record.Certificate(); der != nil {
		n.CertificateSHA1 = ptr(fmt.Sprintf("%x", sha1.Sum(der)))
	}
	return n
}
