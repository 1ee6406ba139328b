// Package compare answers whether two copies of a trust list are the same, the
// phone's and the server's, and which server's list a phone holds.
//
// # Two lists
//
// [Lists] compares them record by record. The bytes may differ although the
// content does not: before 12.5(1)SU1 an ITL could be regenerated with a new
// TIMESTAMP and signature and the same records [D][I]. So there are three
// verdicts: the same bytes, the same content signed again, different content.
//
// # A list and evidence
//
// Often the phone's file is not available, but something that the phone shows of
// it is: the MD5 or the SHA-1 on its screen, a size, an alarm, a log. An
// [Evidence] is one such statement; [ParseArgument] and [ParseText] read the
// known forms. [Sums.Match] says what it is worth: a hash distinguishes files, a
// size alone is weak. MD5 and SHA-1 match a file; they do not prove who made it.
//
// # A phone and its servers
//
// [Servers] compares what is known of a phone's list with the lists of several
// servers, and says what a phone that holds it does with each of them.
//
// The letters are those of package tlv.
package compare
