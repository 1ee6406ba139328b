package compare_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/tlv"
)

func bySyslog(ctl, itl string) string {
	return fmt.Sprintf("Nov 21 12:00:00 cucm local7.info : %%UC_PHONE-6-DeviceTLInfo: %%[DeviceName=SEPC80084AA8743][IPv4Address=192.168.7.104][IPv6Address=][CTL_Signature=%s][CTL_TFTP_Server=N/A][ITL_Signature=%s][ITL_TFTP_Server=cucm-115.home.lab][StatusCode=3][AppID=x][ClusterID=y][NodeID=z]: Trust List Files are updated or installed", ctl, itl)
}

const sum = "1B A1 C9 07 E9 9E 4D 3C 53 9D C8 14 24 AF 6C 9F 7D CE 4D 6D"

// alarmForms are texts with one alarm each, in the forms of CUCM.
func alarmForms() []string {
	xml := `x <x-cisco-alarm><Alarm Name="DeviceTLInfo"><ParameterList><String name="DeviceName">SEP1</String><String name="CTL_Signature">Not Installed</String><String name="ITL_Signature">` + sum + `</String><String name="StatusCode">3</String></ParameterList></Alarm></x-cisco-alarm>` + "\n"
	return []string{
		bySyslog("Not Installed", sum+" "), bySyslog(sum, strings.ToLower(sum)), bySyslog("Not Installed", "Not Installed"),
		bySyslog("Not Installed", "what"), bySyslog("NotInstalled", strings.ReplaceAll(sum, " ", ":")), "> " + bySyslog(sum, sum),
		"01368176.006 |15:16:05.369 |AppInfo  |DeviceTLInfo - Trust List Files are updated or installed DeviceName:SEP001122334455 IPv4Address:192.0.2.69 IPv6Address: CTL_Signature:Not Installed CTL_TFTP_Server:N/A ITL_Signature:" + sum + "  ITL_TFTP_Server:cucm1.example.com UNKNOWN_PARAMTYPE:StatusCode:3 App ID:Cisco CallManager Cluster ID:StandAloneCluster Node ID:cucm1",
		"1 |AppInfo  |AlarmErr |AlarmClass: Phone, AlarmName: DeviceTLInfo, AlarmSeverity: Error, AlarmMessage: , AlarmDescription: Trust List Files are updated or installed, AlarmParameters:  DeviceName:SEP001122334455, IPv4Address:192.0.2.69, CTL_Signature:" + sum + ", CTL_TFTP_Server:N/A, ITL_Signature:" + sum + " , ITL_TFTP_Server:cucm1, UNKNOWN_PARAMTYPE:StatusCode:3, AppID:Cisco CallManager, ",
		"1 |AppInfo  |GenAlarm: AlarmName = DeviceTLInfo, subFac = KeyParam = , severity = 3, AlarmMsg = DeviceName : SEP001122334455\nIPv4Address : 192.0.2.69\nIPv6Address : \nCTL_Signature : Not Installed\nCTL_TFTP_Server : N/A\nITL_Signature : " + sum + " \nITL_TFTP_Server : cucm1\nUNKNOWN_PARAMTYPE:StatusCode : 3\nAppID : Cisco CallManager\n1 |another line\n",
		xml, strings.ReplaceAll(xml, "><", ">\r\n  <"),
	}
}

// The fast reader says what ParseText says.
func TestScanAlarm(t *testing.T) {
	for _, text := range alarmForms() {
		text := text
		if strings.Contains(text, ">\r\n") {
			_, text, _ = strings.Cut(text, "<x-cisco-alarm>\r\n") // as from the line of the name on
		}
		got, read, ok := compare.ScanAlarm([]byte(text))
		if !ok || read == 0 || read > len(text) {
			t.Errorf("not read: %s", text)
			continue
		}
		var said []compare.Evidence
		for i, s := range []compare.Signature{got.CTL, got.ITL} {
			e := compare.Evidence{Form: compare.FormAlarm, Device: string(got.Device), Kind: []tlv.Kind{tlv.KindCTL, tlv.KindITL}[i], Absent: s.Absent}
			if s.Known {
				e.Sums.SHA1 = s.SHA1[:]
			} else if !s.Absent {
				e.Message = "signature of unknown form"
			}
			said = append(said, e)
		}
		want := compare.ParseText(text)
		for i := range want {
			want[i].Line, want[i].Server, want[i].Status = 0, "", 0
		}
		if diff := cmp.Diff(want, said); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

// What the fast reader does not know it leaves to ParseText; where a line only has
// the name, there is no alarm.
func TestScanAlarmRefuses(t *testing.T) {
	whole := bySyslog("Not Installed", sum)
	for _, text := range []string{
		"", "no name\nDeviceTLInfo\n", whole[:strings.Index(whole, "[ITL_Signature")], whole + whole,
		strings.Replace(whole, "[DeviceName", "&nbsp;[DeviceName", 1),
		`<Alarm Name="DeviceTLInfo"><String name="DeviceName">SEP1`,
		`<Alarm Name="DeviceTLInfo"><String name="DeviceName">SEP&#49;</String><String name="CTL_Signature">x</String><String name="ITL_Signature">x</String></Alarm>`,
		"DeviceTLInfo\n12:00:00.000 DeviceName : SEP1\n",
	} {
		if got, _, ok := compare.ScanAlarm([]byte(text)); ok {
			t.Errorf("%q: %+v", text, got)
		}
	}
	const line = "1 |AppInfo |SIPStationInit: processAlarmRefer DeviceTLInfo\n"
	if got, read, ok := compare.ScanAlarm([]byte(line + "another\n")); !ok || read != len(line) || got.Device != nil {
		t.Errorf("%+v, %d, %v", got, read, ok)
	}
}

func FuzzScanAlarm(f *testing.F) {
	for _, text := range alarmForms() {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, read, ok := compare.ScanAlarm(text)
		switch {
		case !ok:
		case read <= 0 || read > len(text):
			t.Errorf("%d of %d bytes", read, len(text))
		case got.Device != nil && len(got.Device) == 0:
			t.Errorf("%q: an alarm of no phone", text)
		}
	})
}

func BenchmarkScanAlarm(b *testing.B) {
	text := []byte(bySyslog("Not Installed", sum))
	b.ReportAllocs()
	for b.Loop() {
		compare.ScanAlarm(text)
	}
}

// The same by the reader of any text.
func BenchmarkParseTextAlarm(b *testing.B) {
	text := bySyslog("Not Installed", sum)
	b.ReportAllocs()
	for b.Loop() {
		compare.ParseText(text)
	}
}
