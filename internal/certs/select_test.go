package certs_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/certs"
)

// Tables and REST say whose certificates they have.
func TestSelections(t *testing.T) {
	manager, capf := strings.TrimSpace(string(readFile(t, testdata+"CallManager.pem"))), strings.TrimSpace(string(readFile(t, testdata+"CAPF.pem")))
	const managerName, capfName = "CUCM8-Publisher.bbbburns.lab", "CAPF-9c4cba7d"
	row := func(host, service, certificate string) string {
		return fmt.Sprintf("%s %s own 192.0.2.1 %s\n", host, service, certificate)
	}
	snapshot := func(trusts string) string {
		return strings.ReplaceAll(fmt.Sprintf(`{"identities":[{"service":"CallManager","certificate":"%s"},{"service":"CAPF","certificate":"%s"}],"trusts":[{"service":"%s","certificate_data":[{"certificate":"%[2]s"}]}]}`, manager, capf, trusts), "\n", `\n`)
	}
	for name, tt := range map[string]struct {
		data  string
		own   []string
		trust []string
	}{
		"plain PEM":                {manager + "\n" + capf, []string{managerName, capfName}, []string{managerName, capfName}},
		"SQL":                      {row("pub", "CallManager", manager) + row("pub", "CallManager-trust", capf), []string{managerName}, []string{capfName}},
		"SQL, others":              {row("pub", "CAPF", capf) + row("pub", "tomcat-trust", manager), nil, nil},
		"SQL, ECDSA":               {row("pub", "CallManager-ECDSA", capf) + row("pub", "CallManager", manager), []string{managerName}, nil},
		"a host called like one":   {row("callmanager", "tomcat-trust", capf) + row("capf", "CallManager", manager), []string{managerName}, nil},
		"REST":                     {snapshot("CallManager-trust"), []string{managerName}, []string{capfName}},
		"REST, the store by half":  {snapshot("callmanager"), []string{managerName}, []string{capfName}},
		"REST, the trust of TVS":   {snapshot("TVS-trust"), []string{managerName}, nil},
		"listTvsCertificate (AXL)": {"<tvsCertificate><certificate>" + capf + "</certificate></tvsCertificate>", nil, nil},
	} {
		for selection, want := range map[certs.Selection][]string{certs.CallManager: tt.own, certs.CallManagerTrust: tt.trust} {
			list, err := selection.Parse([]byte(tt.data))
			if got := names(list); !slices.Equal(got, want) || (err == nil) != (len(want) > 0) {
				t.Errorf("%s, %d: %q, %v; want %q", name, selection, got, err, want)
			}
		}
	}
	_, err := certs.CallManager.Parse([]byte(row("pub", "CAPF", capf)))
	if !errors.Is(err, certs.ErrNone) || !strings.Contains(err.Error(), "none of the service CallManager") {
		t.Errorf("%v", err)
	}
}

// What text says besides names and key.
func TestTextDetails(t *testing.T) {
	text := one(t, readFile(t, "../../testdata/trunk/text/cucm-b1.example.com.txt")).Text
	if !text.Whole || !text.Exact || text.Algorithm != "1.2.840.113549.1.1.11" || !text.NotAfter.Equal(time.Date(2029, 1, 1, 0, 0, 0, 0, time.UTC)) || len(text.Extensions) != 5 {
		t.Fatalf("%+v", text)
	}
	for oid, want := range map[string]string{
		"2.5.29.15": "[digitalSignature keyEncipherment dataEncipherment]", "2.5.29.37": "[1.3.6.1.5.5.7.3.1 1.3.6.1.5.5.7.3.2 1.3.6.1.5.5.7.3.5]",
		"2.5.29.17": "[cucm-b1.example.com]",
	} {
		i := slices.IndexFunc(text.Extensions, func(e certs.TextExtension) bool { return e.OID == oid })
		if i < 0 || fmt.Sprint(text.Extensions[i].Values) != want {
			t.Errorf("%s: %+v, want %s", oid, text.Extensions, want)
		}
	}
	// On one line, as copies have it.
	flat := strings.Join(strings.Fields(string(readFile(t, "../../testdata/trunk/text/cucm-b1.example.com.txt"))), " ")
	if got := one(t, []byte(flat)).Text; fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", text) {
		t.Errorf("on one line: %+v, want %+v", got, text)
	}
	if got := one(t, []byte(oddText)).Text; got.Whole || got.Exact || got.NotAfter.IsZero() {
		t.Errorf("%+v", got)
	}
}
