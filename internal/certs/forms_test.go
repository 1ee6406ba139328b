package certs_test

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/certs"
)

// names are the common names of what was read, and "text" of what is known from
// text only.
func names(list []certs.Certificate) []string {
	var names []string
	for _, c := range list {
		name := c.Subject.Get("CN")
		if c.Full == nil {
			name = "text " + name
		}
		names = append(names, name)
	}
	return names
}

func TestFormsOfServers(t *testing.T) {
	const folder = "../../testdata/"
	capf, manager := string(readFile(t, testdata+"CAPF.pem")), string(readFile(t, testdata+"CallManager.pem"))
	block, _ := pem.Decode([]byte(capf))
	der := base64.StdEncoding.EncodeToString(block.Bytes)
	quote := func(s string) string {
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	const cucm, capfName = "CUCM8-Publisher.bbbburns.lab", "CAPF-9c4cba7d"
	row := func(service, certificate string) string {
		return fmt.Sprintf("pub.example.com %s own 192.0.2.1 %s\n", service, strings.TrimSpace(certificate))
	}
	snapshot := fmt.Sprintf(`{"identities":[{"service":"CallManager","certificate":%s},{"service":"tomcat","certificate":%[2]s},{"service":"CAPF","certificate":%[2]s}],
		"trusts":[{"service":"CallManager-trust","certificate_data":[{"filename":"x.pem","certificate":%[1]s}]}]}`, quote(manager), quote(capf))
	for name, tt := range map[string]struct {
		text  string
		want  []string
		whole int // all certificates, those of trust stores too
	}{
		"PEM behind a bracket": {string(readFile(t, folder+"cases/08-pem-on-text-line/cert.txt")), []string{"ITLRECOVERY_pub.example.com"}, 1},
		"SQL": {"servername name moniker ipv4address certificate\n=== === === === ===\n" + row("CallManager", manager) + row("CallManager-trust", capf) + row("tomcat", capf),
			[]string{cucm}, 3},
		"REST":                  {snapshot, []string{cucm, capfName}, 4},
		"AXL":                   {"<tvsCertificate uuid=\"{1}\"><subjectName>CN=x</subjectName><certificate>" + capf + "</certificate></tvsCertificate>", []string{capfName}, 1},
		"AXL in base64":         {"<tvsCertificate><certificate>\n" + der[:76] + "\n" + der[76:] + "</certificate></tvsCertificate>", []string{capfName}, 1},
		"AXL, carriage returns": {"<certificate>" + strings.ReplaceAll(strings.TrimSpace(capf), "\n", "&#13;\n") + "</certificate>", []string{capfName}, 1},
		"AXL without certificates": {"<return><tvsCertificate><subjectName>CN=pub,O=Example</subjectName><issuerName>CN=lab CA,O=Example</issuerName><serialNumber>1a2b</serialNumber></tvsCertificate></return>",
			[]string{"text pub"}, 0},
		"JSON on one line": {quote(capf), []string{capfName}, 1},
		"a digit in front": {"0 " + capf, []string{capfName}, 1},
	} {
		list, err := certs.Parse([]byte(tt.text))
		if got := names(list); err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, %v, want %v", name, got, err, tt.want)
		}
		whole, err := certs.ReadWhole(file(t, []byte(tt.text)))
		if len(whole) != tt.whole || (err == nil) != (tt.whole > 0) {
			t.Errorf("%s: %d certificates, %v, want %d", name, len(whole), err, tt.whole)
		}
	}
	if _, err := certs.Parse([]byte(capf[:len(capf)-20])); err == nil || !strings.Contains(err.Error(), "certificate 1 in PEM: cut") {
		t.Errorf("PEM that is cut: %v", err)
	}
}
