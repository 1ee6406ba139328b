package token

import "fmt"

// A CKR is a return value of cryptoki, as numbered by PKCS #11 v2.40
// (pkcs11t.h). It is an error, so that
//
//	errors.Is(err, token.CKR(0xa0))
//
// reports whether that value is the cause of err.
type CKR uint

// The values that this package acts on.
const (
	ckrOK                    CKR = 0x00
	ckrCancel                CKR = 0x01
	ckrHostMemory            CKR = 0x02
	ckrSlotIDInvalid         CKR = 0x03
	ckrGeneralError          CKR = 0x05
	ckrFunctionFailed        CKR = 0x06
	ckrArgumentsBad          CKR = 0x07
	ckrNeedToCreateThreads   CKR = 0x09
	ckrCantLock              CKR = 0x0a
	ckrAttributeSensitive    CKR = 0x11
	ckrAttributeTypeInvalid  CKR = 0x12
	ckrDataInvalid           CKR = 0x20
	ckrDataLenRange          CKR = 0x21
	ckrDeviceError           CKR = 0x30
	ckrDeviceMemory          CKR = 0x31
	ckrDeviceRemoved         CKR = 0x32
	ckrFunctionCanceled      CKR = 0x50
	ckrFunctionNotSupported  CKR = 0x54
	ckrKeyHandleInvalid      CKR = 0x60
	ckrKeySizeRange          CKR = 0x62
	ckrKeyTypeInconsistent   CKR = 0x63
	ckrKeyNotPermitted       CKR = 0x68
	ckrMechanismInvalid      CKR = 0x70
	ckrMechanismParamInvalid CKR = 0x71
	ckrObjectHandleInvalid   CKR = 0x82
	ckrOperationActive       CKR = 0x90
	ckrOperationNotInit      CKR = 0x91
	ckrPINIncorrect          CKR = 0xa0
	ckrPINInvalid            CKR = 0xa1
	ckrPINLenRange           CKR = 0xa2
	ckrPINExpired            CKR = 0xa3
	ckrPINLocked             CKR = 0xa4
	ckrSessionClosed         CKR = 0xb0
	ckrSessionCount          CKR = 0xb1
	ckrSessionHandleInvalid  CKR = 0xb3
	ckrTokenNotPresent       CKR = 0xe0
	ckrTokenNotRecognized    CKR = 0xe1
	ckrUserAlreadyLoggedIn   CKR = 0x100
	ckrUserNotLoggedIn       CKR = 0x101
	ckrUserPINNotInitialized CKR = 0x102
	ckrUserTypeInvalid       CKR = 0x103
	ckrUserAnotherLoggedIn   CKR = 0x104
	ckrUserTooManyTypes      CKR = 0x105
	ckrBufferTooSmall        CKR = 0x150
	ckrNotInitialized        CKR = 0x190
	ckrAlreadyInitialized    CKR = 0x191
	ckrFunctionRejected      CKR = 0x200
	ckrVendorDefined         CKR = 0x80000000
)

// meaning is what a person needs to know about a CKR.
type meaning struct {
	name string
	kind error  // the sentinel that errors.Is finds
	text string // what happened; empty: the kind is enough
	next string // what to do
}

const (
	nextReplug  = "plug the token in again and run the command once more"
	nextRestart = "plug the token in again, restart the vendor's middleware, and try once more"
	nextClosing = "nothing that was signed is affected; restart the middleware if it keeps happening"
	nextOther   = "close other programs that use the token, and try once more"
	nextWrong   = "do not guess: find the right PIN first; a right PIN sets the counter back, 15 wrong ones in a row lock an eToken for good"
	nextLocked  = "this PIN can no longer be used; sign with another token, or have the vendor's tool unblock this one"
)

