# SPDX-License-Identifier: MIT
"""What phones and servers print about their lists, in the published forms, beside a list."""
import hashlib

from signedfiles import ctl, itl

DEVICE = "SEP001122334455"


def add(kit):
    alarms(kit)
    servers(kit)
    phones(kit)
    hashes(kit)
    nothing(kit)


def case(kit, name, expect, text, why, ground, of, statements):
    data = text if isinstance(text, bytes) else text.encode()
    kit.add("evidence/" + name, "evidence", expect, why, ground, [("text", data), ("list", of)], statement=statements)


def spaced(digest):
    return " ".join(f"{b:02X}" for b in digest) + " "


def alarms(kit):
    one, other = itl(), itl(made=1731000000)
    sha1 = hashlib.sha1(one).digest()
    values = [
        ("DeviceName", DEVICE),
        ("IPv4Address", "192.0.2.69"),
        ("IPv6Address", ""),
        ("CTL_Signature", "Not Installed"),
        ("CTL_TFTP_Server", "N/A"),
        ("ITL_Signature", spaced(sha1)),
        ("ITL_TFTP_Server", "cucm1.example.com"),
        ("StatusCode", "3"),
    ]

    def syslog(v):
        return (
            "%UC_PHONE-6-DeviceTLInfo: %"
            + "".join(f"[{k}={x}]" for k, x in v)
            + "[AppID=Cisco CallManager][ClusterID=StandAloneCluster][NodeID=cucm1]: Trust List Files are updated or installed\n"
        )

    def xml(v, end="</x-cisco-alarm>\n"):
        rows = "\n".join(f'<String name="{k}">{x}</String>' for k, x in v)
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<x-cisco-alarm>\n<Alarm Name="DeviceTLInfo"><ParameterList>\n{rows}\n</ParameterList></Alarm>\n{end}'

    def line_each(v):
        rows = "\n".join(f"{'UNKNOWN_PARAMTYPE:' if k == 'StatusCode' else ''}{k} : {x}" for k, x in v)
        return f"01368176.004 |15:16:05.367 |AppInfo  |GenAlarm: AlarmName = DeviceTLInfo, subFac = KeyParam = , severity = 3, AlarmMsg = {rows}\nAppID : Cisco CallManager\n"

    def one_line(v):
        rows = " ".join(f"{'UNKNOWN_PARAMTYPE:' if k == 'StatusCode' else ''}{k}:{x}" for k, x in v)
        return f"01368176.006 |15:16:05.369 |AppInfo  |DeviceTLInfo - Trust List Files are updated or installed {rows} App ID:Cisco CallManager Cluster ID:StandAloneCluster Node ID:cucm1\n"

    def commas(v):
        rows = "".join(f"{'UNKNOWN_PARAMTYPE:' if k == 'StatusCode' else ''}{k}:{x}, " for k, x in v)
        return f"01368176.005 |15:16:05.368 |AlarmErr |AlarmClass: Phone, AlarmName: DeviceTLInfo, AlarmSeverity: Error, AlarmMessage: , AlarmDescription: Trust List Files are updated or installed, AlarmParameters:  {rows}AppID:Cisco CallManager, ClusterID:StandAloneCluster, NodeID:cucm1, \n"

    said = [f"ctl absent device={DEVICE}", f"itl sha1={sha1.hex()} device={DEVICE}"]
    for name, form, ground in (
        ("syslog", syslog, "S D"),
        ("xml", xml, "D"),
        ("genalarm", line_each, "S"),
        ("appinfo", one_line, "S"),
        ("alarmerr", commas, "S"),
    ):
        case(kit, f"alarm-{name}", "same", form(values), "the signature in an alarm is the SHA-1 of the file", ground, one, said)
        case(kit, f"alarm-{name}-other", "different", form(values), "the same alarm beside another ITL", ground, other, said)
    without_status = [v for v in values if v[0] != "StatusCode"]
    case(kit, "alarm-without-status", "same", syslog(without_status), "9971s send no StatusCode", "S", one, said)
    for code in (1, 6, 9):
        changed = [(k, str(code) if k == "StatusCode" else x) for k, x in values]
        case(
            kit,
            f"alarm-status-{code}",
            "same",
            xml(changed),
            "the meaning of a status is documented and does not hold: the signature counts",
            "S",
            one,
            said,
        )
    both = [(k, spaced(hashlib.sha1(ctl()).digest()) if k == "CTL_Signature" else x) for k, x in values]
    case(
        kit,
        "alarm-both",
        "same",
        syslog(both),
        "a phone with a CTL and an ITL, beside the CTL",
        "S D",
        ctl(),
        [f"ctl sha1={hashlib.sha1(ctl()).hexdigest()} device={DEVICE}", said[1]],
    )
    none = [(k, "Not Installed" if k == "ITL_Signature" else x) for k, x in values]
    case(kit, "alarm-none", "not installed", syslog(none), "a phone without any list", "D", one, [said[0], f"itl absent device={DEVICE}"])
    case(kit, "alarm-beside-ctl", "not installed", syslog(values), "the phone has no CTL, whatever ITL it has", "S D", ctl(), said)
    case(
        kit,
        "alarm-in-log",
        "same",
        "Nov  8 06:12:40 cucm-pub local7 6 : 40: something else\n"
        + "Nov  8 06:12:41 cucm-pub local7 6 : 41: cucm-pub: Nov 08 2024 05:12:41.102 UTC : "
        + syslog(values)
        + "the end\n",
        "an alarm between other lines of a log",
        "S",
        one,
        said,
    )
    case(kit, "alarm-xml-cut", "same", xml(values, "</x-cisco-alarm"), "the last character is missing", "S", one, said)
    case(kit, "alarm-crlf", "same", line_each(values).replace("\n", "\r\n"), "line ends of Windows", "I", one, said)


