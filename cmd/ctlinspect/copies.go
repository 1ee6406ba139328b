package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/internal/copies"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/tlv"
)

var schemes = []string{"tftp", "http", "https", "ssh"}

// isURL reports whether name is a URL to fetch. Another scheme is an error.
func isURL(name string) (bool, error) {
	scheme, _, ok := strings.Cut(name, "://")
	if !ok {
		return false, nil
	}
	for _, s := range schemes {
		if strings.EqualFold(s, scheme) {
			return true, nil
		}
	}
	return false, fmt.Errorf("%s: unknown scheme %q; use tftp://, http://, https:// or ssh://", name, scheme)
}

// readSource reads a file, standard input or a URL.
func (a *app) readSource(ctx context.Context, name string) ([]byte, error) {
	fetch, err := isURL(name)
	if err != nil {
		return nil, err
	}
	var data []byte
	if fetch {
		data, err = a.get(ctx, name)
	} else {
		data, err = inspect.ReadFile(name, a.stdin)
	}
	if err != nil {
		return nil, exitError{exitUnreadable, err}
	}
	return data, nil
}

// readCopies reads a list, or evidence of lists: from an argument as md5:HEX, a
// file, standard input or a URL.
func (a *app) readCopies(ctx context.Context, name string) ([]copies.Copy, error) {
	if compare.IsArgument(name) {
		c, err := copies.FromArgument(name)
		if err != nil {
			return nil, err
		}
		return []copies.Copy{c}, nil
	}
	data, err := a.readSource(ctx, name)
	if err != nil {
		return nil, err
	}
	list, err := copies.FromFile(name, data)
	if err != nil {
		return nil, exitError{exitUnreadable, err}
	}
	return list, nil
}

// maxServerEvidence is far more than a server says about its two lists.
const maxServerEvidence = 100

// readServer is readCopies for what one server has.
func (a *app) readServer(ctx context.Context, name string) ([]copies.Copy, error) {
	list, err := a.readCopies(ctx, name)
	if err == nil && len(list) > maxServerEvidence {
		return nil, exitError{exitUnreadable, fmt.Errorf("%s: %d pieces of evidence, more than one server has; put what each server says into a file of its own", name, len(list))}
	}
	return list, err
}

// readList reads a list that must be one.
func (a *app) readList(ctx context.Context, name string) (*tlv.List, error) {
	data, err := a.readSource(ctx, name)
	if err != nil {
		return nil, err
	}
	f := inspect.New(name, data)
	if f.Err != nil {
		return nil, exitError{exitUnreadable, f.Err}
	}
	return f.List, nil
}
