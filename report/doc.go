// Package report writes what was found out about trust lists: the listing of
// `show ctl`, tables for people, JSON documents for programs.
//
// # Documents
//
// A document is a plain struct that embeds [Head] first, so that its JSON begins
// with "schema" and "type", and is written by [Write] on one line; commands that
// write several documents write one per line (NDJSON). docs/json.md describes all
// of them.
//
// To add one: give it a [Type], embed Head and set it with [NewHead], add it to the
// documents of internal/schemas, run go generate for its schema in docs/schema, and
// describe it in docs/json.md. In a document
//
//   - every key is always present: null, "", [] or 0 is for what a file does not
//     have;
//   - "file" is a file's name as given, "kind" a [tlv.Kind], "role" a [tlv.Role],
//     "digest" a [tlv.Digest], all as their MarshalText has them;
//   - "record" is the number of a record, from 1, "offset" bytes from the start of
//     the file;
//   - "error" is an [Error], or null; "reason" is one word for programs, "message"
//     a sentence for people;
//   - hexadecimal is in lower case without separators, times are RFC 3339 in UTC;
//   - text from a file goes through [Text];
//   - no type is one of a package that a Go programmer cannot import.
//
// # Text for people
//
// What writes text takes a [Terminal], whose zero value writes plain lines of any
// width; the command's terminalOf makes one for standard output. Sentences go
// through its wrap, tables through terminal.Table with its Width. A command line
// with such output belongs in width_test.go of the command.
package report
