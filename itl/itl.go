// Package itl makes and changes Identity Trust Lists: ITLFile.tlv.
//
// # What an ITL is
//
// Since CUCM 8.0 every phone is "secure by default": it takes a configuration
// file only if that is signed by a server in its ITL, and asks a Trust
// Verification Service in its ITL about certificates it does not know [D]. The
// format is that of the CTL (package ctl); a phone fetches it after the CTL,
// under its own name as ITLSEP0011215A1AE3.tlv [S]. It is there in every cluster,
// in mixed mode or not.
//
// # Who is in it
//
//   - System Administrator Security Token (SAST): who signs the ITL and may sign
//     the next one: the CallManager certificate of the TFTP server, and
//     ITLRecovery, the spare that is the same on all servers. No USB token has
//     to do with it, whatever `show itl` says about etokens.
//   - TFTP: signs the phones' configuration files. CCM+TFTP in mixed mode.
//   - CAPF: the authority that issues the phones' own certificates.
//   - TVS: the servers, on port 2445, that a phone asks about a certificate.
//
// Records of CAPF and TVS hold a SHA-1 of the certificate in its place, which
// keeps the list small [A]: an ITL larger than 64 KiB fails on phones [D].
//
// # Who signs it, and who believes it
//
// Each TFTP server signs an ITL of its own with its own key, so the copies of
// two servers differ [D]. A phone without an ITL takes the first one it gets.
// After that the signer must be a SAST of the ITL or of the CTL that the phone
// holds, or a TVS that the phone knows must vouch for it [D][S]. When the
// CallManager and the TVS certificates are replaced together, nobody is left to
// vouch, and the phones are stranded unless ITLRecovery signs.
//
// The letters are those of package tlv.
package itl

// Filename is what FILENAME holds, and the name that servers keep the list under.
const Filename = "ITLFile.tlv"
