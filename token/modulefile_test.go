package token

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func elfHeader(class elf.Class, m elf.Machine, kind elf.Type) []byte {
	var b bytes.Buffer
	ident := [16]byte{0x7f, 'E', 'L', 'F', byte(class), byte(elf.ELFDATA2LSB), 1}
	if class == elf.ELFCLASS32 {
		_ = binary.Write(&b, binary.LittleEndian, elf.Header32{Ident: ident, Type: uint16(kind), Machine: uint16(m), Version: 1, Ehsize: 52})
	} else {
		_ = binary.Write(&b, binary.LittleEndian, elf.Header64{Ident: ident, Type: uint16(kind), Machine: uint16(m), Version: 1, Ehsize: 64})
	}
	return b.Bytes()
}

func TestCheckModuleFile(t *testing.T) {
	linux, mac, windows := machine{"linux", "amd64"}, machine{"darwin", "arm64"}, machine{"windows", "amd64"}
	so := elfHeader(elf.ELFCLASS64, elf.EM_X86_64, elf.ET_DYN)
	for _, c := range []struct {
		name string
		file []byte
		on   machine
		kind error
		text string
	}{
		{"good", so, linux, nil, ""},
		{"empty", nil, linux, ErrModuleNotLibrary, "shorter"},
		{"text", []byte("GROUP ( libeToken.so )"), linux, ErrModuleNotLibrary, "not an ELF file, the format of libraries on linux"},
		{"damaged", so[:20], linux, ErrModuleNotLibrary, "damaged"},
		{"program", elfHeader(elf.ELFCLASS64, elf.EM_X86_64, elf.ET_EXEC), linux, ErrModuleNotLibrary, "ET_EXEC"},
		{"arm", elfHeader(elf.ELFCLASS64, elf.EM_AARCH64, elf.ET_DYN), linux, ErrModuleArchitecture, "AARCH64, 64 bits; this program is amd64"},
		{"32 bits", elfHeader(elf.ELFCLASS32, elf.EM_386, elf.ET_DYN), linux, ErrModuleArchitecture, "386, 32 bits; this program is amd64, 64 bits"},
		{"64 on 32", so, machine{"linux", "386"}, ErrModuleArchitecture, "64 bits; this program is 386, 32 bits"},
		{"dll on linux", []byte("MZ\x00\x00"), linux, ErrModuleNotLibrary, "not an ELF file"},
		{"anything on a Mac", []byte("text"), mac, nil, ""}, // the loader decides
		{"anything on Windows", nil, windows, nil, ""},
	} {
		path := filepath.Join(t.TempDir(), "module")
		if err := os.WriteFile(path, c.file, 0o600); err != nil {
			t.Fatal(err)
		}
		checkProblem(t, c.name, checkModuleFile(path, c.on), c.kind, c.text, path)
	}
}

func checkProblem(t *testing.T, name string, err, kind error, text, path string) {
	t.Helper()
	if kind == nil {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		return
	}
	var e *ModuleError
	if !errors.As(err, &e) || !errors.Is(err, kind) || !strings.Contains(err.Error(), text) {
		t.Errorf("%s: error %v, want %v with %q", name, err, kind, text)
		return
	}
	if e.Path != path || e.Next == "" {
		t.Errorf("%s: path %q, next step %q", name, e.Path, e.Next)
	}
}

func TestCheckModuleFileOnDisk(t *testing.T) {
	dir := t.TempDir()
	absent := filepath.Join(dir, "absent.so")
	checkProblem(t, "absent", checkModuleFile(absent, thisMachine()), ErrModuleMissing, "does not exist", absent)
	checkProblem(t, "directory", checkModuleFile(dir, thisMachine()), ErrModuleNotLibrary, "it is a directory", dir)
	checkProblem(t, "device", checkModuleFile(os.DevNull, thisMachine()), ErrModuleNotLibrary, "regular file", os.DevNull)
	under := filepath.Join(absent, "x")
	if err := os.WriteFile(absent, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS == "windows" { // which says that the file is missing, and has no mode
		checkProblem(t, "under a file", checkModuleFile(under, thisMachine()), ErrModuleMissing, "does not exist", under)
		return
	}
	checkProblem(t, "under a file", checkModuleFile(under, thisMachine()), ErrModuleUnreadable, "not a directory", under)
	if err := os.Chmod(absent, 0); err != nil {
		t.Fatal(err)
	}
	if f, err := os.Open(absent); err == nil {
		f.Close() // root reads everything
		return
	}
	checkProblem(t, "secret", checkModuleFile(absent, thisMachine()), ErrModuleUnreadable, "permission", absent)
}

func TestFirstModuleListsWhatWasTried(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the loader judges the format of a module")
	}
	dir := t.TempDir()
	text := filepath.Join(dir, "text.so")
	if err := os.WriteFile(text, []byte("not a library"), 0o600); err != nil {
		t.Fatal(err)
	}
	absent := filepath.Join(dir, "absent.so")
	_, tried, err := firstModule([]string{absent, text}, "")
	if !errors.Is(err, ErrNoModule) || len(tried) != 2 {
		t.Fatalf("error %v, tried %v", err, tried)
	}
	for _, want := range []string{absent + " (the module file does not exist)", text + " (the module file is not a shared library: it is not an ELF file"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
	_, _, err = firstModule(nil, "nonsense")
	if !errors.Is(err, ErrNoModule) || !strings.Contains(err.Error(), "module-name nonsense") {
		t.Errorf("error %v", err)
	}
	if got := (Attempt{Path: "p"}).String(); got != "p" {
		t.Errorf("attempt prints as %s", got)
	}
	if got := (Attempt{Path: "p", Err: errors.New("e")}).String(); got != "p (e)" {
		t.Errorf("attempt prints as %s", got)
	}
}

func TestModulePaths(t *testing.T) {
	for _, goos := range []string{"linux", "darwin", "windows", "freebsd"} {
		paths := modulePathsFor(goos)
		if len(paths) < 2 || !strings.Contains(strings.ToLower(paths[0]), "etoken") && !strings.Contains(strings.ToLower(paths[0]), "etpkcs11") {
			t.Errorf("%s does not try SafeNet's module first: %v", goos, paths)
		}
		if last := paths[len(paths)-1]; !strings.Contains(last, "softhsm2") {
			t.Errorf("%s does not try SoftHSM last: %s", goos, last)
		}
	}
	if len(DefaultModules()) == 0 {
		t.Error("nothing is tried on this system")
	}
	got := namedModule(modulePathsFor("windows"), "etpkcs11")
	if len(got) != 1 || moduleName(got[0]) != "eTPKCS11" {
		t.Errorf("module-name finds %v", got)
	}
	if got := namedModule(modulePathsFor("linux"), "libeToken"); len(got) != 2 {
		t.Errorf("module-name finds %v", got)
	}
}

func TestMissingDependency(t *testing.T) {
	for said, want := range map[string]bool{
		"libpcsclite.so.1: cannot open shared object file: No such file or directory":             true,
		"Error loading shared library libpcsclite.so.1: No such file or directory (needed by /m)": true,
		"Shared object \"libpcsclite.so.1\" not found, required by \"m\"":                         true,
		"dlopen(/m, 0x0001): Library not loaded: /usr/lib/libz.dylib":                             true,
		"/m.so: cannot open shared object file: Permission denied":                                false,
		"/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.99' not found (required by /m.so)":     false,
		"/m.so: undefined symbol: SCardConnect":                                                   false,
	} {
		if got := missingDependency("/m.so", said); got != want {
			t.Errorf("%s: %v", said, got)
		}
	}
}
