package trunk_test

import (
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlinspect/ctlinspect/internal/certs"
	"github.com/ctlinspect/ctlinspect/internal/trunk"
)

// node judges one node of A with profile and trust of B.
func node(t *testing.T, i identity, trusted []identity, profile ...string) *trunk.Node {
	t.Helper()
	a := trunk.Side{Name: "A", Nodes: []*trunk.Certificate{i.certificate(t)}, Profile: []string{"b"}}
	b := trunk.Side{Name: "B", Profile: profile}
	for _, o := range trusted {
		b.Trust = append(b.Trust, o.certificate(t))
	}
	return trunk.Judge(a, b, trunk.Options{At: now, Level: trunk.DefaultLevel}).Sides[0].Nodes[0]
}

func codes(n *trunk.Node) (list []trunk.Code) {
	for _, p := range n.Problems {
		list = append(list, p.Code)
	}
	return list
}

// CUCM compares names, OpenSSL does not.
func TestProfile(t *testing.T) {
	const key = "pub-2048"
	cn := func(name string, changes ...change) identity { return issue(t, name, key, nil, changes...) }
	dns := func(names ...string) change { return func(c *x509.Certificate) { c.DNSNames = names } }
	two := cn("cucm1", func(c *x509.Certificate) { c.Subject.CommonName = ""; c.RawSubject = twoNames(t, "cucm1", "cucm2") })
	for _, tt := range []struct {
		shown   identity
		profile []string
		want    trunk.Code
	}{
		{cn("cucm1.example.com"), []string{"cucm1.example.com"}, ""},
		{cn("CUCM1.example.com"), []string{"cucm1.EXAMPLE.com"}, ""},
		{cn("cucm1.example.com"), []string{"other, cucm1.example.com"}, ""},
		{cn("cucm1.example.com"), []string{"other;cucm1.example.com"}, ""},
		{cn("cucm1.example.com"), []string{"other:cucm1.example.com"}, ""},
		{cn("cucm1.example.com"), []string{"other cucm1.example.com"}, ""},
		{cn("cucm1.example.com"), []string{"other", "cucm1.example.com"}, ""},
		{cn("cucm1.example.com"), []string{"other\u00a0cucm1.example.com"}, trunk.NotNamed},
		{cn("cucm1.example.com"), []string{"other\tcucm1.example.com"}, trunk.NotNamed},
		{cn("cucm1.example.com"), nil, trunk.NoNames},
		{cn("cucm1.example.com"), []string{" , "}, trunk.NoNames},
		{cn("cucm1.example.com"), []string{"10.1.1.1"}, trunk.NameIsAddress},
		{cn("cucm1.example.com"), []string{"cucm1"}, trunk.NameShort},
		{cn("cucm1"), []string{"cucm1.example.com"}, trunk.NameShort},
		{cn("cucm1.example.com"), []string{"CN=cucm1.example.com"}, trunk.NameIsDN},
		{cn("cucm1.example.com"), []string{"cucm2.example.com"}, trunk.NotNamed},
		{cn("cucm1.example.com"), []string{"*.example.com"}, trunk.NotNamed},
		{cn("*.example.com"), []string{"cucm1.example.com"}, trunk.NotNamed},
		{cn("cucm1.example.com"), []string{"cucm1.example.com.evil.example"}, trunk.NotNamed},
		{cn("10.1.1.1"), []string{"10.1.1.1"}, ""},
		{cn("ms", dns("cucm1.example.com")), []string{"Cucm1.example.com"}, ""},
		{cn("ms", dns("cucm1.example.com")), []string{"cucm2.example.com"}, trunk.NotNamed},
		{cn(" cucm1"), []string{"cucm1"}, trunk.NoName},
		{cn("my cucm"), []string{"my cucm"}, trunk.NoName},
		{cn(""), []string{"x"}, trunk.NoName},
		{cn("cucm1\x00.example.com"), []string{"cucm1"}, trunk.NoName},
		{cn("\u212aucm1"), []string{"kucm1"}, trunk.NotNamed}, // the Kelvin sign is no k
		{two, []string{"cucm1"}, trunk.NotNamed},
		{two, []string{"cucm1 cucm2"}, ""},
		{cn("cucm1"), []string{"cucm1 " + strings.Repeat("x", 4096)}, trunk.NameTooLong},
	} {
		var want []trunk.Code
		if tt.want != "" {
			want = []trunk.Code{tt.want}
		}
		if got := codes(node(t, tt.shown, []identity{tt.shown}, tt.profile...)); !slices.Equal(got, want) {
			t.Errorf("%q with %q: %q, want %q", tt.shown.x.Subject, tt.profile, got, want)
		}
	}
}

