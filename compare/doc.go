// Package compare answers whether two copies of a trust list are the same: the
// phone's and the server's.
//
// # Two lists
//
// [Lists] compares them record by record. Bytes may differ although nothing in
// them does: before 12.5(1)SU1 an ITL could be made again with a new TIMESTAMP
// and signature and the same records [D][I]. So there are three verdicts: the
// same bytes, the same content signed again, different content.
//
// # A list and evidence
//
// Often the phone's file cannot be had, but something that the phone shows of
// it: the MD5 or the SHA-1 on its screen, a size, an alarm, a log. An [Evidence]
// is one such statement; [ParseArgument] and [ParseText] read the forms that are
// known. [Sums.Match] says what it is worth: a hash tells files apart, a size
// alone is weak. MD5 and SHA-1 match a file; they do not prove who made it.
//
// The letters are those of package tlv.
package compare
