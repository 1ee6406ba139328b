package main

import (
	"bufio"
	"bytes"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/ctlinspect/ctlinspect/internal/fetch"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/internal/lazyregexp"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// A wanted is a file to get, and where it goes.
type wanted struct {
	location fetch.Location
	kind     tlv.Kind
	device   string // "" for CTLFile.tlv and ITLFile.tlv
	path     string
	server   *server
}

// fromPhone reports whether the file is a phone's own, not a server's.
func (w wanted) fromPhone() bool { return w.location.Scheme == fetch.SchemeSSH }

// fromServer reports whether the file is one of the lists that a server has.
func (w wanted) fromServer() bool { return !w.fromPhone() && w.kind != tlv.KindUnknown }

// ofPhone reports whether the file is what a server has for one phone.
func (w wanted) ofPhone() bool {
	name := strings.TrimSuffix(w.location.Name(), ".tlv")
	return len(name) > 3 && deviceName().MatchString(name[3:])
}

// What names files: the two lists, and phones by their MAC in 12 hexadecimal
// digits in capitals [S].
var (
	deviceName = lazyregexp.New(`^SEP[0-9A-F]{12}$`)
	fileName   = lazyregexp.New(`^[0-9A-Za-z_][0-9A-Za-z_.-]{0,127}$`)
)

// plan says what to get, in the order of the arguments.
func (a *app) plan(f *fetching, args []string) ([]wanted, error) {
	devices, err := a.readDevices(f)
	if err != nil {
		return nil, err
	}
	p := planner{fetching: f, devices: devices, servers: map[string]*server{}, paths: map[string]string{}}
	for _, arg := range args {
		if fetch.IsURL(arg) {
			err = p.addLocation(arg)
		} else {
			err = p.addHost(arg)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(devices) > 0 && !p.hosts {
		return nil, misuse("--device goes with hosts; a location names its file")
	}
	return p.files, p.setPaths()
}

type planner struct {
	*fetching
	devices []string
	hosts   bool // some argument is a host
	servers map[string]*server
	files   []wanted
	paths   map[string]string // location by path
}

func (p *planner) server(name string) *server {
	s := p.servers[name]
	if s == nil {
		s = &server{name: name}
		p.servers[name] = s
	}
	return s
}

func (p *planner) addHost(arg string) error {
	scheme, standard := p.protocol()
	host, port, err := fetch.SplitHost(arg)
	if location := guessLocation(scheme, standard, arg); err != nil && location != "" {
		return misuse("%q is not a host; for one file write %s", arg, location)
	}
	if err != nil {
		return badUsage(err)
	}
	p.hosts = true
	s := p.server(arg)
	s.folder = folderName(host, port)
	if port == "" && scheme != "tftp" {
		port = standard
	}
	p.addFiles(s, func(name string) fetch.Location { return fetch.At(scheme, host, port, name) })
	return nil
}

// protocol is how hosts are asked, with its port.
func (f *fetching) protocol() (scheme, port string) {
	switch {
	case f.http:
		return "http", "6970"
	case f.https:
		return "https", "6971"
	}
	return "tftp", "69"
}

// guessLocation returns the location that HOST[:PORT]/NAME means, "" if none.
func guessLocation(scheme, port, arg string) string {
	host, name, _ := strings.Cut(arg, "/")
	if scheme != "tftp" && !strings.Contains(host, ":") {
		host += ":" + port
	}
	location := scheme + "://" + host + "/" + name
	p := planner{servers: map[string]*server{}}
	if p.addLocation(location) != nil {
		return ""
	}
	return location
}

func (p *planner) addFiles(s *server, at func(name string) fetch.Location) {
	add := func(kind tlv.Kind, device, name string) {
		p.files = append(p.files, wanted{location: at(name), kind: kind, device: device, path: name, server: s})
	}
	if len(p.devices) == 0 {
		add(tlv.KindCTL, "", "CTLFile.tlv")
		add(tlv.KindITL, "", "ITLFile.tlv")
	}
	for _, d := range p.devices {
		add(tlv.KindCTL, d, "CTL"+d+".tlv")
		add(tlv.KindITL, d, "ITL"+d+".tlv")
	}
}

func (p *planner) addLocation(url string) error {
	location, err := fetch.ParseLocation(url)
	if err != nil {
		return badUsage(err)
	}
	name := location.Name()
	if !fileName().MatchString(name) {
		return misuse("%s: %q is not a valid file name; use letters, digits, dots, dashes and underscores", location, name)
	}
	authority := location.Authority()
	host, port, err := fetch.SplitHost(authority)
	if err != nil {
		return badUsage(err)
	}
	s := p.server(authority)
	s.folder = folderName(host, port)
	p.files = append(p.files, wanted{location: location, kind: tlv.KindOf(name), path: name, server: s})
	return nil
}

// setPaths puts the files of several servers into a folder for each. No file
// may take another one's place.
func (p *planner) setPaths() error {
	for i := range p.files {
		w := &p.files[i]
		if len(p.servers) > 1 {
			w.path = filepath.Join(w.server.folder, w.path)
		}
		w.path = filepath.Join(p.dir, w.path)
		key := strings.ToLower(w.path) // some systems do not tell capitals apart
		if other, ok := p.paths[key]; ok {
			return misuse("%s and %s both go to %s", other, w.location, w.path)
		}
		p.paths[key] = w.location.String()
	}
	return nil
}

// folderName has no colons: Windows does not allow them.
func folderName(host, port string) string {
	name := strings.ReplaceAll(host, ":", "_")
	if port != "" {
		name += "_" + port
	}
	return name
}

// readDevices returns the names of phones, each once, in capitals.
func (a *app) readDevices(f *fetching) ([]string, error) {
	var names []string
	seen := map[string]bool{}
	add := func(where, name string) error {
		upper := strings.ToUpper(name)
		if !deviceName().MatchString(upper) {
			return misuse("%s: %q is not the name of a phone; SEP and 12 hexadecimal digits are, SEP0011215A1AE3", where, name)
		}
		if !seen[upper] {
			seen[upper] = true
			names = append(names, upper)
		}
		return nil
	}
	for _, d := range f.devices {
		if err := add("--device", d); err != nil {
			return nil, err
		}
	}
	if f.deviceFile == "" {
		return names, nil
	}
	data, err := inspect.ReadFile(f.deviceFile, a.stdin)
	if err != nil {
		return nil, exitError{exitUnreadable, err}
	}
	if err := eachDevice(data, f.deviceFile, add); err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, misuse("%s: names no phone", f.deviceFile)
	}
	return names, nil
}

// eachDevice takes the first word of each line; a comma or a semicolon ends it
// as well. Empty lines and those that begin with # are left out.
func eachDevice(data []byte, file string, add func(where, name string) error) error {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	lines := bufio.NewScanner(bytes.NewReader(data))
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name := line
		if i := strings.IndexAny(line, ",; \t"); i >= 0 {
			name = line[:i]
		}
		if err := add(fmt.Sprintf("%s, line %d", file, number), strings.Trim(name, `"`)); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
