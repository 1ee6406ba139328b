package compare

import (
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// byExpression is the rule that parameters follows, as a regular expression.
var byExpression = regexp.MustCompile(`\b(` + parameterNames + `)\s*(?:"\s*>|[:=])`)

func valuesByExpression(text string, isXML bool) map[string]string {
	values := make(map[string]string)
	found := byExpression.FindAllStringSubmatchIndex(text, -1)
	for i, m := range found {
		end := len(text)
		if i+1 < len(found) {
			end = found[i+1][0]
		}
		name, value := text[m[2]:m[3]], text[m[1]:end]
		if isXML {
			value, _, _ = strings.Cut(value, "<")
			value = html.UnescapeString(value)
		} else {
			value, _, _ = strings.Cut(value, "\n")
			value, _, _ = strings.Cut(value, "]")
			value = strings.TrimSuffix(strings.TrimSpace(value), "UNKNOWN_PARAMTYPE:")
		}
		if _, twice := values[name]; !twice {
			values[name] = strings.Trim(strings.TrimSpace(value), ",[ \t")
		}
	}
	return values
}

var alarmTexts = []string{
	"DeviceTLInfo: %[DeviceName=SEPC80084AA8743][IPv4Address=1.2.3.4][IPv6Address=][CTL_Signature=Not Installed][CTL_TFTP_Server=N/A][ITL_Signature=1B A1 ][StatusCode=3][AppID=Cisco CallManager]",
	"DeviceTLInfo - Trust List Files are updated DeviceName:SEP001122334455 IPv4Address:192.0.2.69 IPv6Address: CTL_Signature:Not Installed CTL_TFTP_Server:N/A ITL_Signature:9D 56  ITL_TFTP_Server:cucm1 UNKNOWN_PARAMTYPE:StatusCode:3 App ID:Cisco Cluster ID:x Node ID:y",
	"DeviceTLInfo, AlarmMsg = DeviceName : SEP001122334455\nIPv4Address : 1\nCTL_Signature : Not Installed\nUNKNOWN_PARAMTYPE:StatusCode : 3\n",
	`<Alarm Name="DeviceTLInfo"><String name="DeviceName">SEP1</String><String name = "CTL_Signature" >Not &lt;Installed</String><String name="StatusCode">3`,
	"xDeviceName=1 DeviceName =2 DeviceName:=3 _StatusCode=4",
	"App ID=Node ID:ClusterID=CTL_Signature=ITL_Signature:,[ x]",
}

// The scanner finds what the expression finds.
func FuzzParameters(f *testing.F) {
	for _, text := range alarmTexts {
		f.Add(text, strings.HasPrefix(text, "<"))
	}
	f.Fuzz(func(t *testing.T, text string, isXML bool) {
		var p parameters
		p.add([]byte(text), isXML)
		if isXML {
			p.unescape()
		}
		want := valuesByExpression(text, isXML)
		got := make(map[string]string)
		for _, w := range parameterWords {
			if w.name == paramOther {
				delete(want, w.word)
			} else if p[w.name] != nil {
				got[w.word] = string(p[w.name])
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	})
}