// What works but is fragile.
func TestNotes(t *testing.T) {
	const name = "cucm1.example.com"
	old := issue(t, name, "sub-2048", nil, valid(now.AddDate(-5, 0, 0), now.AddDate(0, -1, 0)))
	for _, tt := range []struct {
		shown   identity
		trusted []identity
		want    string
	}{
		{shown: issue(t, name, "pub-2048", nil, valid(now.AddDate(-1, 0, 0), now.Add(trunk.Soon-1))), want: "expires within 30 days"},
		{shown: issue(t, name, "pub-2048", nil), trusted: []identity{old}, want: "expired namesake"},
		{shown: issue(t, "ms", "pub-2048", nil, func(c *x509.Certificate) { c.DNSNames = []string{name} }), want: "only by a SubjectAltName"},
	} {
		n := node(t, tt.shown, append(tt.trusted, tt.shown), name)
		if len(n.Problems) > 0 || len(n.Notes) != 1 || !strings.Contains(n.Notes[0], tt.want) {
			t.Errorf("want %q: %q %q", tt.want, codes(n), n.Notes)
		}
	}
}

// Two keys under one issuer and serial number: CUCM cannot hold both.
func TestSameSerial(t *testing.T) {
	root := issue(t, "Root CA", "lab-ca", nil, ca)
	a := issue(t, "cucm1.example.com", "pub-2048", &root)
	serial.Add(-1)
	b := issue(t, "cucm2.example.com", "sub-2048", &root)
	if got := codes(node(t, a, []identity{root, b}, "cucm1.example.com")); !slices.Equal(got, []trunk.Code{trunk.SameSerial}) {
		t.Errorf("%q", got)
	}
	if got := codes(node(t, a, []identity{root, a}, "cucm1.example.com")); len(got) > 0 {
		t.Errorf("the same certificate twice: %q", got)
	}
}

func side(t *testing.T, name string, nodes, trusted []string, profile string) trunk.Side {
	t.Helper()
	s := trunk.Side{Name: name, Profile: []string{profile}}
	folder := filepath.Join("..", "..", "testdata", "trunk")
	for list, names := range map[*[]*trunk.Certificate][]string{&s.Nodes: nodes, &s.Trust: trusted} {
		for _, n := range names {
			data, err := os.ReadFile(filepath.Join(folder, n))
			if err != nil {
				t.Fatal(err)
			}
			*list = append(*list, read(t, n, data)...)
		}
	}
	return s
}

// One of every three calls fails.
func TestDirections(t *testing.T) {
	const names = "cucm-a1.example.com cucm-a2.example.com cucm-a3.example.com"
	a := side(t, "A", []string{"a/cm/cucm-a1.example.com.pem", "a/cm/cucm-a2.example.com.pem", "a/cm/cucm-a3.example.com.pem"}, []string{"a/trust/root.pem", "a/trust/issuing.pem"}, "cucm-b1.example.com,cucm-b2.example.com,x")
	b := side(t, "B", []string{"b/cm/cucm-b1.example.com.pem", "b/web-server-template.pem"}, []string{"b/trust/cucm-a1.example.com.pem", "b/trust/cucm-a2.example.com.pem", "b/trust/cucm-a3.example.com.pem"}, names)
	r := trunk.Judge(a, b, trunk.Options{At: now, Level: trunk.DefaultLevel})
	type direction struct {
		pairs, connect, fail, of int
		clients, servers         string
	}
	labels := func(nodes []*trunk.Node) (list []string) {
		for _, n := range nodes {
			list = append(list, n.Label)
		}
		return list
	}
	var got []direction
	for from := range r.Sides {
		d := r.Direction(from)
		fail, of := d.Fraction()
		got = append(got, direction{d.Pairs, d.Connect, fail, of, fmt.Sprint(labels(d.Clients)), fmt.Sprint(labels(d.Servers))})
	}
	want := []direction{{6, 4, 1, 3, "[cucm-a3.example.com]", "[]"}, {6, 2, 2, 3, "[cucm-b2.example.com]", "[cucm-a3.example.com]"}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(direction{})); diff != "" || r.Connects() {
		t.Errorf("Connects %v\n%s", r.Connects(), diff)
	}
	if !slices.Equal(r.Sides[0].Unused, []string{"x"}) || len(r.Sides[1].Unused) > 0 {
		t.Errorf("unused %q %q", r.Sides[0].Unused, r.Sides[1].Unused)
	}
	if trunk.Judge(a, trunk.Side{Name: "B"}, trunk.Options{At: now}).Connects() {
		t.Error("no nodes connect")
	}
}

