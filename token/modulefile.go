package token

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"
)

// A machine is what a module has to be built for.
type machine struct{ os, arch string }

func (m machine) String() string { return m.os + "/" + m.arch }

func thisMachine() machine { return machine{runtime.GOOS, runtime.GOARCH} }

// checkModuleFile reports what is wrong with the file without loading it, because
// the loader's own words range from terse to none.
func checkModuleFile(path string, want machine) error {
	fail := func(kind error, detail, next string, err error) error {
		return &ModuleError{Kind: kind, Path: path, Detail: detail, Next: next, Err: err}
	}
	st, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fail(ErrModuleMissing, "", "check the path, or install the token's middleware", err)
	case err != nil:
		return fail(ErrModuleUnreadable, reason(err), "check the rights of the file and of its directories", err)
	case st.IsDir():
		return fail(ErrModuleNotLibrary, "it is a directory", "name the file in it", nil)
	case !st.Mode().IsRegular():
		return fail(ErrModuleNotLibrary, "it is not a regular file", "name the library itself", nil)
	}
	f, err := os.Open(path)
	if err != nil {
		return fail(ErrModuleUnreadable, reason(err), "check the rights of the file", err)
	}
	defer f.Close()
	if err := checkLibrary(f, want); err != nil {
		err.Path = path
		return err
	}
	return nil
}

// reason is err without the path, which the message names already.
func reason(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// checkLibrary looks at ELF files only. Other formats are the loader's to judge,
// in its own words.
func checkLibrary(f io.ReaderAt, want machine) *ModuleError {
	switch want.os {
	case "darwin", "ios", "windows", "aix":
		return nil
	}
	magic := make([]byte, len(elf.ELFMAG))
	if _, err := f.ReadAt(magic, 0); err != nil {
		return notLibrary("it is shorter than any library", nil)
	}
	if string(magic) != elf.ELFMAG {
		return notLibrary("it is not an ELF file, the format of libraries on "+want.os, nil)
	}
	return checkELF(f, want)
}

func notLibrary(detail string, err error) *ModuleError {
	return &ModuleError{Kind: ErrModuleNotLibrary, Detail: detail,
		Next: "name the library that the token's middleware installs", Err: err}
}

func otherMachine(detail string, want machine) *ModuleError {
	return &ModuleError{Kind: ErrModuleArchitecture, Detail: detail,
		Next: fmt.Sprintf("install the middleware for %s, or use a build of this program that fits the module", want)}
}

var elfMachines = map[string]elf.Machine{
	"386": elf.EM_386, "amd64": elf.EM_X86_64, "arm": elf.EM_ARM, "arm64": elf.EM_AARCH64,
	"ppc64": elf.EM_PPC64, "ppc64le": elf.EM_PPC64, "riscv64": elf.EM_RISCV, "s390x": elf.EM_S390,
	"loong64": elf.EM_LOONGARCH, "mips64": elf.EM_MIPS, "mips64le": elf.EM_MIPS, "mips": elf.EM_MIPS, "mipsle": elf.EM_MIPS,
}

func checkELF(f io.ReaderAt, want machine) *ModuleError {
	e, err := elf.NewFile(f)
	if err != nil {
		return notLibrary("its ELF header is damaged ("+err.Error()+")", err)
	}
	defer e.Close()
	if e.Type != elf.ET_DYN {
		return notLibrary("it is an ELF file of type "+e.Type.String()+", not a shared library", nil)
	}
	class := elf.ELFCLASS64
	if wordSize(want.arch) == 32 {
		class = elf.ELFCLASS32
	}
	if m, ok := elfMachines[want.arch]; ok && m != e.Machine || e.Class != class {
		return otherMachine(fmt.Sprintf("it is for %s, %s; this program is %s, %s",
			strings.TrimPrefix(e.Machine.String(), "EM_"), bits(e.Class == elf.ELFCLASS64),
			want.arch, bits(class == elf.ELFCLASS64)), want)
	}
	return nil
}

func wordSize(arch string) int {
	switch arch {
	case "386", "arm", "mips", "mipsle":
		return 32
	}
	return 64
}

func bits(is64 bool) string {
	if is64 {
		return "64 bits"
	}
	return "32 bits"
}

// missingDependency recognises, in what the loaders of Linux (glibc and musl),
// the BSDs and macOS say, a library that the file at path needs. The loader's
// words are all there is: where it looks depends on its configuration.
func missingDependency(path, said string) bool {
	if strings.HasPrefix(said, path) {
		return false
	}
	for _, words := range []string{"cannot open shared object file", "(needed by ", "not found, required by", "Library not loaded:"} {
		if strings.Contains(said, words) {
			return true
		}
	}
	return false
}
