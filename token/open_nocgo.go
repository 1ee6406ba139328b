//go:build !cgo

package token

// Supported reports that this build has no cgo, which loading a module needs.
const Supported = false

// cannotLoad comes before any look at files: no module would help.
func cannotLoad() error {
	return &ModuleError{Kind: ErrNoCgo, Next: `use a file with "tokens" in its name from https://github.com/ctlinspect/ctlinspect/releases, or build with CGO_ENABLED=1 and a C compiler; or sign on a machine that has such a build, and attach the signature here`}
}

func dieBySignals() {}

func load(string) (cryptoki, error) { return nil, cannotLoad() }
