package fetch

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/signed"
	"github.com/ctlinspect/ctlinspect/trust"
)

// What a server keeps for a phone beside its lists, in the order in which it is
// asked for. A phone that holds lists asks for the signed file; one that it sends on
// asks for the encrypted one [P].
const (
	configSigned    = ".cnf.xml.sgn"
	configEncrypted = ".cnf.xml.enc.sgn"
	configPlain     = ".cnf.xml"
)

var configs = []string{configSigned, configEncrypted, configPlain}

// addConfig adds what the server has for a phone beside its lists.
func (p *planner) addConfig(s *server, at func(name string) Location, device string) {
	for _, suffix := range configs {
		name := device + suffix
		p.files = append(p.files, Wanted{Location: at(name), Device: device, config: suffix, name: name, server: s})
	}
}

// withConfig returns how many of the files are those of the phone of the first, if
// its configuration is among them, else 1.
func withConfig(files []Wanted) int {
	first := files[0]
	if first.Device == "" {
		return 1
	}
	end, found := 1, false
	for end < len(files) && files[end].Device == first.Device && files[end].server == first.server {
		found = found || files[end].config != ""
		end++
	}
	if !found {
		return 1
	}
	return end
}

// A chain is what is known of a phone while its files come.
type chain struct {
	lists   []*trust.List
	names   []string // of the lists
	unsure  bool     // one of the lists is not known
	failure string   // why a list or a file is not known
	short   bool     // the signed configuration sends the phone to the encrypted one
	report.FetchedConfig
}

func newChain(w Wanted) *chain {
	return &chain{FetchedConfig: report.FetchedConfig{
		Head: report.NewHead(report.TypeFetchConfig), Host: w.Host(), Device: w.Device, Lists: []string{}, Files: []report.ConfigFile{},
	}}
}

// getPhone fetches the lists of a phone and then its configuration, which it judges
// by them. The last result says what came of it, unless the host was skipped.
func getPhone(get getter, files []Wanted, store Store) []*Result {
	c, asked := newChain(files[0]), false
	results := make([]*Result, len(files))
	for i, w := range files {
		var r *Result
		if w.config == "" {
			var l *trust.List
			r, l = getOne(get, w, store)
			c.addList(w, r, l)
		} else {
			r = c.getConfig(get, w, store)
		}
		asked = asked || !r.Skipped()
		if i == len(files)-1 && asked {
			r.Config = c.conclude()
		}
		results[i] = r
	}
	return results
}

// addList notes which lists the phone would hold. One that does not exist is none;
// without one that could not be fetched nothing is known.
func (c *chain) addList(w Wanted, r *Result, l *trust.List) {
	switch {
	case l != nil && Reason(r.Reason) != ReasonWrongKind:
		c.lists, c.names = append(c.lists, l), append(c.names, w.name)
		c.Lists = append(c.Lists, report.Text(w.name))
	case Reason(r.Reason) == NotFound:
	default:
		c.unsure = true // the list that is not known may hold the signer
		c.fail("its " + w.Kind.String() + " is not known")
	}
}

func (c *chain) fail(why string) {
	if c.failure == "" {
		c.failure = why
	}
}

// getConfig fetches one of the files of a phone's configuration.
func (c *chain) getConfig(get getter, w Wanted, store Store) *Result {
	r := newResult(w)
	r.config = true
	data, err := get(w.server, w.Location)
	switch {
	case ReasonOf(err) == NotFound:
		r.Status = StatusAbsent
		r.failed(NotFound, "%s", err)
		return r.gone(store, w)
	case err != nil:
		c.fail(w.name + " could not be fetched")
		return r.failed(ReasonOf(err), "%s", err)
	case w.config == configPlain:
		r.sums(data)
		r.Status = StatusPresent
		c.Files = append(c.Files, report.ConfigFile{Name: w.name})
		return r
	}
	return c.judge(r, w, store, data)
}

// judge judges a signed file by the lists that came before it, and writes it.
func (c *chain) judge(r *Result, w Wanted, store Store, data []byte) *Result {
	r.sums(data)
	j, err := signed.Judge(w.name, data, signed.Against{Lists: c.lists})
	switch {
	case err != nil:
	case j.List():
		err = errors.New("it is a trust list")
	case j.Firmware():
		err = errors.New("it is firmware")
	}
	if err != nil {
		c.fail(w.name + " is not a signed file")
		return r.failed(ReasonNotSigned, "%s: not a signed file: %s; not written", w.Location, err)
	}
	d := report.NewSignedFile(report.Judged{Name: w.name, Size: len(data), Judgement: j, Lists: c.names})
	r.Status, r.Verified, r.Verdict, r.Timestamp = StatusFetched, j.Good(), d.Verdict(), d.Timestamp
	if !j.Checked {
		r.Verdict = "not checked: the server has no list for this phone"
	}
	r.Reason, r.Message, r.Warnings = string(d.Reason), d.Message, d.Warnings
	c.Files = append(c.Files, report.ConfigFile{Name: w.name, Signed: true, Verified: r.Verified, Reason: d.Reason, Message: d.Message, By: d.By})
	if hash, ok := signed.ParseShort(j.File.Content); ok && d.Encryption == nil {
		c.short, c.CertHash = true, fmt.Sprintf("%x", hash)
	}
	r = r.stored(store, w, data)
	if r.Status == StatusFailed {
		c.fail(w.name + " could not be written")
	}
	return r
}

