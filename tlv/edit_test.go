package tlv_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// roles are those of the records, in order.
func roles(t *tlv.Template) []tlv.Role {
	var list []tlv.Role
	for _, r := range t.Records {
		list = append(list, r.Role())
	}
	return list
}

func ofRole(t *testing.T, role tlv.Role, host string) tlv.Record {
	t.Helper()
	r, err := tlv.NewRecord(tlv.StyleCUCM, role, tlv.RecordValues{DNSName: host})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTemplateAdd(t *testing.T) {
	template := list(t, "ctl-etoken").Template()
	template.Add(ofRole(t, tlv.RoleCCMTFTP, "sub"))
	template.Add(ofRole(t, tlv.RoleSAST, "new"))
	want := []tlv.Role{tlv.RoleSAST, tlv.RoleSAST, tlv.RoleSAST, tlv.RoleCCMTFTP, tlv.RoleCAPF, tlv.RoleCCMTFTP}
	if diff := cmp.Diff(want, roles(template)); diff != "" {
		t.Error(diff)
	}
	if got := template.Records[2].DNSName(); got != "new" {
		t.Errorf("record 3 is of %q", got)
	}
	var empty tlv.Template
	empty.Add(ofRole(t, tlv.RoleCAPF, ""))
	empty.Add(ofRole(t, tlv.RoleSAST, ""))
	if diff := cmp.Diff([]tlv.Role{tlv.RoleSAST, tlv.RoleCAPF}, roles(&empty)); diff != "" {
		t.Error(diff)
	}
}

// Numbers are those before the call, in whatever order they come.
func TestTemplateRemove(t *testing.T) {
	old := list(t, "ctl-etoken")
	template := old.Template()
	if err := template.Remove(4, 1); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(old.Records[1:3], template.Records); diff != "" {
		t.Error(diff)
	}
	for _, numbers := range [][]int{{0}, {-1}, {3}, {1, 1}, {1, 3}} {
		if err := template.Remove(numbers...); err == nil || len(template.Records) != 2 {
			t.Errorf("%v: %v, %d records left", numbers, err, len(template.Records))
		}
	}
	if err := template.Remove(); err != nil || len(template.Records) != 2 {
		t.Errorf("nothing: %v", err)
	}
}

func TestTemplateFind(t *testing.T) {
	template := list(t, "ctl-tokenless").Template()
	for _, tt := range []struct {
		role tlv.Role
		host []string
		want int
		says string
	}{
		{tlv.RoleSAST, nil, 1, ""},
		{tlv.RoleCCMTFTP, []string{"CUCM-1051-A-SUB1"}, 4, ""},
		{tlv.RoleCCMTFTP, nil, 0, `2 records have the role CCM+TFTP, host "cucm-1051-a-pub", "cucm-1051-a-sub1"`},
		{tlv.RoleCCMTFTP, []string{""}, 0, `no record with the role CCM+TFTP has the host "": there is "cucm-1051-a-pub", "cucm-1051-a-sub1"`},
		{tlv.RoleTVS, nil, 0, "no record has the role TVS: there are SAST, CCM+TFTP, CAPF"},
		{tlv.RoleSAST, []string{"pbx"}, 0, `no record with the role SAST has the host "pbx": there is "cucm-1051-a-pub"`},
	} {
		got, err := template.Find(tt.role, tt.host...)
		if got != tt.want || (err == nil) != (tt.says == "") || err != nil && err.Error() != tt.says {
			t.Errorf("%s %q: %d, %v", tt.role, tt.host, got, err)
		}
		var wrong *tlv.FindError
		if err != nil && (!errors.As(err, &wrong) || wrong.Role != tt.role || slices.Contains(wrong.Numbers, 0) || strings.Contains(err.Error(), "%")) {
			t.Errorf("%s %q: %+v", tt.role, tt.host, wrong)
		}
	}

	_, err := list(t, "itl-thirdparty").Template().Find(tlv.RoleSAST, "pbx")
	if want := `no record with the role SAST has the host "pbx": none has a host; name the record by its number`; err == nil || err.Error() != want {
		t.Errorf("without a host: %v", err)
	}
}
