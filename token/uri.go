package token

import (
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
)

// A URI is a PKCS #11 URI (RFC 7512): it names a token, an
// object on it, the module that reaches it, and the source of its PIN.
//
// An empty field was not given and matches everything. An attribute with an
// empty value is refused by [ParseURI]: in a script, token=$T with T unset
// would otherwise match whatever token is plugged in.
//
// However a URI is printed, the value of pin-value is not part of it.
type URI struct {
	// Token, Manufacturer, Serial and Model are compared with what the token
	// reports about itself, without blanks and NULs at the ends on both sides.
	Token, Manufacturer, Serial, Model string

	// The Library fields are compared with C_GetInfo. LibraryVersion is
	// "major" or "major.minor".
	LibraryManufacturer, LibraryDescription, LibraryVersion string

	// The Slot fields are compared with C_GetSlotInfo and the slot number.
	// Slot numbers move when tokens are plugged in: prefer Token or Serial.
	SlotManufacturer, SlotDescription string
	SlotID                            *uint

	// Object is the label of the certificate, ID its CKA_ID.
	Object string
	ID     []byte

	// Type is cert, private, public, secret-key or data. This package looks
	// for certificates, and private and public stand for the certificate of
	// that key; nothing is ever found for the other two.
	Type string

	// ModulePath is the file to load; ModuleName a file's name without
	// directory, "lib" and ending, looked for in the usual places.
	ModulePath, ModuleName string

	// PINSource names the file that holds the PIN, with or without "file:".
	PINSource string

	// Vendor are the attributes whose names begin with x-, in their order.
	// Nothing here acts on them.
	Vendor []Attribute

	// A function, because fmt has no way to look into one, which it has into
	// everything else where Format is out of reach.
	pin pinValue
}

// An Attribute is a vendor attribute of a [URI].
type Attribute struct {
	Name, Value string
	Query       bool // after the question mark
}

type pinValue func() []byte

// HasPINValue reports whether the URI carries the PIN itself (pin-value).
func (u URI) HasPINValue() bool { return u.pin != nil }

// Warnings lists what is unwise about the URI, one sentence each.
func (u URI) Warnings() []string {
	if !u.HasPINValue() {
		return nil
	}
	return []string{"pin-value puts the PIN into shell history and process lists; use pin-source=file:PATH or type it"}
}

// A URIError is a string that is not a PKCS #11 URI. It never quotes a value,
// which could be a PIN.
type URIError struct {
	Offset    int    // in bytes, where the attribute begins
	Attribute string // its name, empty if there is none that can be shown
	Err       error
}

func (e *URIError) Error() string {
	if e.Attribute == "" {
		return fmt.Sprintf("PKCS #11 URI, offset %d: %v", e.Offset, e.Err)
	}
	return fmt.Sprintf("PKCS #11 URI, offset %d, %s: %v", e.Offset, e.Attribute, e.Err)
}

func (e *URIError) Unwrap() error { return e.Err }

const scheme = "pkcs11:"

// ParseURI reads a PKCS #11 URI as RFC 7512 defines it. A plus sign is a plus
// sign. Stricter than the RFC, to catch mistakes before they cost a try of the
// PIN: unknown attributes are an error unless their names begin with x-, every
// attribute may be given once, values are not empty, and pin-source is a file.
// Laxer in two points: module-path and module-name may also be where step, of
// Smallstep, puts them, before the question mark; and paths may hold backslashes,
// as those of Windows do, which the RFC has written as %5C.
// All errors are of type [*URIError].
func ParseURI(s string) (URI, error) {
	if len(s) < len(scheme) || !strings.EqualFold(s[:len(scheme)], scheme) {
		return URI{}, &URIError{Err: errors.New(`does not begin with "pkcs11:"`)}
	}
	var u URI
	path, query, asked := strings.Cut(s[len(scheme):], "?")
	if err := u.parseList(path, len(scheme), false); err != nil {
		return URI{}, err
	}
	if asked {
		if err := u.parseList(query, len(scheme)+len(path)+1, true); err != nil {
			return URI{}, err
		}
	}
	if u.PINSource != "" && u.pin != nil {
		return URI{}, &URIError{Attribute: "pin-value", Err: errors.New("given together with pin-source; leave one out")}
	}
	return u, nil
}

