package trunk_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/trunk"
)

// A trial is a certificate and a trust store. What is predicted is what OpenSSL does.
type trial struct {
	shown   identity
	trusted []identity
	level   int           // 0 is trunk.DefaultLevel, level0 is 0
	refused [2]trunk.Code // by role; "" is accepted
	// stricter: the prediction is no where OpenSSL 3 says yes, and why.
	stricter string
}

const level0 = -1

func (t trial) securityLevel() int {
	switch t.level {
	case 0:
		return trunk.DefaultLevel
	case level0:
		return 0
	}
	return t.level
}

func all(c trunk.Code) [2]trunk.Code { return [2]trunk.Code{c, c} }

func trials(t *testing.T) map[string]trial {
	root := issue(t, "Root CA", "lab-ca", nil, ca)
	middle := issue(t, "Issuing CA", "capf-2048", &root, ca)
	other := issue(t, "Root CA", "tvs", nil, ca)
	namesake, namesakeNew := issue(t, "Namesake CA", "lab-ca", nil, ca), issue(t, "Namesake CA", "tvs", nil, ca)
	namesakeX := *namesake.x
	namesakeX.SubjectKeyId = nil // what it issues has no key identifier of the issuer
	namesake.x = &namesakeX
	node := func(by *identity, changes ...change) identity {
		return issue(t, "cucm1.example.com", "pub-2048", by, changes...)
	}
	self := func(changes ...change) identity { return node(nil, changes...) }
	old := issue(t, "cucm1.example.com", "sub-2048", nil)
	oldExpired := issue(t, "cucm1.example.com", "sub-2048", nil, valid(now.AddDate(-5, 0, 0), now.AddDate(0, -1, 0)))
	usual := self()
	sha1, noCertSign := self(algorithm(x509.SHA1WithRSA)), self(usage(x509.KeyUsageDigitalSignature))
	withID, oldWithID := self(identified("new")), issue(t, "cucm1.example.com", "sub-2048", nil, identified("old"))
	own := node(&root)
	alien := self(authoritySerial(7))
	notCA := issue(t, "Not CA", "lab-ca", nil, usage(0), extended())
	noSign := issue(t, "No Sign CA", "lab-ca", nil, ca, usage(x509.KeyUsageCRLSign))
	short := issue(t, "Short CA", "lab-ca", nil, ca, func(c *x509.Certificate) { c.MaxPathLen, c.MaxPathLenZero = 0, true })
	below := issue(t, "Below CA", "capf-2048", &short, ca)
	limits := issue(t, "Limits CA", "lab-ca", nil, ca, func(c *x509.Certificate) { c.PermittedDNSDomains = []string{"example.com"} })
	expired := issue(t, "Expired CA", "lab-ca", nil, ca, valid(now.AddDate(-5, 0, 0), now.AddDate(0, -1, 0)))
	serverOnly := issue(t, "Server CA", "capf-2048", &root, ca, extended(x509.ExtKeyUsageServerAuth))
	small := issue(t, "Small CA", "pub-1024", nil, ca)
	ordered := issue(t, "Ordered CA", "lab-ca", nil, ca)
	reversed := ordered
	reversed.x = &x509.Certificate{SubjectKeyId: ordered.x.SubjectKeyId, RawSubject: reverseName(t, ordered.x.RawSubject), PublicKey: ordered.x.PublicKey}
	ip := x509.ExtKeyUsageIPSECEndSystem
	server, client := x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth
	return map[string]trial{
		"self-signed, trusted":                        {shown: usual, trusted: []identity{usual}},
		"self-signed, not trusted":                    {shown: usual, trusted: []identity{root}, refused: all(trunk.NotTrusted)},
		"self-signed, empty store":                    {shown: usual, refused: all(trunk.NotTrusted)},
		"self-signed, only the old one trusted":       {shown: usual, trusted: []identity{old}, refused: all(trunk.Stale)},
		"self-signed, an expired namesake":            {shown: usual, trusted: []identity{oldExpired, usual}},
		"self-signed, SHA-1":                          {shown: sha1, trusted: []identity{sha1}},
		"self-signed without keyCertSign":             {shown: noCertSign, trusted: []identity{noCertSign}, refused: all(trunk.KeyUsage), stricter: "OpenSSL before 3.0"},
		"CA-signed":                                   {shown: node(&root), trusted: []identity{root}},
		"CA-signed with an intermediate":              {shown: node(&middle), trusted: []identity{root, middle}},
		"intermediate missing":                        {shown: node(&middle), trusted: []identity{root}, refused: all(trunk.NoIssuer)},
		"root missing":                                {shown: node(&middle), trusted: []identity{middle}, refused: all(trunk.NoIssuer)},
		"the node's own certificate, not its issuer":  {shown: own, trusted: []identity{own}, refused: all(trunk.NoIssuer)},
		"root of the same name, other key identifier": {shown: node(&root), trusted: []identity{other}, refused: all(trunk.NoIssuer)},
		"both roots, with key identifiers":            {shown: node(&root), trusted: []identity{other, root}},
		"expired":                                     {shown: node(&root, valid(now.AddDate(-5, 0, 0), now.AddDate(0, 0, -1))), trusted: []identity{root}, refused: all(trunk.Expired)},
		"not yet valid":                               {shown: node(&root, valid(now.AddDate(0, 0, 1), now.AddDate(1, 0, 0))), trusted: []identity{root}, refused: all(trunk.NotYetValid)},
		"expired CA":                                  {shown: node(&expired), trusted: []identity{expired}, refused: all(trunk.Expired)},
		"no extended key usage":                       {shown: node(&root), trusted: []identity{root}},
		"the three usages of a CSR of CUCM":           {shown: node(&root, extended(server, client, ip)), trusted: []identity{root}},
		"serverAuth alone":                            {shown: node(&root, extended(server)), trusted: []identity{root}, refused: [2]trunk.Code{trunk.Client: trunk.ExtendedUsage}},
		"clientAuth alone":                            {shown: node(&root, extended(client)), trusted: []identity{root}, refused: [2]trunk.Code{trunk.Server: trunk.ExtendedUsage}},
		"any usage":                                   {shown: node(&root, extended(x509.ExtKeyUsageAny)), trusted: []identity{root}, refused: all(trunk.ExtendedUsage)},
		"neither usage":                               {shown: node(&root, extended(ip)), trusted: []identity{root}, refused: all(trunk.ExtendedUsage)},
		"CA for serverAuth":                           {shown: node(&serverOnly), trusted: []identity{root, serverOnly}, refused: [2]trunk.Code{trunk.Client: trunk.ExtendedUsage}},
		"keyEncipherment alone":                       {shown: node(&root, usage(x509.KeyUsageKeyEncipherment)), trusted: []identity{root}, refused: [2]trunk.Code{trunk.Client: trunk.KeyUsage}},
		"digitalSignature alone":                      {shown: node(&root, usage(x509.KeyUsageDigitalSignature)), trusted: []identity{root}},
		"keyAgreement alone":                          {shown: issue(t, "cucm1.example.com", "P-256", &root, usage(x509.KeyUsageKeyAgreement)), trusted: []identity{root}, refused: all(trunk.KeyUsage), stricter: "OpenSSL lets a client pass"},
		"dataEncipherment alone":                      {shown: node(&root, usage(x509.KeyUsageDataEncipherment)), trusted: []identity{root}, refused: all(trunk.KeyUsage)},
		"issuer is no CA":                             {shown: node(&notCA), trusted: []identity{notCA}, refused: all(trunk.NotCA)},
		"issuer may not sign":                         {shown: node(&noSign), trusted: []identity{noSign}, refused: all(trunk.NotCA)},
		"path too long":                               {shown: node(&below), trusted: []identity{short, below}, refused: all(trunk.TooLong)},
		"name constraints":                            {shown: node(&limits), trusted: []identity{limits}, refused: all(trunk.Limited), stricter: "name constraints are not judged"},
		"critical extension":                          {shown: node(&root, criticalUnknown), trusted: []identity{root}, refused: all(trunk.Unreadable)},
		"parts of the CA's name in another order":     {shown: node(&reversed), trusted: []identity{ordered}, refused: all(trunk.NoIssuer)},
		"RSA 1024, level 0":                           {shown: issue(t, "cucm1.example.com", "pub-1024", &root), trusted: []identity{root}, level: level0},
		"RSA 1024, level 1":                           {shown: issue(t, "cucm1.example.com", "pub-1024", &root), trusted: []identity{root}, level: 1},
		"RSA 1024, level 2":                           {shown: issue(t, "cucm1.example.com", "pub-1024", &root), trusted: []identity{root}, level: 2, refused: all(trunk.SmallKey)},
		"CA with RSA 1024, level 1":                   {shown: node(&small), trusted: []identity{small}, level: 1},
		"CA with RSA 1024, level 2":                   {shown: node(&small), trusted: []identity{small}, level: 2, refused: all(trunk.SmallKey)},
		"signed with SHA-1, level 0":                  {shown: node(&root, algorithm(x509.SHA1WithRSA)), trusted: []identity{root}, level: level0},
		"signed with SHA-1, level 1":                  {shown: node(&root, algorithm(x509.SHA1WithRSA)), trusted: []identity{root}, level: 1, refused: all(trunk.WeakSignature)},
		"signed with SHA-1, level 2":                  {shown: node(&root, algorithm(x509.SHA1WithRSA)), trusted: []identity{root}, level: 2, refused: all(trunk.WeakSignature)},
		"EC P-256":                                    {shown: issue(t, "cucm1.example.com", "P-256", &root), trusted: []identity{root}, level: 2},
		"EC P-384":                                    {shown: issue(t, "cucm1.example.com", "P-384", &root), trusted: []identity{root}, level: 2},
		"EC P-224":                                    {shown: issue(t, "cucm1.example.com", "P-224", &root), trusted: []identity{root}, level: 2, refused: all(trunk.UnknownKey), stricter: "CUCM does not make such keys"},
		"self-signed, names another serial number as its issuer's": {shown: alien, trusted: []identity{alien}, refused: all(trunk.NoIssuer)},
		"RSASSA-PSS":                                     {shown: node(&root, algorithm(x509.SHA256WithRSAPSS)), trusted: []identity{root}, level: 2, refused: all(trunk.UnknownSign), stricter: "CUCM is not known to take it"},
		"one of two roots without identifiers":           {shown: node(&namesake), trusted: []identity{namesake, namesakeNew}, refused: all(trunk.Ambiguous), stricter: "depends on the order"},
		"two roots without identifiers, other order":     {shown: node(&namesake), trusted: []identity{namesakeNew, namesake}, refused: all(trunk.Ambiguous), stricter: "depends on the order"},
		"the other root without identifiers":             {shown: node(&namesake), trusted: []identity{namesakeNew}, refused: all(trunk.WrongIssuer)},
		"self-signed without identifiers and a namesake": {shown: usual, trusted: []identity{old, usual}, refused: all(trunk.Ambiguous), stricter: "depends on the order"},
		"self-signed without identifiers, other order":   {shown: usual, trusted: []identity{usual, old}, refused: all(trunk.Ambiguous), stricter: "depends on the order"},
		"self-signed with identifiers and a namesake":    {shown: withID, trusted: []identity{oldWithID, withID}},
	}
}

