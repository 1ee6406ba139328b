package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/internal/fetch"
	"github.com/ctlinspect/ctlinspect/internal/input"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
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
	if !fetch.IsURL(name) && !(fetch.HoldsPassword(name) && missing(name)) {
		return input.ReadFile(name, a.stdin)
	}
	location, err := fetch.ParseLocation(name)
	if err != nil {
		return nil, err
	}
	return a.get(ctx, location)
}

// readCopies reads a list, or evidence of lists: from an argument such as md5:HEX,
// a file, standard input or a URL.
func (a *app) readCopies(ctx context.Context, name string) ([]compare.Copy, error) {
	if e, err := compare.ParseArgument(name); err == nil {
		return []compare.Copy{compare.EvidenceCopy(name, e)}, nil
	} else if isArgument(err) {
		return nil, badUsage(err)
	}
	data, err := a.readSource(ctx, name)
	if err != nil {
		return nil, err
	}
	list, err := compare.ReadCopies(name, data)
	if err != nil {
		return nil, exitError{exitUnreadable, notEvidence(name, data, err)}
	}
	return list, nil
}

// notEvidence says what a file is instead of a list, with the next step.
func notEvidence(name string, data []byte, err error) error {
	if errors.Is(err, compare.ErrNoEvidence) && len(data) > 0 {
		return fmt.Errorf("%s: %w", name, err)
	}
	return inspect.New(name, data).Err
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
