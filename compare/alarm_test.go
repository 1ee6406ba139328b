package compare_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlinspect/ctlinspect/compare"
)

func bySyslog(ctl, itl string) string {
	return fmt.Sprintf("Nov 21 12:00:00 cucm local7.info : %%UC_PHONE-6-DeviceTLInfo: %%[DeviceName=SEPC80084AA8743][IPv4Address=192.168.7.104][IPv6Address=][CTL_Signature=%s][CTL_TFTP_Server=N/A][ITL_Signature=%s][ITL_TFTP_Server=cucm-115.home.lab][StatusCode=3][AppID=x][ClusterID=y][NodeID=z]: Trust List Files are updated or installed", ctl, itl)
}

// The fast reader says what ParseText says, or that it cannot.
func TestParseSyslogAlarm(t *testing.T) {
	const sum = "1B A1 C9 07 E9 9E 4D 3C 53 9D C8 14 24 AF 6C 9F 7D CE 4D 6D"
	for _, line := range []string{
		bySyslog("Not Installed", sum+" "), bySyslog(sum, strings.ToLower(sum)), bySyslog("Not Installed", "Not Installed"),
		bySyslog("Not Installed", "what"), bySyslog("NotInstalled", strings.ReplaceAll(sum, " ", ":")),
	} {
		got, ok := compare.ParseSyslogAlarm(line)
		if !ok {
			t.Errorf("not read: %s", line)
			continue
		}
		want := compare.ParseText(line)
		for i := range want {
			want[i].Line = 0
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", line, diff)
		}
	}
	for _, line := range []string{
		"", "DeviceTLInfo", "DeviceTLInfo: %[DeviceName=SEP1]", bySyslog("x", "y")[:120],
		bySyslog("Not Installed", sum) + bySyslog("Not Installed", sum),
	} {
		if got, ok := compare.ParseSyslogAlarm(line); ok {
			t.Errorf("%q: %v", line, got)
		}
	}
}

func BenchmarkParseSyslogAlarm(b *testing.B) {
	line := bySyslog("Not Installed", "1B A1 C9 07 E9 9E 4D 3C 53 9D C8 14 24 AF 6C 9F 7D CE 4D 6D ")
	b.ReportAllocs()
	for b.Loop() {
		compare.ParseSyslogAlarm(line)
	}
}