def servers(kit):
    one = ctl()
    md5, sha1, size = hashlib.md5(one).hexdigest(), hashlib.sha1(one).hexdigest(), len(one)

    def listing(kind="CTL", sums=True):
        start = f"The checksum value of the {kind} file:\n{md5}(MD5)\n{sha1}(SHA1)\n\n" if sums else ""
        return f"admin:show {kind.lower()}\n{start}Length of {kind} file: {size}\nThe {kind} File was last modified on Sun Oct 27 03:33:20 UTC 2024\n\n\tParse {kind} File\n\t----------------\n\nVersion:\t1.2\nHeaderLength:\t{int.from_bytes(one[8:10], 'big')} (BYTES)\n"

    case(kit, "show-ctl", "same", listing(), "the head of show ctl", "A D", one, [f"ctl md5={md5} sha1={sha1} size={size}"])
    case(
        kit,
        "show-ctl-other",
        "different",
        listing(),
        "the head of show ctl beside another list",
        "A D",
        ctl(made=1731000000),
        [f"ctl md5={md5} sha1={sha1} size={size}"],
    )
    case(
        kit,
        "show-ctl-8.5",
        "same size",
        listing(sums=False).replace("last modified on Sun Oct 27 03:33:20 UTC 2024", "last modified"),
        "before 8.6(2) there are no sums: an equal size is weak",
        "S",
        one,
        [f"ctl size={size}"],
    )
    comma = f"{size:,}"
    case(
        kit,
        "file-list",
        "same size",
        f"admin:file list tftp *.tlv detail\n27 Oct,2024 03:33:20        {comma}  CTLFile.tlv\ndir count = 0, file count = 1\n",
        "sizes in file list have commas; an equal size is weak",
        "S",
        one,
        [f"ctl size={size}"],
    )
    case(
        kit,
        "file-list-other",
        "different",
        "27 Oct,2024 03:33:20        4,712  CTLFile.tlv\n",
        "another size is another list",
        "S",
        one,
        ["ctl size=4712"],
    )


