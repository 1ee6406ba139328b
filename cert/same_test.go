package cert_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/cert"
)

// Records of other programs and of certificates with unusual names agree too.
func TestSameName(t *testing.T) {
	pub := cert.Name{{"C", "US"}, {"ST", "TX"}, {"L", "Dallas"}, {"O", "Example"}, {"OU", "Voice"}, {"CN", "pub.example.com"}}
	token := cert.Name{{"O", "Cisco Systems, Inc."}, {"OU", "IPCBU"}, {"CN", "SAST-1 "}}
	for _, tt := range []struct {
		recorded string
		name     cert.Name
		want     bool
	}{
		{"CN=pub.example.com;OU=Voice;O=Example;L=Dallas;ST=TX;C=US", pub, true},
		{"CN=pub.example.com,OU=Voice,O=Example,L=Dallas,ST=TX,C=US", pub, true},
		{"C=US, ST=TX, L=Dallas, O=Example, OU=Voice, CN=pub.example.com", pub, true},
		{`c=US;st=TX;l=Dallas;o="Example";ou=Voice;cn="pub.example.com`, pub, true},
		{"CN=pub.example.com", pub, true},
		{"OU=Voice;O=Example", pub, false},
		{"CN=pub", pub, false},
		{"CN=", pub, false},
		{"CN=pub.example.com;OU=Voice;O=Exam", pub, false},
		{"CN=sub.example.com;OU=Voice", pub, false},
		{"", pub, false},
		{"pub.example.com", pub, false},
		{`cn="SAST-1 ";ou=IPCBU;o="Cisco Systems`, token, true},
		{`o="Cisco Systems;cn="SAST-1 "`, token, false}, // cut, and not the last
		{`CN=SAST-1,OU=IPCBU,O=Cisco Systems\, Inc.`, token, true},
		{"OU=Voice", cert.Name{{"OU", "Voice"}, {"O", "Example"}}, true},
	} {
		if got := cert.SameName(tt.recorded, tt.name); got != tt.want {
			t.Errorf("SameName(%q, %q) = %v, want %v", tt.recorded, tt.name, got, tt.want)
		}
	}
}

// A name of many parts is compared in one pass, not each part with each.
func BenchmarkSameName(b *testing.B) {
	for _, n := range []int{1000, 4000, 16000} {
		name, parts := make(cert.Name, n), make([]string, n)
		for i := range name {
			name[i] = cert.Attribute{Type: "OU", Value: fmt.Sprint(i)}
			parts[i] = "ou=" + name[i].Value
		}
		recorded := strings.Join(parts, ";")
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if !cert.SameName(recorded, name) {
					b.Fatal("not the same")
				}
			}
		})
	}
}
