package main

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/ctlinspect/ctlinspect/internal/capturereport"
	"github.com/ctlinspect/ctlinspect/internal/safefile"
)

// extractDownloads writes the files that phones downloaded: each content once, in a
// folder for each server, under the name that it was first asked for with.
func (a *app) extractDownloads(c *captureRun, r *capturereport.Report) error {
	if c.dir == "" {
		return nil
	}
	folder, err := safefile.OpenFolder(c.dir)
	if err != nil {
		return exitError{exitUnreadable, err}
	}
	defer folder.Close()
	folder.Inputs = safefile.FindInputs(a.inputs()...)
	e := captureFiles{root: folder, dir: c.dir, force: c.force, folders: make(map[string]*safefile.Folder), written: make(map[extracted]string), taken: make(map[string]int)}
	defer e.close()
	for _, do := range []func(*safefile.Folder, string, []byte) error{e.look, e.write} {
		clear(e.written)
		clear(e.taken)
		for i := range r.Downloads {
			if err := e.each(&r.Downloads[i], do); err != nil {
				return extractErr(err)
			}
		}
	}
	return nil
}

// captureFiles are written into a folder for each server.
type captureFiles struct {
	root    *safefile.Folder
	dir     string
	force   bool
	folders map[string]*safefile.Folder
	written map[extracted]string
	taken   map[string]int // how many files have a name
}

// An extracted is a content that was written for a server.
type extracted struct {
	server  string
	content string // its SHA-1
}

func (e *captureFiles) close() {
	for _, f := range e.folders {
		f.Close()
	}
}

// each writes the content of a download, unless it was written for that server.
func (e *captureFiles) each(d *capturereport.Download, do func(*safefile.Folder, string, []byte) error) error {
	if d.Content == nil {
		return nil
	}
	server := safeName(d.Server.Addr().String())
	key := extracted{server, string(d.Content.SHA1[:])}
	if name, ok := e.written[key]; ok {
		d.Extracted = name
		return nil
	}
	folder, err := e.folder(server)
	if err != nil {
		return err
	}
	name := e.free(server, fileName(d))
	if err := do(folder, name, d.Content.Data); err != nil {
		return err
	}
	d.Extracted = filepath.Join(e.dir, server, name)
	e.written[key] = d.Extracted
	return nil
}

func (e *captureFiles) folder(server string) (*safefile.Folder, error) {
	if f := e.folders[server]; f != nil {
		return f, nil
	}
	f, err := e.root.Folder(server)
	if err == nil {
		e.folders[server] = f
	}
	return f, err
}

// free returns a name that no other file of this run has: file systems may not tell
// capitals from small letters.
func (e *captureFiles) free(server, name string) string {
	ext := path.Ext(name)
	key := func(name string) string { return server + "/" + strings.ToLower(name) }
	for try := name; ; {
		e.taken[key(try)]++
		if e.taken[key(try)] == 1 {
			return try
		}
		try = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, ext), e.taken[key(name)], ext)
	}
}

func (e *captureFiles) look(f *safefile.Folder, name string, _ []byte) error {
	return f.MayWrite(name, e.force)
}

func (e *captureFiles) write(f *safefile.Folder, name string, data []byte) error {
	return f.Write(name, data, e.force)
}

// fileName is the name of a list on a server, or that a file was asked for with.
func fileName(d *capturereport.Download) string {
	if d.Content.List && d.Kind != 0 {
		return strings.ToUpper(d.Kind.String()) + "File.tlv"
	}
	if name := safeName(path.Base(strings.ReplaceAll(d.Name, `\`, "/"))); d.Name != "" {
		return name
	}
	return "unnamed"
}

// safeName replaces what is not safe in the name of a file.
func safeName(name string) string {
	const most = 100
	safe := func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r) {
			return r
		}
		return '_'
	}
	name = strings.Map(safe, name[:min(len(name), most)])
	if name = strings.Trim(name, "."); name == "" || name[0] == '-' {
		name = "_" + name
	}
	return name
}

func extractErr(err error) error {
	if errors.Is(err, safefile.ErrExists) || errors.Is(err, safefile.ErrInput) {
		return exitError{exitUsage, inFolder(err)}
	}
	return exitError{exitUnreadable, inFolder(err)}
}
