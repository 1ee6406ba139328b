//go:build !cgo

package token

// Supported reports that this build has no cgo, which loading a module needs.
const Supported = false

// cannotLoad comes before any look at files: no module would help.
func cannotLoad() error {
	return &ModuleError{Kind: ErrNoCgo, Next: "build with CGO_ENABLED=1 and a C compiler on the machine that has the token, or sign there and attach the signature here"}
}

func dieBySignals() {}

func load(string) (cryptoki, error) { return nil, cannotLoad() }
