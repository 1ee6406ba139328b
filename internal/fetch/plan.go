package fetch

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ctlinspect/ctlinspect/internal/devices"
	"github.com/ctlinspect/ctlinspect/internal/lazyregexp"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// A Wanted is a file to fetch, and where it goes.
type Wanted struct {
	Location Location
	Kind     tlv.Kind // KindUnknown if the file's name does not say it
	Device   string   // "" for CTLFile.tlv and ITLFile.tlv

	config string // of a phone's configuration what follows its name, else ""
	folder string // in the output folder; "" for the output folder itself
	name   string // of the file
	server *server
}

// Host returns the host as it was named, with the port if it was.
func (w Wanted) Host() string { return w.server.name }

// FromPhone reports whether the file is a phone's own, not a server's.
func (w Wanted) FromPhone() bool { return w.Location.Scheme == SchemeSSH }

// fromServer reports whether the file is one of the lists that a server has.
func (w Wanted) fromServer() bool { return !w.FromPhone() && w.Kind != tlv.KindUnknown }

// ofPhone reports whether the file is what a server has for one phone, which is named
// in capitals [S].
func (w Wanted) ofPhone() bool {
	name := strings.TrimSuffix(w.Location.Name(), ".tlv")
	device, ok := devices.NameOf(phoneLetters, name[min(3, len(name)):])
	return ok && strings.HasSuffix(name, device)
}

// phoneLetters begin the names of phones.
const phoneLetters = "SEP"

var fileName = lazyregexp.New(`^[0-9A-Za-z_][0-9A-Za-z_.-]{0,127}$`)

// A Request is what a person asked for.
type Request struct {
	Sources []string // HOST, HOST:PORT or URL
	Devices []string // names of phones, as SEP0011215A1AE3; none: the lists of the hosts themselves
	Scheme  string   // how hosts are asked: SchemeTFTP, SchemeHTTP or SchemeHTTPS
	Config  bool     // the phones' configuration files, too
}

// hostPorts are where CUCM serves files.
var hostPorts = map[string]string{SchemeTFTP: "69", SchemeHTTP: "6970", SchemeHTTPS: "6971"}

// Plan returns the files of a request, in its order. Nothing is asked for yet.
func (r Request) Plan() ([]Wanted, error) {
	p := planner{Request: r, servers: map[string]*server{}}
	for _, source := range r.Sources {
		add := p.addHost
		if IsURL(source) {
			add = p.addURL
		}
		if err := add(source); err != nil {
			return nil, err
		}
	}
	if len(r.Devices) > 0 && !p.hosts {
		return nil, errors.New("--device needs a host; a URL names its file")
	}
	if r.Config && len(r.Devices) == 0 {
		return nil, errors.New("--config needs phones: name them with --device or --devices")
	}
	return p.files, p.setPaths()
}

type planner struct {
	Request
	hosts   bool // some source is a host
	servers map[string]*server
	files   []Wanted
}

func (p *planner) server(name, host, port string) *server {
	s := p.servers[name]
	if s == nil {
		s = &server{name: name, folder: folderName(host, port)}
		p.servers[name] = s
	}
	return s
}

func (p *planner) addHost(source string) error {
	host, port, err := SplitHost(source)
	if url := p.guessURL(source); err != nil && url != "" {
		return fmt.Errorf("%q is not a host; for one file write %s", source, url)
	}
	if err != nil {
		return err
	}
	p.hosts = true
	s := p.server(source, host, port)
	if port == "" && p.Scheme != SchemeTFTP {
		port = hostPorts[p.Scheme]
	}
	p.addFiles(s, func(name string) Location { return At(p.Scheme, host, port, name) })
	return nil
}

// guessURL returns the URL that HOST[:PORT]/NAME means, "" if none.
func (p *planner) guessURL(source string) string {
	host, name, _ := strings.Cut(source, "/")
	if p.Scheme != SchemeTFTP && !strings.Contains(host, ":") {
		host += ":" + hostPorts[p.Scheme]
	}
	url := p.Scheme + "://" + host + "/" + name
	other := planner{servers: map[string]*server{}}
	if other.addURL(url) != nil {
		return ""
	}
	return url
}

func (p *planner) addFiles(s *server, at func(name string) Location) {
	each := 2
	if p.Config {
		each += len(configs)
	}
	p.files = slices.Grow(p.files, each*max(1, len(p.Devices)))
	add := func(kind tlv.Kind, device, name string) {
		p.files = append(p.files, Wanted{Location: at(name), Kind: kind, Device: device, name: name, server: s})
	}
	if len(p.Devices) == 0 {
		add(tlv.KindCTL, "", "CTLFile.tlv")
		add(tlv.KindITL, "", "ITLFile.tlv")
	}
	for _, d := range p.Devices {
		add(tlv.KindCTL, d, "CTL"+d+".tlv")
		add(tlv.KindITL, d, "ITL"+d+".tlv")
		if p.Config {
			p.addConfig(s, at, d)
		}
	}
}

func (p *planner) addURL(url string) error {
	l, err := ParseLocation(url)
	if err != nil {
		return err
	}
	name := l.Name()
	if !fileName().MatchString(name) {
		return fmt.Errorf("%s: %q is not a valid file name; use letters, digits, dots, dashes and underscores", l, name)
	}
	host, port, err := SplitHost(l.authority())
	if err != nil {
		return err
	}
	s := p.server(l.authority(), host, port)
	p.files = append(p.files, Wanted{Location: l, Kind: tlv.KindOf(name), name: name, server: s})
	return nil
}

// setPaths puts the files of several servers into a folder for each. No file
// may take another one's place.
func (p *planner) setPaths() error {
	taken := make(map[string]int, len(p.files))
	for i := range p.files {
		w := &p.files[i]
		if len(p.servers) > 1 {
			w.folder = w.server.folder
		}
		path := filepath.Join(w.folder, w.name)
		key := strings.ToLower(path) // some systems do not tell capitals apart
		if other, ok := taken[key]; ok {
			return fmt.Errorf("%s and %s both go to %s", p.files[other].Location, w.Location, path)
		}
		taken[key] = i
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