// parseList reads one side of the question mark.
func (u *URI) parseList(list string, offset int, query bool) error {
	if list == "" {
		return nil
	}
	separator := ";"
	if query {
		separator = "&"
	}
	seen := map[string]bool{}
	for part := range strings.SplitSeq(list, separator) {
		if err := u.parseAttribute(part, offset, query, seen); err != nil {
			return err
		}
		offset += len(part) + 1
	}
	return nil
}

func (u *URI) parseAttribute(part string, offset int, query bool, seen map[string]bool) error {
	name, raw, ok := strings.Cut(part, "=")
	if !ok || name == "" {
		return &URIError{Offset: offset, Err: errors.New("not of the form name=value")}
	}
	fail := func(err error) error {
		return &URIError{Offset: offset, Attribute: showable(name), Err: err}
	}
	if seen[name] {
		return fail(errors.New("given twice"))
	}
	seen[name] = true
	if raw == "" {
		return fail(errors.New("has no value; leave the attribute out to match everything"))
	}
	if name == "module-path" || name == "pin-source" {
		raw = strings.ReplaceAll(raw, `\`, "%5C")
	}
	value, err := unescape(raw, query || allowedAnywhere(name))
	if err != nil {
		return fail(err)
	}
	if err := u.set(name, value, query); err != nil {
		return fail(err)
	}
	return nil
}

func (u *URI) set(name, value string, query bool) error {
	if vendorName(name) {
		u.Vendor = append(u.Vendor, Attribute{Name: name, Value: value, Query: query})
		return nil
	}
	for _, a := range uriAttributes {
		if a.name != name {
			continue
		}
		if a.query != query && !(a.either && !query) {
			return misplaced(query)
		}
		if a.either && a.get(u) != "" {
			return errors.New("given twice")
		}
		return a.set(u, value)
	}
	return errors.New("unknown attribute; names of your own begin with x-")
}

func misplaced(query bool) error {
	if query {
		return errors.New("belongs before the question mark, separated by semicolons")
	}
	return errors.New("belongs after the question mark, separated by ampersands")
}

// showable is name, unless it may be a PIN with a typing error in front.
func showable(name string) string {
	for _, a := range uriAttributes {
		if a.name == name {
			return name
		}
	}
	if strings.Contains(strings.ToLower(name), "pin") || !wellNamed(name) {
		return ""
	}
	return name
}

func vendorName(name string) bool {
	return len(name) > 2 && strings.HasPrefix(name, "x-") && wellNamed(name)
}

// wellNamed holds the name to RFC 7512's pk11-v-attr-nm-char.
func wellNamed(name string) bool {
	for _, c := range []byte(name) {
		if !isAlphanumeric(c) && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

func allowedAnywhere(name string) bool {
	for _, a := range uriAttributes {
		if a.name == name {
			return a.either
		}
	}
	return false
}

// A uriAttribute is an attribute that RFC 7512 section 2.3 and 2.4 define.
type uriAttribute struct {
	name   string
	query  bool
	either bool // the tools of Smallstep write it before the question mark
	set    func(u *URI, value string) error
	get    func(u *URI) string // empty: not given
}

// uriAttributes is in the order of printing.
var uriAttributes = []uriAttribute{
	text("token", false, func(u *URI) *string { return &u.Token }, nil),
	text("manufacturer", false, func(u *URI) *string { return &u.Manufacturer }, nil),
	text("serial", false, func(u *URI) *string { return &u.Serial }, nil),
	text("model", false, func(u *URI) *string { return &u.Model }, nil),
	text("library-manufacturer", false, func(u *URI) *string { return &u.LibraryManufacturer }, nil),
	text("library-description", false, func(u *URI) *string { return &u.LibraryDescription }, nil),
	text("library-version", false, func(u *URI) *string { return &u.LibraryVersion }, checkVersion),
	text("slot-manufacturer", false, func(u *URI) *string { return &u.SlotManufacturer }, nil),
	text("slot-description", false, func(u *URI) *string { return &u.SlotDescription }, nil),
	{"slot-id", false, false, setSlotID, getSlotID},
	text("object", false, func(u *URI) *string { return &u.Object }, nil),
	text("type", false, func(u *URI) *string { return &u.Type }, checkType),
	{"id", false, false,
		func(u *URI, v string) error { u.ID = []byte(v); return nil },
		func(u *URI) string { return string(u.ID) }},
	anywhere(text("module-path", true, func(u *URI) *string { return &u.ModulePath }, nil)),
	anywhere(text("module-name", true, func(u *URI) *string { return &u.ModuleName }, checkModuleName)),
	text("pin-source", true, func(u *URI) *string { return &u.PINSource }, checkPINSource),
	{"pin-value", true, false,
		func(u *URI, v string) error { u.pin = func() []byte { return []byte(v) }; return nil },
		func(*URI) string { return "" }},
}

func text(name string, query bool, field func(*URI) *string, check func(string) error) uriAttribute {
	set := func(u *URI, value string) error {
		if check != nil {
			if err := check(value); err != nil {
				return err
			}
		}
		*field(u) = value
		return nil
	}
	return uriAttribute{name, query, false, set, func(u *URI) string { return *field(u) }}
}

func anywhere(a uriAttribute) uriAttribute {
	a.either = true
	return a
}

func setSlotID(u *URI, value string) error {
	n, err := strconv.ParseUint(value, 10, strconv.IntSize)
	if err != nil {
		return errors.New("not a slot number")
	}
	slot := uint(n)
	u.SlotID = &slot
	return nil
}

func getSlotID(u *URI) string {
	if u.SlotID == nil {
		return ""
	}
	return strconv.FormatUint(uint64(*u.SlotID), 10)
}

func checkType(value string) error {
	switch value {
	case "cert", "private", "public", "secret-key", "data":
		return nil
	}
	return errors.New("not one of cert, private, public, secret-key, data")
}

func checkVersion(value string) error {
	major, minor, dot := strings.Cut(value, ".")
	if !decimal(major) || dot && !decimal(minor) {
		return errors.New("not a version such as 2 or 2.6")
	}
	return nil
}

func decimal(s string) bool {
	_, err := strconv.ParseUint(s, 10, 8)
	return err == nil
}

func checkModuleName(value string) error {
	if strings.ContainsAny(value, `/\`) {
		return errors.New("is a name without a directory; use module-path for a path")
	}
	return nil
}

func checkPINSource(value string) error {
	_, err := pinFile(value)
	return err
}

// rooted is the path of a URL behind the slash that ends its host: RFC 8089,
// appendix E.2, for drives of Windows.
func rooted(tail, goos string) string {
	if goos == "windows" && len(tail) > 2 && tail[1] == ':' && (tail[2] == '/' || tail[2] == '\\') {
		return tail
	}
	return "/" + tail
}

// pinFile is the path in a pin-source: file:/p, file:///p, file://localhost/p
// or a plain path; on Windows also file:///C:/p. The value was unescaped once, and is
// not a second time.
func pinFile(source string) (string, error) {
	if strings.HasPrefix(source, "|") {
		return "", errors.New("running a command for the PIN is refused; put the PIN into a file, or type it")
	}
	path := source
	if rest, ok := strings.CutPrefix(source, "file:"); ok {
		path = rest
		if authority, ok := strings.CutPrefix(rest, "//"); ok {
			host, tail, _ := strings.Cut(authority, "/")
			if host != "" && host != "localhost" {
				return "", errors.New("names a file on another machine; only local files are read")
			}
			path = rooted(tail, runtime.GOOS)
		}
	} else if scheme, _, ok := strings.Cut(source, ":"); ok && len(scheme) > 1 && !strings.ContainsAny(scheme, `/\.`) {
		return "", errors.New("only files are read: file:/path/of/pin")
	}
	if path == "" || path == "/" || strings.ContainsRune(path, 0) {
		return "", errors.New("names no file")
	}
	return path, nil
}
