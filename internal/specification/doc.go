// Package specification is for tests only: they compare what docs says of the
// format for people and for machines (format.md, trustlist.ksy, magic) with the
// files in testdata and with package tlv. dump.js runs the Kaitai Struct compiler
// and its JavaScript runtime, which package-lock.json pins. They are programs that
// tests run: nothing of them becomes part of the product.
package specification
