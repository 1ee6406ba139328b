// Package ctl makes and changes Certificate Trust Lists: CTLFile.tlv.
//
// # What a CTL is
//
// A Cisco IP phone in a cluster in mixed mode checks whom it talks to: the
// server that registers it, the server it reads its configuration from, the
// authority that issues its certificate. The CTL is the list of those servers'
// certificates, signed by an administrator. The phone fetches it by TFTP before
// anything else, under its own name as CTLSEP0011215A1AE3.tlv, and keeps it [D][S].
//
// # Who is in it
//
// A record is a certificate and a role:
//
//   - System Administrator Security Token (SAST): may sign the next CTL. There
//     are two at least, one that signs and a spare. They were USB eTokens; in
//     tokenless clusters they are the CallManager certificate of the publisher
//     (before 12.0) or ITLRecovery (12.0 and later) [D].
//   - CCM+TFTP: a server that phones register with and fetch files from. Its
//     record has the host name or address and the IP address.
//   - CAPF: the authority that issues the phones' own certificates.
//   - CCM: also a firewall that terminates the phones' connections.
//
// After the cluster has left mixed mode CCM+TFTP records hold only host, role
// and address [A].
//
// # Who signs it, and who believes it
//
// The header names one of the SAST records as the signer. A phone without a CTL
// takes the first one it gets. After that it takes a list only if a SAST of a
// list that it holds has signed it: so a cluster that loses all its tokens, or
// whose new list is signed by a certificate that the phones' list does not hold,
// has phones that must be visited by hand.
//
// A CTL is one for the cluster; the ITL (package itl) is each TFTP server's own.
// The letters are those of package tlv.
package ctl

// Filename is what FILENAME holds, and the name that servers keep the list under.
const Filename = "CTLFile.tlv"