def phones(kit):
    one = ctl()
    size = len(one)
    case(
        kit,
        "ls",
        "same size",
        f"-rw-r--r-- 1 default usr {size} Oct 04 19:15 /tmp/CTLFile.tlv\n",
        "the shell of a 79xx",
        "S",
        one,
        [f"ctl size={size}"],
    )
    case(
        kit,
        "ls-other",
        "different",
        "-rw-r--r-- 1 default usr 4712 Oct 04 19:15 /tmp/CTLFile.tlv\n",
        "another size",
        "S",
        one,
        ["ctl size=4712"],
    )
    header_length = int.from_bytes(one[8:10], "big")
    console = (
        f"SECD: tlRequestFile: Request CTLSEP0011215A1AE3.tlv\nTFTP: [27]:Requesting CTLSEP0011215A1AE3.tlv from 192.0.2.80\n"
        f"TFTP: [27]:Finished --> rcvd {size} bytes\nSECD: validate_file_envelope: File sign verify SUCCESS; header length <{header_length}>\n"
    )
    case(kit, "console-79xx", "same size", console, "the console of a 79xx", "S", one, [f"ctl size={size} device=SEP0011215A1AE3"])
    case(
        kit,
        "console-79xx-other",
        "different",
        console.replace(f"rcvd {size}", "rcvd 4762"),
        "another size",
        "S",
        one,
        ["ctl size=4762 device=SEP0011215A1AE3"],
    )
    other = itl()
    modern = (
        f"4899 NOT Mar 09 18:32:38.767556 (339:1882) downd-GETXXTP [GT339][src=ITL{DEVICE}.tlv][dest=/tmp/ITLFile.tlv][serv=][serv6=][sec=0]\n"
        "4916 NOT Mar 09 18:32:38.885334 (339:1882) downd-XXTP actualserver [192.0.2.200]\n"
        "4925 NOT Mar 09 18:32:38.937860 (1886:1886) GHTTP-hdr->HTTP/1.1 200 OK\n"
        f"4926 NOT Mar 09 18:32:38.938928 (1886:1886) GHTTP-hdr->Content-length: {len(other)}\n"
        "4929 NOT Mar 09 18:32:38.943628 (339:1882) downd-XXTP complete - status = 100 \n"
    )
    case(kit, "console-88xx", "same size", modern, "the console of a 78xx or 88xx", "S", other, [f"itl size={len(other)} device={DEVICE}"])


def hashes(kit):
    one = ctl()
    md5, sha1 = hashlib.md5(one).hexdigest(), hashlib.sha1(one).hexdigest()
    case(kit, "hash-md5", "same", md5 + "\n", "the MD5 alone, as 79xx show it", "D", one, [f"? md5={md5}"])
    case(kit, "hash-sha1", "same", sha1 + "\n", "the SHA-1 alone, as newer models show it", "D", one, [f"? sha1={sha1}"])
    case(kit, "hash-upper", "same", sha1.upper() + "\n", "capital letters", "D", one, [f"? sha1={sha1}"])
    case(
        kit,
        "hash-spaces",
        "same",
        " ".join(sha1[i : i + 2] for i in range(0, 40, 2)).upper() + "\n",
        "a blank between bytes",
        "S",
        one,
        [f"? sha1={sha1}"],
    )
    case(
        kit,
        "hash-colons",
        "same",
        ":".join(md5[i : i + 2] for i in range(0, 32, 2)) + "\n",
        "colons between bytes",
        "I",
        one,
        [f"? md5={md5}"],
    )
    wrong = sha1[:-1] + format(int(sha1[-1], 16) ^ 1, "x")
    case(
        kit,
        "hash-one-digit",
        "different",
        wrong + "\n",
        "one digit differs: not the same hash, whatever else is said",
        "I",
        one,
        [f"? sha1={wrong}"],
    )
    case(kit, "md5sum", "same", f"{md5}  CTLFile.tlv\n", "the output of md5sum", "I", one, [f"ctl md5={md5}"])
    case(kit, "sha1sum", "same", f"{sha1}  CTLFile.tlv\n", "the output of sha1sum", "I", one, [f"ctl sha1={sha1}"])


def nothing(kit):
    one = ctl()
    case(
        kit,
        "status-updated",
        "nothing",
        "16:01:16 Trust List Updated\n",
        "a status message says nothing about the bytes of a list",
        "D S",
        one,
        [],
    )
    case(kit, "status-failed", "nothing", "1:33:26a Trust List Update Failed\n", "the form of 79xx, without a date", "S", one, [])
    case(kit, "status-8821", "nothing", "[5:48:09 AM 10/11/19]  ITL installed\n", "the form of 8821", "S", itl(), [])
    case(
        kit,
        "status-xml",
        "nothing",
        '<?xml version="1.0"?>\n<DeviceLog>\n<status>[8:52:30am 10/01/19] ITL installed</status>\n</DeviceLog>\n',
        "status messages as XML",
        "S",
        itl(),
        [],
    )
    case(
        kit,
        "other-alarm",
        "nothing",
        "%UC_PHONE-6-DeviceRegistered: %[DeviceName=SEP001122334455]: Phone registered\n",
        "another alarm",
        "I",
        one,
        [],
    )
    case(kit, "prose", "nothing", "The phone shows a CTL, but I forgot to write it down.\n", "a text without evidence", "I", one, [])
    case(kit, "empty", "nothing", "", "no text", "I", one, [])
