package main

import (
	"strings"
	"testing"
)

func TestHint(t *testing.T) {
	const quotes = "put the hash into quotes"
	for words, want := range map[string]string{
		"1B A1 C9 07 pub.tlv":                            quotes,
		"sha1:1B A1 C9 07 pub.tlv":                       quotes,
		"4d73 6eaf pub.tlv":                              quotes,
		"1b:a1 c9:07 pub.tlv":                            quotes,
		"1ba1c907e99e4d3c539dc81424af6c9f7dce4d pub.tlv": `"1ba1c907e99e4d3c539dc81424af6c9f7dce4d" has 38 hex digits: an MD5 has 32, a SHA-1 40, a SHA-512 128`,
		"4d736eaf16 pub.tlv":                             `"4d736eaf16" has 10 hex digits: an MD5 has 32, a SHA-1 40, a SHA-512 128`,
		"sha256:1ba1c907e99e4d3c pub.tlv":                `"SHA-256" is unknown; use md5:, sha1: or sha512:`,
		"sha3:1B:A1:C9:07:E9 pub.tlv":                    `"sha3:" is unknown; use md5:, sha1: or sha512:`,
		"4d736eaf1683928f4a26f6630815O1b9 pub.tlv":       `"O" is not a hex digit`,
		"md5:4d736eaf1683928f4a26f6630815g1b9 pub.tlv":   `"g" is not a hex digit`,
		"md5:1":             "",
		"md5: pub.tlv":      "",
		"phone.tlv pub.tlv": "",
		"cafe pub.tlv":      "",
		"cafe":              "",
		"/tmp/4d736eaf1683928f4a26f663081541b9 pub.tlv": "",
		"tftp://192.0.2.1/CTLFile.tlv pub.tlv":          "",
		"CTLSEP0011215A1AE3 pub.tlv":                    "",
		"":                                              "",
	} {
		if got := hint(strings.Split(words, " ")); got != want {
			t.Errorf("%q: got %q, want %q", words, got, want)
		}
	}
}