func (c *chain) has(suffix string) bool {
	return slices.ContainsFunc(c.Files, func(f report.ConfigFile) bool { return f.Name == c.Device+suffix })
}

// conclude says what a phone that holds the lists does with its configuration.
func (c *chain) conclude() *report.FetchedConfig {
	c.Verdict, c.Message = c.verdict()
	return &c.FetchedConfig
}

func (c *chain) verdict() (report.ConfigVerdict, string) {
	refused, unknown := c.refusals()
	switch {
	case refused != "" && !c.unsure:
		return report.ConfigRefused, refused
	case c.failure == "":
		c.failure = unknown
	}
	switch {
	case c.failure != "":
		return report.ConfigUnknown, c.failure
	case len(c.Files) == 0:
		return report.ConfigNone, "the server has no configuration for this phone: is the name right?"
	case len(c.lists) == 0:
		return report.ConfigUnknown, "the server has no list for this phone, so nothing vouches for its configuration"
	case c.short && !c.has(configEncrypted):
		return report.ConfigRefused, c.Device + configSigned + " sends the phone to " + c.Device + configEncrypted + ", which the server does not have"
	case c.has(configSigned):
		return report.ConfigAccepted, c.signers()
	case c.has(configEncrypted):
		return report.ConfigUnknown, "there is no " + c.Device + configSigned + ", which sends a phone to the encrypted file"
	}
	return report.ConfigUnsigned, "only " + c.Device + configPlain + " exists; a phone that holds lists asks for the signed one, and what it does without is not known"
}

// refusals are why a signed file is refused, and of which it is not known.
func (c *chain) refusals() (refused, unknown string) {
	for _, f := range c.Files {
		if !f.Signed || f.Verified || len(c.lists) == 0 {
			continue
		}
		switch f.Reason {
		case signed.ReasonList, signed.ReasonOtherName, signed.ReasonUnproven:
			unknown = why(f)
		default:
			return why(f), ""
		}
	}
	return "", unknown
}

func why(f report.ConfigFile) string { return f.Name + ": " + f.Message }

// signers says who signed the files, each signer once.
func (c *chain) signers() string {
	var parts []string
	for _, f := range c.Files {
		if !f.Signed {
			continue
		}
		name := strings.TrimPrefix(f.Name, c.Device)
		by := fmt.Sprintf(" signed by record %d of %s, %s, %s", *f.By.Record, f.By.File, f.By.Role, f.By.Subject)
		if n := len(parts); n > 0 && strings.HasSuffix(parts[n-1], by) {
			parts[n-1] = strings.TrimSuffix(parts[n-1], by) + " and " + name + by
			continue
		}
		parts = append(parts, name+by)
	}
	if c.has(configPlain) {
		parts = append(parts, configPlain+" exists as well")
	}
	return strings.Join(parts, "; ")
}

// ConfigLine is what a person reads about the configuration of a phone. It holds
// text from the files.
func ConfigLine(c *report.FetchedConfig) string {
	s := c.Device + " at " + c.Host + ": "
	switch c.Verdict {
	case report.ConfigAccepted:
		return s + "accepts its configuration if it holds these lists: " + c.Message
	case report.ConfigRefused:
		return s + "REFUSES its configuration if it holds these lists" + reasonOf(c) + ": " + c.Message
	case report.ConfigUnsigned:
		return s + "its configuration is NOT SIGNED: " + c.Message
	case report.ConfigNone:
		return s + "has NO CONFIGURATION: " + c.Message
	}
	return s + "NOT KNOWN whether it accepts its configuration" + reasonOf(c) + ": " + c.Message
}

// reasonOf is the reason of the file that the message is about, in brackets.
func reasonOf(c *report.FetchedConfig) string {
	for _, f := range c.Files {
		if f.Reason != signed.ReasonNone && c.Message == why(f) {
			return fmt.Sprintf(" (%s)", f.Reason)
		}
	}
	return ""
}

// addConfig counts a phone by what it does with its configuration.
func (t *Tally) addConfig(c *report.FetchedConfig) {
	if t.Configs == nil {
		t.Configs = new(report.ConfigCounts)
	}
	n := t.Configs
	n.Phones++
	switch c.Verdict {
	case report.ConfigAccepted:
		n.Accepted++
	case report.ConfigRefused:
		n.Refused++
	case report.ConfigUnsigned:
		n.Unsigned++
	case report.ConfigNone:
		n.None++
	default:
		n.Unknown++
	}
}

// Phones returns "configurations of 10 phones: 8 accepted, 2 REFUSED", "" if none was
// asked for.
func (t *Tally) Phones() string {
	n := t.Configs
	if n == nil {
		return ""
	}
	return "configurations of " + report.Count(n.Phones, "phone") + counts(": ", []count{
		{n.Accepted, "accepted"}, {n.Refused, "REFUSED"}, {n.Unsigned, "NOT SIGNED"}, {n.None, "without configuration"}, {n.Unknown, "not known"},
	})
}