var meanings = map[CKR]meaning{
	ckrOK:                    {"CKR_OK", ErrFailed, "the module reported success for a call that failed", nextRestart},
	ckrCancel:                {"CKR_CANCEL", ErrInterrupted, "", "run the command again when ready"},
	ckrHostMemory:            {"CKR_HOST_MEMORY", ErrFailed, "the module is out of memory", nextRestart},
	ckrSlotIDInvalid:         {"CKR_SLOT_ID_INVALID", ErrTokenGone, "the slot no longer exists", nextReplug},
	ckrGeneralError:          {"CKR_GENERAL_ERROR", ErrFailed, "the module gave no reason", nextRestart},
	ckrFunctionFailed:        {"CKR_FUNCTION_FAILED", ErrFailed, "the module could not carry out the call", nextRestart},
	ckrArgumentsBad:          {"CKR_ARGUMENTS_BAD", ErrFailed, "the module rejects the arguments", "check that the module is meant for this token"},
	ckrNeedToCreateThreads:   {"CKR_NEED_TO_CREATE_THREADS", ErrFailed, "the module wants threads of its own", "use a newer version of the module"},
	ckrCantLock:              {"CKR_CANT_LOCK", ErrFailed, "the module cannot lock", "use a newer version of the module"},
	ckrAttributeSensitive:    {"CKR_ATTRIBUTE_SENSITIVE", ErrFailed, "the attribute is secret", "choose another certificate"},
	ckrAttributeTypeInvalid:  {"CKR_ATTRIBUTE_TYPE_INVALID", ErrFailed, "the object has no such attribute", "choose another certificate"},
	ckrDataInvalid:           {"CKR_DATA_INVALID", ErrFailed, "the token refuses to sign this data", "try the other digest, SHA-1 or SHA-512"},
	ckrDataLenRange:          {"CKR_DATA_LEN_RANGE", ErrFailed, "the data is too long for the key", "use a shorter digest or a longer key"},
	ckrDeviceError:           {"CKR_DEVICE_ERROR", ErrFailed, "the token or its reader reports a fault", nextRestart},
	ckrDeviceMemory:          {"CKR_DEVICE_MEMORY", ErrFailed, "the token is out of memory", "delete objects that are no longer needed from it"},
	ckrDeviceRemoved:         {"CKR_DEVICE_REMOVED", ErrTokenGone, "the token was removed", nextReplug},
	ckrFunctionCanceled:      {"CKR_FUNCTION_CANCELED", ErrInterrupted, "", "run the command again when ready"},
	ckrFunctionNotSupported:  {"CKR_FUNCTION_NOT_SUPPORTED", ErrMechanism, "the module cannot do this", "use the module of the token's maker"},
	ckrKeyHandleInvalid:      {"CKR_KEY_HANDLE_INVALID", ErrTokenGone, "the key is no longer there", nextReplug},
	ckrKeySizeRange:          {"CKR_KEY_SIZE_RANGE", ErrMechanism, "the module does not sign with a key of this size", "use the module of the token's maker"},
	ckrKeyTypeInconsistent:   {"CKR_KEY_TYPE_INCONSISTENT", ErrMechanism, "the key is of another kind", "choose the certificate of an RSA key"},
	ckrKeyNotPermitted:       {"CKR_KEY_FUNCTION_NOT_PERMITTED", ErrMechanism, "the key is not allowed to sign", "choose the certificate of a signing key"},
	ckrMechanismInvalid:      {"CKR_MECHANISM_INVALID", ErrMechanism, "", "use the module of the token's maker, or another version of it"},
	ckrMechanismParamInvalid: {"CKR_MECHANISM_PARAM_INVALID", ErrMechanism, "", "use the module of the token's maker, or another version of it"},
	ckrObjectHandleInvalid:   {"CKR_OBJECT_HANDLE_INVALID", ErrTokenGone, "the object is no longer there", nextReplug},
	ckrOperationActive:       {"CKR_OPERATION_ACTIVE", ErrFailed, "an earlier operation is not finished", "run the command once more"},
	ckrOperationNotInit:      {"CKR_OPERATION_NOT_INITIALIZED", ErrFailed, "the module has forgotten the operation", nextRestart},
	ckrPINIncorrect:          {"CKR_PIN_INCORRECT", ErrWrongPIN, "", nextWrong},
	ckrPINInvalid:            {"CKR_PIN_INVALID", ErrWrongPIN, "the PIN holds characters that the token rejects", nextWrong},
	ckrPINLenRange:           {"CKR_PIN_LEN_RANGE", ErrWrongPIN, "the PIN is too short or too long for the token", nextWrong},
	ckrPINExpired:            {"CKR_PIN_EXPIRED", ErrPINExpired, "", "set a new PIN with the vendor's tool first"},
	ckrPINLocked:             {"CKR_PIN_LOCKED", ErrLocked, "", nextLocked},
	ckrSessionClosed:         {"CKR_SESSION_CLOSED", ErrTokenGone, "the session with the token has ended", nextReplug},
	ckrSessionCount:          {"CKR_SESSION_COUNT", ErrFailed, "the token has no free session", nextOther},
	ckrSessionHandleInvalid:  {"CKR_SESSION_HANDLE_INVALID", ErrTokenGone, "the session with the token has ended", nextReplug},
	ckrTokenNotPresent:       {"CKR_TOKEN_NOT_PRESENT", ErrTokenGone, "there is no token in the slot", nextReplug},
	ckrTokenNotRecognized:    {"CKR_TOKEN_NOT_RECOGNIZED", ErrTokenGone, "the module does not recognise the token in the slot", "check that the module is meant for this token"},
	ckrUserAlreadyLoggedIn:   {"CKR_USER_ALREADY_LOGGED_IN", ErrFailed, "the user is logged in already", nextOther},
	ckrUserNotLoggedIn:       {"CKR_USER_NOT_LOGGED_IN", ErrFailed, "the token ended the login, or wants the PIN for every signature without reporting so", nextReplug},
	ckrUserPINNotInitialized: {"CKR_USER_PIN_NOT_INITIALIZED", ErrNoUserPIN, "", "set the user's PIN with the vendor's tool first"},
	ckrUserTypeInvalid:       {"CKR_USER_TYPE_INVALID", ErrFailed, "the module does not know this kind of login", "use the module of the token's maker"},
	ckrUserAnotherLoggedIn:   {"CKR_USER_ANOTHER_ALREADY_LOGGED_IN", ErrFailed, "somebody else is logged in to the token", nextOther},
	ckrUserTooManyTypes:      {"CKR_USER_TOO_MANY_TYPES", ErrFailed, "the token has too many logins", nextOther},
	ckrBufferTooSmall:        {"CKR_BUFFER_TOO_SMALL", ErrFailed, "the module reported two different sizes", nextReplug},
	ckrNotInitialized:        {"CKR_CRYPTOKI_NOT_INITIALIZED", ErrModuleGone, "", "run the command once more"},
	ckrAlreadyInitialized:    {"CKR_CRYPTOKI_ALREADY_INITIALIZED", ErrFailed, "the module is in use by this process", "close the other user first"},
	ckrFunctionRejected:      {"CKR_FUNCTION_REJECTED", ErrInterrupted, "the token's owner or policy refused", "confirm at the token when it asks"},
}

// meaning never fails; unknown numbers get a meaning of their own.
func (c CKR) meaning() meaning {
	if m, ok := meanings[c]; ok {
		return m
	}
	m := meaning{"unknown CKR", ErrFailed, "the module returned a code that PKCS #11 does not define", "look the code up in the documentation of the module"}
	if c >= ckrVendorDefined {
		m.name = "vendor-defined CKR"
		m.text = "the module returned a code of its vendor"
	}
	return m
}

// String is the name and the number, for example "CKR_PIN_INCORRECT, 0xa0".
func (c CKR) String() string { return fmt.Sprintf("%s, 0x%x", c.meaning().name, uint(c)) }

// Error is String.
func (c CKR) Error() string { return c.String() }
