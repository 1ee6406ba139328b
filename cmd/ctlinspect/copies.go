package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime/debug"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/internal/fetch"
	"github.com/ctlinspect/ctlinspect/internal/input"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// readSource reads a file, standard input or a URL.
func (a *app) readSource(ctx context.Context, name string) ([]byte, error) {
	data, err := a.readURLOrFile(ctx, name)
	if fetch.ReasonOf(err) == fetch.BadLocation {
		return nil, badUsage(err)
	}
	if err != nil {
		return nil, exitError{exitUnreadable, err}
	}
	return data, nil
}

func (a *app) readURLOrFile(ctx context.Context, name string) ([]byte, error) {
	if !isURL(name) {
		return input.ReadFile(name, a.stdin)
	}
	location, err := fetch.ParseLocation(name)
	if err != nil {
		return nil, err
	}
	return a.get(ctx, location)
}

func isURL(name string) bool {
	return fetch.IsURL(name) || fetch.HoldsPassword(name) && missing(name)
}

// readCopies reads a list, or evidence of lists: from an argument such as md5:HEX,
// a file, standard input or a URL.
func (a *app) readCopies(ctx context.Context, name string) ([]compare.Copy, error) {
	if e, err := compare.ParseArgument(name); err == nil {
		return []compare.Copy{compare.EvidenceCopy(name, e)}, nil
	} else if isArgument(err) {
		return nil, badUsage(err)
	}
	data, rest, err := a.startSource(ctx, name)
	if err != nil {
		return nil, err
	}
	if rest != nil {
		defer rest.Close()
		return streamCopies(name, data, rest)
	}
	list, err := compare.ReadCopies(name, data)
	if err != nil {
		return nil, exitError{exitUnreadable, inspect.NotEvidence(name, data, err)}
	}
	return list, nil
}

// startSource is readSource for a file that may be larger than lists are; rest is
// what follows the data, nil for a file that is read.
func (a *app) startSource(ctx context.Context, name string) (data []byte, rest io.ReadCloser, err error) {
	if isURL(name) {
		data, err = a.readSource(ctx, name)
		return data, nil, err
	}
	if data, rest, err = input.Start(name, a.stdin); err != nil {
		return nil, nil, exitError{exitUnreadable, err}
	}
	return data, rest, nil
}

// streamCopies reads the evidence in a text of any size.
func streamCopies(name string, data []byte, rest io.Reader) ([]compare.Copy, error) {
	if len(data) > 2 && data[0] == byte(tlv.HeaderVersion) && data[1] == 0 && data[2] == 2 {
		return nil, exitError{exitUnreadable, fmt.Errorf("%s: a list larger than %d MiB, %w; phones take lists up to 64 KiB", name, input.MaxSize>>20, input.ErrTooLarge)}
	}
	debug.SetGCPercent(40) // what is found may be much, and garbage would double it
	list, err := compare.StreamCopies(name, io.MultiReader(bytes.NewReader(data), rest))
	if err != nil {
		return nil, exitError{exitUnreadable, fmt.Errorf("%s: %w", name, err)}
	}
	return list, nil
}

// maxServerEvidence is far more than a server says about its two lists.
const maxServerEvidence = 100

// readServer is readCopies for what one server has.
func (a *app) readServer(ctx context.Context, name string) ([]compare.Copy, error) {
	list, err := a.readCopies(ctx, name)
	if err == nil && len(list) > maxServerEvidence {
		return nil, exitError{exitUnreadable, fmt.Errorf("%s: %d pieces of evidence, more than one server has; put what each server says into a file of its own", name, len(list))}
	}
	return list, err
}

// readList reads a list that must be one.
func (a *app) readList(ctx context.Context, name string) (*trust.List, error) {
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

// proves reports whether a list verifies. The records of one that does not prove
// nothing: it complains, and the answer is no.
func (a *app) proves(name string, l *trust.List) bool {
	_, err := l.Verify()
	if err != nil {
		a.complain(fmt.Errorf("%s: NOT VERIFIED: %w; its records prove nothing", name, err))
		a.worst(exitNo)
	}
	return err == nil
}
