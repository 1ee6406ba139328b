package cucmtrace

import "fmt"

// verifyErrors are OpenSSL's X509_V_ERR numbers, which are the same from 0.9.8 to 3, in
// words, and what they mean on a trunk.
var verifyErrors = map[int]string{
	0:  "ok",
	2:  "the issuer's certificate is not in CallManager-trust (unable to get issuer certificate)",
	4:  "the signature cannot be read (unable to decrypt certificate's signature)",
	6:  "the issuer's key cannot be read (unable to decode issuer public key)",
	7:  "the signature is wrong: the issuer in CallManager-trust has another key (certificate signature failure)",
	9:  "not valid yet (certificate is not yet valid)",
	10: "expired (certificate has expired)",
	13: "unreadable time (format error in certificate's notBefore field)",
	14: "unreadable time (format error in certificate's notAfter field)",
	17: "out of memory",
	18: "it signs itself and is not in CallManager-trust (self-signed certificate)",
	19: "the root is not in CallManager-trust (self-signed certificate in certificate chain)",
	20: "the issuer's certificate is not in CallManager-trust (unable to get local issuer certificate)",
	21: "its issuer is not in CallManager-trust, and it sent no others (unable to verify the first certificate)",
	22: "too many certificates in the chain (certificate chain too long)",
	23: "revoked (certificate revoked)",
	24: "its issuer is not a CA (invalid CA certificate)",
	25: "more CAs than one of them allows (path length constraint exceeded)",
	26: "it may not be used for this: key usage or extended key usage (unsupported certificate purpose)",
	27: "not trusted (certificate not trusted)",
	28: "rejected (certificate rejected)",
	29: "issuer and subject names differ (subject issuer mismatch)",
	30: "the issuer's key identifier differs (authority and subject key identifier mismatch)",
	31: "the issuer's name or serial number differs (authority and issuer serial number mismatch)",
	32: "the issuer may not sign certificates (key usage does not include certificate signing)",
	34: "a critical extension is not known (unhandled critical extension)",
	50: "refused by the program (application verification failure)",
	66: "the key is too small (EE certificate key too weak)",
	67: "a CA's key is too small (CA certificate key too weak)",
	68: "a signature is too weak (CA signature digest algorithm too weak)",
	79: "its issuer is not a CA (invalid CA certificate)",
}

// ErrorText is what a number of OpenSSL's verification means.
func ErrorText(n int) string {
	if s, ok := verifyErrors[n]; ok {
		return s
	}
	return fmt.Sprintf("OpenSSL's verification error %d", n)
}
