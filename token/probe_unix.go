//go:build cgo && !windows

package token

/*
#cgo linux LDFLAGS: -ldl
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>

// The signals that faulty code brings about end the process as such, without a
// report by the Go runtime.
static void die_by_signals(void) {
	int all[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
	for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
		signal(all[i], SIG_DFL);
}

// The first members of CK_FUNCTION_LIST (PKCS #11 v2.40, section 3.6): a
// version of two bytes, then pointers in the order of pkcs11f.h.
struct function_list {
	unsigned char major, minor;
	void *function[68];
};

static void *get_symbol(void *handle) {
	return dlsym(handle, "C_GetFunctionList");
}

static unsigned long get_list(void *symbol, struct function_list **list) {
	unsigned long (*get)(struct function_list **) = (unsigned long (*)(struct function_list **))symbol;
	*list = NULL;
	return get(list);
}

static int has_function(struct function_list *list, int i) {
	return list->function[i] != NULL;
}
*/
import "C"

import (
	"fmt"
	"runtime"
	"unsafe"
)

func dieBySignals() { C.die_by_signals() }

// needed are the functions that are called here, by their place in
// CK_FUNCTION_LIST. A null pointer among them would end the process.
var needed = map[int]string{
	0: "C_Initialize", 1: "C_Finalize", 2: "C_GetInfo", 4: "C_GetSlotList", 5: "C_GetSlotInfo",
	6: "C_GetTokenInfo", 12: "C_OpenSession", 13: "C_CloseSession", 18: "C_Login",
	24: "C_GetAttributeValue", 26: "C_FindObjectsInit", 27: "C_FindObjects", 28: "C_FindObjectsFinal",
	42: "C_SignInit", 43: "C_Sign",
}

// probe loads the library and looks at its function list. The library stays
// loaded: unloading middleware is known to hang.
func probe(path string) error {
	// What dlerror says belongs to the thread that met the error.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	handle := C.dlopen(name, C.RTLD_LAZY|C.RTLD_LOCAL)
	if handle == nil {
		return loadError(path, C.GoString(C.dlerror()))
	}
	symbol := C.get_symbol(handle)
	if symbol == nil {
		return functionListError(path, "it has no C_GetFunctionList", ckrOK)
	}
	var list *C.struct_function_list
	if rv := CKR(C.get_list(symbol, &list)); rv != ckrOK {
		return functionListError(path, "its C_GetFunctionList fails", rv)
	}
	if list == nil {
		return functionListError(path, "its C_GetFunctionList returns no list", ckrOK)
	}
	for i, function := range needed {
		if C.has_function(list, C.int(i)) == 0 {
			return functionListError(path, fmt.Sprintf("its function list has no %s", function), ckrOK)
		}
	}
	return nil
}

// functionListError reports what probe found wrong with C_GetFunctionList.
func functionListError(path string, detail string, code CKR) error {
	e := &ModuleError{Kind: ErrModuleNoFunctionList, Path: path, Detail: detail,
		Next: "name the PKCS #11 library of the token's middleware"}
	if code != ckrOK {
		e.Err = code
		e.Detail += " (" + code.String() + ")"
	}
	return e
}

func loadError(path, said string) error {
	e := &ModuleError{Kind: ErrModuleLoad, Path: path, Detail: said, Next: "repair or reinstall the middleware"}
	if missingDependency(path, said) {
		e.Kind = ErrModuleDependency
		e.Next = "install that library too (ldd or otool -L shows all that are needed)"
	}
	return e
}
