package token

import (
	"encoding/binary"
	"errors"
)

// cryptoki is what this package needs of a PKCS #11 module. Errors are of type
// CKR. It stands between the rules, which are tested against an imitation of
// it, and the module, which needs cgo.
type cryptoki interface {
	Initialize() error
	Finalize() error
	Info() (libraryInfo, error)
	SlotList() ([]uint, error) // slots with a token in them
	SlotInfo(slot uint) (slotInfo, error)
	TokenInfo(slot uint) (tokenInfo, error)
	OpenSession(slot uint) (session, error) // read-only
	CloseSession(session) error
	Login(s session, user uint, pin []byte) error // no PIN: a null pointer
	Find(s session, class uint, limit int) ([]object, error)
	Attribute(s session, o object, attribute uint) ([]byte, error)
	SignInit(s session, mechanism uint, key object) error
	Sign(s session, data []byte) ([]byte, error)
}

// errLied is the error for what a module cannot mean.
var errLied = errors.New("the module returned impossible values")

// ckrLied stands for errLied between processes.
const ckrLied = ^CKR(0)

type (
	session uint
	object  uint
)

type libraryInfo struct {
	Manufacturer, Description string
	Major, Minor              byte
}

type slotInfo struct {
	Description, Manufacturer string
}

type tokenInfo struct {
	Label, Manufacturer, Model, Serial string
	Flags                              uint
}

// Numbers of PKCS #11 v2.40, pkcs11t.h.
const (
	ckoCertificate = 1
	ckoPrivateKey  = 3
	ckcX509        = 0

	ckaLabel              = 0x003
	ckaValue              = 0x011
	ckaCertificateType    = 0x080
	ckaID                 = 0x102
	ckaModulus            = 0x120
	ckaAlwaysAuthenticate = 0x202

	ckmRSAPKCS       = 0x01
	ckmSHA1RSAPKCS   = 0x06
	ckmSHA256RSAPKCS = 0x40
	ckmSHA384RSAPKCS = 0x41
	ckmSHA512RSAPKCS = 0x42

	ckuUser            = 1
	ckuContextSpecific = 2

	ckfUserPINInitialized = 0x000008
	ckfProtectedPath      = 0x000100
	ckfTokenInitialized   = 0x000400
	ckfUserPINCountLow    = 0x010000
	ckfUserPINFinalTry    = 0x020000
	ckfUserPINLocked      = 0x040000
)

// ulong reads a CK_ULONG attribute, which is in the machine's own order.
func ulong(b []byte) (uint, bool) {
	switch len(b) {
	case 4:
		return uint(binary.NativeEndian.Uint32(b)), true
	case 8:
		return uint(binary.NativeEndian.Uint64(b)), true
	}
	return 0, false
}