// identified gives a certificate that signs itself key identifiers of itself and of its
// issuer. CUCM's own has only the first.
func identified(id string) change {
	return func(c *x509.Certificate) { c.SubjectKeyId, c.AuthorityKeyId = []byte(id), []byte(id) }
}

// authoritySerial is AuthorityKeyIdentifier with the serial number of the issuer alone.
func authoritySerial(n byte) change {
	return func(c *x509.Certificate) {
		c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 35}, Value: []byte{0x30, 3, 0x82, 1, n}})
	}
}

// reverseName turns the parts of a name around.
func reverseName(t *testing.T, der []byte) []byte {
	t.Helper()
	var name pkix.RDNSequence
	if _, err := asn1.Unmarshal(der, &name); err != nil {
		t.Fatal(err)
	}
	for i, j := 0, len(name)-1; i < j; i, j = i+1, j-1 {
		name[i], name[j] = name[j], name[i]
	}
	out, err := asn1.Marshal(name)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// predict judges a node of A with the store of B, by the code of the first problem in
// each role.
func predict(t *testing.T, tr trial) (codes [2]trunk.Code) {
	t.Helper()
	a := trunk.Side{Name: "A", Nodes: []*trunk.Certificate{tr.shown.certificate(t)}, Profile: []string{"x"}}
	b := trunk.Side{Name: "B", Profile: []string{"cucm1.example.com"}}
	for _, i := range tr.trusted {
		b.Trust = append(b.Trust, i.certificate(t))
	}
	node := trunk.Judge(a, b, trunk.Options{At: now, Level: tr.securityLevel()}).Sides[0].Nodes[0]
	for r := range codes {
		for _, p := range node.Problems {
			if p.Roles[r] && codes[r] == "" {
				codes[r] = p.Code
			}
		}
		if (codes[r] == "") != node.Accepted(trunk.Role(r)) {
			t.Errorf("Accepted(%v) = %v with %q", trunk.Role(r), node.Accepted(trunk.Role(r)), codes[r])
		}
	}
	return codes
}

// What is predicted is what OpenSSL does.
func TestHandshakes(t *testing.T) {
	for name, tr := range trials(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := predict(t, tr)
			if got != tr.refused {
				t.Errorf("predicted %q, want %q", got, tr.refused)
			}
			for _, r := range []trunk.Role{trunk.Server, trunk.Client} {
				ok, number := handshake{r, tr.shown, tr.trusted, tr.securityLevel()}.run(t)
				if ok != (got[r] == "") && tr.stricter == "" {
					t.Errorf("as %v: predicted %q, OpenSSL: accepted %v, error %d", r, got[r], ok, number)
				} else if tr.stricter != "" && !ok && got[r] == "" {
					t.Errorf("as %v: predicted yes", r)
				}
				t.Logf("%v: %q, OpenSSL %v %d", r, got[r], ok, number)
			}
		})
	}
}
