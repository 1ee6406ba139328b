package main

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/ctlinspect/ctlinspect/internal/lazyregexp"
	"github.com/ctlinspect/ctlinspect/listjson"
)

// outputFlag matches a flag whose value, the next argument, is written; other short
// flags may stand in front of it.
var outputFlag = lazyregexp.New(`^(--(output|dir|to-be-signed|archive|html|short)|-[a-zA-Z]*[od])$`)

// outputValue matches such a flag together with its value.
var outputValue = lazyregexp.New(`^(--(output|dir|to-be-signed|archive|html|short)=|-[od].)`)

// inputsOf are the names in a command line that may be files to read: arguments
// and the values of flags, and what they have behind "=" and in URIs. No output may
// replace one of these files. Names of no file do no harm.
func inputsOf(args []string) []string {
	var names []string
	for i, arg := range args {
		if outputValue().MatchString(arg) || i > 0 && outputFlag().MatchString(args[i-1]) {
			continue
		}
		names = append(names, arg)
		for _, part := range strings.FieldsFunc(arg, func(r rune) bool { return strings.ContainsRune(",;?&", r) }) {
			names = append(names, part, behind(part))
		}
		names = append(names, beside(behind(arg))...)
	}
	return slices.DeleteFunc(names, func(s string) bool { return s == "" })
}

// behind is what a part of an argument has behind "=", without the scheme of a file.
func behind(part string) string {
	if _, value, ok := strings.Cut(part, "="); ok {
		part = value
	}
	return strings.TrimPrefix(part, "file:")
}

// beside are the certificates that a list.json names.
func beside(name string) []string {
	if filepath.Base(name) != listjson.Name {
		return nil
	}
	found, _ := filepath.Glob(filepath.Join(filepath.Dir(name), "*.pem"))
	return found
}
