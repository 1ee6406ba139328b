package token

import (
	"path/filepath"
	"runtime"
	"strings"
)

// modulePaths are the places where SafeNet's middleware (SafeNet
// Authentication Client and, before it, Aladdin's PKI Client) puts its PKCS #11
// module, and after those SoftHSM's. Nothing else is tried, least of all names
// without a directory, which would leave the choice to the loader.
//
// Some of the SafeNet paths stand in other programs ([P]: libeTPkcs11.so,
// libeToken.so), the rest are inferred; none could be tried, see the package
// comment.
var modulePaths = map[string][]string{
	"linux": {
		"/usr/lib/libeToken.so",
		"/usr/lib64/libeToken.so",
		"/usr/lib/libeTPkcs11.so",
		"/usr/lib64/libeTPkcs11.so",
		"/usr/local/lib/libeTPkcs11.so",
		"/usr/lib/libIDPrimePKCS11.so",
		"/usr/lib64/libIDPrimePKCS11.so",
		"/usr/lib/softhsm/libsofthsm2.so",
		"/usr/lib64/softhsm/libsofthsm2.so",
		"/usr/lib64/pkcs11/libsofthsm2.so",
		"/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
		"/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
		"/usr/local/lib/softhsm/libsofthsm2.so",
	},
	"darwin": {
		"/usr/local/lib/libeTPkcs11.dylib",
		"/usr/local/lib/libeToken.dylib",
		"/Library/Frameworks/eToken.framework/Versions/Current/libeToken.dylib",
		"/usr/local/lib/libIDPrimePKCS11.dylib",
		"/opt/homebrew/lib/softhsm/libsofthsm2.so",
		"/usr/local/lib/softhsm/libsofthsm2.so",
	},
	"windows": {
		`C:\Windows\System32\eTPKCS11.dll`,
		`C:\Windows\System32\eToken.dll`,
		`C:\Windows\System32\IDPrimePKCS1164.dll`,
		`C:\SoftHSM2\lib\softhsm2-x64.dll`,
		`C:\SoftHSM2\lib\softhsm2.dll`,
	},
}

// DefaultModules are the paths that [Open] tries in turn when it is given none.
func DefaultModules() []string { return modulePathsFor(runtime.GOOS) }

func modulePathsFor(goos string) []string {
	if paths, ok := modulePaths[goos]; ok {
		return append([]string(nil), paths...)
	}
	return append([]string(nil), modulePaths["linux"]...)
}

// namedModule keeps the paths whose file is called name, "lib" and the ending
// left out, as RFC 7512 section 2.4 describes module-name.
func namedModule(paths []string, name string) []string {
	var kept []string
	for _, p := range paths {
		if strings.EqualFold(moduleName(p), strings.TrimPrefix(name, "lib")) {
			kept = append(kept, p)
		}
	}
	return kept
}

func moduleName(path string) string {
	base := path[strings.LastIndexAny(path, `/\`)+1:]
	return strings.TrimPrefix(strings.TrimSuffix(base, filepath.Ext(base)), "lib")
}