// Text is as good as the certificate if that signs itself.
func TestText(t *testing.T) {
	const text, name = "text/cucm-a1.example.com.txt", "cucm-a1.example.com"
	whole := "b/trust/cucm-a1.example.com.pem"
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "trunk", text))
	if err != nil {
		t.Fatal(err)
	}
	for label, tt := range map[string]struct {
		change  func(string) string
		trusted string
		days    int // of the clock, from testdata's
		want    []trunk.Code
	}{
		"text, and text in the store":   {trusted: text},
		"text, and PEM in the store":    {trusted: whole},
		"not trusted":                   {trusted: "text/cucm-a2.example.com.txt", want: []trunk.Code{trunk.NotTrusted}},
		"no clientAuth":                 {change: replace("1.3.6.1.5.5.7.3.2, ", ""), trusted: text, want: []trunk.Code{trunk.ExtendedUsage}},
		"an extension was not copied":   {change: replace("Extensions: 3 present", "Extensions: 4 present"), trusted: text, want: []trunk.Code{trunk.Unreadable}},
		"no extensions were copied":     {change: cut("  Extensions:"), trusted: text, want: []trunk.Code{trunk.Unreadable}},
		"half of the key":               {change: replace("3082010a0282010100", "3082010a02"), trusted: text, want: []trunk.Code{trunk.Unreadable}},
		"no time":                       {change: replace("Validity From", "Valid"), trusted: text, want: []trunk.Code{trunk.Unreadable}},
		"expired":                       {trusted: text, days: 1000, want: []trunk.Code{trunk.Expired}},
		"another zone":                  {change: replace("UTC", "IST"), trusted: text},
		"another zone, in the last day": {change: func(s string) string { return strings.ReplaceAll(s, "UTC 2029", "IST 2029") }, trusted: text, days: 771, want: []trunk.Code{trunk.Expired}},
		"a critical extension":          {change: replace("SubjectKeyIdentifier (OID.2.5.29.14)\n     Critical: false", "Unknown (OID.1.2.3)\n     Critical: true"), trusted: text, want: []trunk.Code{trunk.Unreadable}},
		"two of the words in a name":    {change: replace("OU=Voice", "OU=Extensions: 0 present"), trusted: text, want: []trunk.Code{trunk.Unreadable}},
	} {
		changed := string(data)
		if tt.change != nil {
			if changed = tt.change(changed); changed == string(data) {
				t.Fatalf("%s: nothing changed", label)
			}
		}
		a := trunk.Side{Name: "A", Nodes: read(t, text, []byte(changed))}
		b := side(t, "B", nil, []string{tt.trusted}, name)
		if tt.trusted == text && tt.change != nil {
			b.Trust = read(t, text, []byte(changed))
		}
		n := trunk.Judge(a, b, trunk.Options{At: now.AddDate(0, 0, tt.days), Level: trunk.DefaultLevel}).Sides[0].Nodes[0]
		if got := codes(n); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q: %+v", label, got, tt.want, n.Problems)
		}
	}
	// The signature of a CA cannot be checked.
	a := side(t, "A", []string{"text/cucm-b1.example.com.txt"}, nil, "")
	b := side(t, "B", nil, []string{"a/trust/root.pem", "a/trust/issuing.pem"}, "cucm-b1.example.com")
	if got := codes(trunk.Judge(a, b, trunk.Options{At: now, Level: trunk.DefaultLevel}).Sides[0].Nodes[0]); !slices.Equal(got, []trunk.Code{trunk.Unreadable}) {
		t.Errorf("text of a certificate of a CA: %q", got)
	}
}

func replace(old, new string) func(string) string {
	return func(s string) string { return strings.Replace(s, old, new, 2) }
}

func cut(at string) func(string) string {
	return func(s string) string { before, _, _ := strings.Cut(s, at); return before }
}

// Whatever the certificates are, there is an answer.
func FuzzJudge(f *testing.F) {
	files, err := filepath.Glob("../../testdata/trunk/*/*/*.pem")
	if err != nil || len(files) == 0 {
		f.Fatalf("%v, %v", files, err)
	}
	files = append(files, "../../testdata/trunk/text/cucm-a1.example.com.txt", "../../testdata/certs/CallManager.pem")
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, data, "cucm-a1.example.com")
	}
	f.Fuzz(func(t *testing.T, nodes, trusted []byte, profile string) {
		a, b := trunk.Side{Name: "A", Profile: []string{profile}}, trunk.Side{Name: "B", Profile: []string{profile}}
		for data, list := range map[*[]byte]*[]*trunk.Certificate{&nodes: &a.Nodes, &trusted: &b.Trust} {
			read, err := certs.Parse(*data)
			if err != nil {
				continue
			}
			for _, c := range read {
				*list = append(*list, trunk.New("x", c))
			}
		}
		b.Nodes, a.Trust = a.Nodes, b.Trust
		r := trunk.Judge(a, b, trunk.Options{At: now, Level: trunk.DefaultLevel})
		for _, c := range r.Sides {
			for _, n := range c.Nodes {
				if n.Accepted(trunk.Server) && n.Full == nil && !n.SelfSigned() {
					t.Errorf("accepted by text: %v", n.Name())
				}
			}
		}
	})
}
