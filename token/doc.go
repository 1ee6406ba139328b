// Package token signs with keys on PKCS #11 tokens, above all with the USB
// eTokens that Cisco sells as System Administrator Security Tokens: SafeNet
// (formerly Aladdin) tokens with an RSA key and a certificate by the Cisco
// Manufacturing CA.
//
//	m, err := token.Open(token.Config{PIN: token.PINFromTerminal()})
//	c, err := m.FindCertificate(uri)
//	s, err := m.Signer(c) // a crypto.Signer and crypto.MessageSigner
//	...
//	m.Close()
//
// # The module
//
// A token is reached through its vendor's PKCS #11 module, a shared library.
// Open is given its path or tries the usual ones. Before it is loaded, the file
// is checked: that it exists and, where libraries are ELF files, that it is one
// and is built for this machine. Then the loader is asked (its own words are in
// the error), C_GetFunctionList and C_Initialize. Each step has its own error. A
// build without cgo parses URIs and cannot open a module; its error is ErrNoCgo.
//
// Sizes that modules and tokens claim are not trusted: there are bounds on the
// number of slots and objects and on the length of an attribute.
//
// A module is native code and does whatever the process that loads it can do:
// crash it, read its memory, hang. With Config.Helper that is not this process but
// one that runs Serve and has no other work. The choice was between that and
// nothing: Go can neither survive a fault in C code nor end a call that hangs. All
// rules about PINs stay on this side, where the count of logins survives the
// module. What the other process gets is one call at a time over a pipe, the PIN
// with C_Login only, never on its command line or in its environment. It leaves no
// core dump, and on Linux cannot be read by debuggers of the same user and
// allocates 1 GiB at most. Without Config.Helper, and on Windows, the module is
// loaded into this process; there a fault in it ends the program.
//
// A call may take 30 seconds. C_Login and C_Sign may wait for somebody at the
// reader: Config.Warn is called every 30 seconds, and after five minutes they are
// given up too. After that, or a crash, the module is not called any more and not
// started again: the error is a ModuleError of the kind ErrModuleHangs or
// ErrModuleCrashed, and whether the PIN counted as a try is not known.
//
// # How a token and a certificate are chosen
//
// By a PKCS #11 URI (RFC 7512). Slot numbers move when tokens are plugged in,
// so a URI names the token by label or serial number. If nothing matches, or more
// than one thing does, the error is a SelectionError that lists what exists.
// Listing and choosing need no PIN: certificates are public objects.
//
// The private key is the one with the CKA_ID of the certificate, else the one
// with its modulus. Public-key objects play no part. Every signature is
// verified with the certificate's key before it is returned.
//
// # PINs
//
// An eToken locks itself for good after 15 wrong PINs in a row, and a right one
// sets the counter back. So nothing here ever tries a PIN twice, tries a default
// PIN, or tries the PIN of one token on another:
//
//   - The PIN is asked for when the first signature is made, not before.
//   - CKF_USER_PIN_LOCKED, CKF_USER_PIN_FINAL_TRY and CKF_USER_PIN_COUNT_LOW are
//     read before the PIN is asked for and once more right before C_Login.
//     Locked is refused. A final try is refused unless Config.AllowFinalTry is
//     set and the PIN is typed at a terminal. A low count is
//     refused to a PIN that is not typed, unless Config.AllowLowCount is set.
//     There is a warning about a low count, and about a module that does not
//     report on the PIN at all.
//   - A PIN from a file or the environment is refused if it begins or ends with
//     a blank, a quotation mark, a byte order mark or the like.
//   - C_Login is called once for each token in the life of the process, through
//     whichever Module, whether it succeeds or not. After a failure, and when a
//     token comes back after it was pulled out, every signature is refused with
//     ErrLoginSpent. Tokens with the same maker, model, serial number and label
//     count as one.
//   - A PIN that was not typed serves the first token that asks for it, and is
//     refused to any other.
//   - An empty PIN is refused, except that a token with a PIN pad
//     (CKF_PROTECTED_AUTHENTICATION_PATH) is given none, so that it asks for it.
//   - PINs are overwritten after use. Out of reach are the copy that
//     github.com/miekg/pkcs11 makes for C, and what the module does with it.
//
// There is one exception to the one C_Login. A key with CKA_ALWAYS_AUTHENTICATE
// wants a context-specific login between C_SignInit and C_Sign, for every
// signature. It is made only after the user's login has succeeded, with the
// same PIN, which is kept until Close if the token holds such a key. That PIN was
// just right, so the counter stands at its start; should the token refuse it
// anyway, that is the last try of the process. If the login was not ours
// (CKR_USER_ALREADY_LOGGED_IN), the context-specific one is the first that the
// token counts, and still the only one.
//
// # Signatures
//
// RSA with PKCS #1 v1.5: CKM_RSA_PKCS over a DigestInfo that is made here. If
// C_SignInit refuses that mechanism, CKM_SHA1_RSA_PKCS or the one of the digest
// in question is used, which gives the same bytes but needs the message:
// SignMessage has it, Sign fails with ErrNeedsMessage.
//
// # What is known and what is not
//
// The behaviour described here was tried with SoftHSM 2.6.1, partly behind a
// proxy that counts PIN tries as a token does. The paths of SafeNet's modules,
// tokens without public-key objects, modules that refuse one mechanism or the
// other, and modules that hang in C_Finalize are reported by their users; no
// eToken was at hand. Whether a given module raises the PIN flags is known only
// for SoftHSM, which raises CKF_USER_PIN_COUNT_LOW and neither of the others.
//
// Sources: PKCS #11 Base Specification v2.40 (OASIS), RFC 7512, RFC 8017.
package token
