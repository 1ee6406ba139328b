//go:build cgo

package token

import (
	"errors"
	"unsafe"

	"github.com/miekg/pkcs11"
)

// Supported reports that this build has cgo, which loading a module needs.
const Supported = true

func cannotLoad() error { return nil }

// load maps the file that passed checkModuleFile into the process. probe comes
// first because pkcs11.New returns nil without a reason, and does not look at
// what C_GetFunctionList returns.
func load(path string) (cryptoki, error) {
	if err := probe(path); err != nil {
		return nil, err
	}
	ctx := pkcs11.New(path)
	if ctx == nil {
		return nil, &ModuleError{Kind: ErrModuleLoad, Path: path, Detail: "the second load of the library failed",
			Next: "run the command once more"}
	}
	return p11Module{ctx}, nil
}

// p11Module is the module behind github.com/miekg/pkcs11.
type p11Module struct{ ctx *pkcs11.Ctx }

// ckr turns the errors of that package into ours. It panics when a module returns
// absurd lengths.
func ckr(err *error) {
	if r := recover(); r != nil {
		*err = errLied
		return
	}
	var e pkcs11.Error
	if errors.As(*err, &e) {
		*err = CKR(e)
	}
}

func (m p11Module) Initialize() (err error) {
	defer ckr(&err)
	err = m.ctx.Initialize()
	if err == pkcs11.Error(ckrCantLock) {
		err = m.ctx.Initialize(pkcs11.InitializeWithFlags(0))
	}
	return err
}

func (m p11Module) Finalize() (err error) {
	defer ckr(&err)
	return m.ctx.Finalize()
}

func (m p11Module) Info() (i libraryInfo, err error) {
	defer ckr(&err)
	got, err := m.ctx.GetInfo()
	return libraryInfo{got.ManufacturerID, got.LibraryDescription, got.LibraryVersion.Major, got.LibraryVersion.Minor}, err
}

func (m p11Module) SlotList() (slots []uint, err error) {
	defer ckr(&err)
	slots, err = m.ctx.GetSlotList(true)
	return cut(slots, maxSlots), err
}

func (m p11Module) SlotInfo(slot uint) (i slotInfo, err error) {
	defer ckr(&err)
	got, err := m.ctx.GetSlotInfo(slot)
	return slotInfo{got.SlotDescription, got.ManufacturerID}, err
}

func (m p11Module) TokenInfo(slot uint) (i tokenInfo, err error) {
	defer ckr(&err)
	got, err := m.ctx.GetTokenInfo(slot)
	return tokenInfo{got.Label, got.ManufacturerID, got.Model, got.SerialNumber, got.Flags}, err
}

func (m p11Module) OpenSession(slot uint) (s session, err error) {
	defer ckr(&err)
	got, err := m.ctx.OpenSession(slot, pkcs11.CKF_SERIAL_SESSION)
	return session(got), err
}

func (m p11Module) CloseSession(s session) (err error) {
	defer ckr(&err)
	return m.ctx.CloseSession(pkcs11.SessionHandle(s))
}

// Login passes pin without a copy on the Go side; the copy that the wrapper
// makes for C is freed there without being wiped.
func (m p11Module) Login(s session, user uint, pin []byte) (err error) {
	defer ckr(&err)
	return m.ctx.Login(pkcs11.SessionHandle(s), user, borrow(pin))
}

// borrow returns the bytes as a string without copying them, so that wiping the
// bytes wipes the string. It must not be kept.
func borrow(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// Find stops one beyond limit, so that the caller sees that there is more.
func (m p11Module) Find(s session, class uint, limit int) (found []object, err error) {
	defer ckr(&err)
	handle := pkcs11.SessionHandle(s)
	template := []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_CLASS, class)}
	if err := m.ctx.FindObjectsInit(handle, template); err != nil {
		return nil, err
	}
	defer func() {
		if e := m.ctx.FindObjectsFinal(handle); err == nil {
			err = e
		}
	}()
	for len(found) <= limit {
		some, _, err := m.ctx.FindObjects(handle, 16)
		if err != nil {
			return nil, err
		}
		if len(some) == 0 {
			break
		}
		for _, o := range some {
			found = append(found, object(o))
		}
	}
	return found, nil
}

func (m p11Module) Attribute(s session, o object, attribute uint) (value []byte, err error) {
	defer ckr(&err)
	got, err := m.ctx.GetAttributeValue(pkcs11.SessionHandle(s), pkcs11.ObjectHandle(o),
		[]*pkcs11.Attribute{{Type: attribute}})
	if err != nil {
		return nil, err
	}
	return cut(got[0].Value, maxCertificate), nil
}

func (m p11Module) SignInit(s session, mechanism uint, key object) (err error) {
	defer ckr(&err)
	return m.ctx.SignInit(pkcs11.SessionHandle(s),
		[]*pkcs11.Mechanism{pkcs11.NewMechanism(mechanism, nil)}, pkcs11.ObjectHandle(key))
}

func (m p11Module) Sign(s session, data []byte) (signature []byte, err error) {
	defer ckr(&err)
	signature, err = m.ctx.Sign(pkcs11.SessionHandle(s), data)
	return cut(signature, maxModulusBytes), err
}

// cut leaves one more than the limit, so that the caller sees that it is
// exceeded.
func cut[T any](all []T, limit int) []T { return all[:min(len(all), limit+1)] }
