// Command release builds what a release offers: archives, packages, checksums and
// bills of materials.
//
//	go run ./internal/release -version v0.1.0 -out dist
//
// Two runs on the same commit give the same bytes. Cross compilers for cgo are
// Debian's gcc-mingw-w64-x86-64 and gcc-aarch64-linux-gnu.
package main

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	nfpm      = "github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.0"
	cyclonedx = "github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0"
)

// A release is one run.
type release struct {
	version string // "v0.1.0"
	only    string // a system and architecture, or "" for all
	out     string
	made    time.Time
	commit  string // with "-dirty" if files differ from it; "" outside of a repository
	work    string // a temporary folder
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("release: ")
	var r release
	flag.StringVar(&r.version, "version", "", "version, as v0.1.0")
	flag.StringVar(&r.out, "out", "dist", "write into this folder, which must be empty")
	flag.StringVar(&r.only, "only", "", "build only for this system, as linux-amd64")
	onlyNotes := flag.Bool("notes", false, "print what the changelog says of the version, and build nothing")
	flag.Parse()
	do := r.run
	if *onlyNotes {
		do = r.writeNotes
	}
	if err := do(); err != nil {
		log.Fatal(err)
	}
}

var semantic = regexp.MustCompile(`^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?$`)

func (r *release) checkVersion() error {
	if !semantic.MatchString(r.version) {
		return fmt.Errorf("version %q: use a semantic version such as v0.1.0", r.version)
	}
	return nil
}

func (r *release) run() (err error) {
	if err := r.checkVersion(); err != nil {
		return err
	}
	if _, _, err := r.changes(); err != nil {
		return err
	}
	if r.made, err = commitTime(); err != nil {
		return err
	}
	if out, err := exec.Command("git", "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty").Output(); err == nil {
		r.commit = strings.TrimSpace(string(out))
	}
	if r.work, err = os.MkdirTemp("", "release"); err != nil {
		return err
	}
	defer os.RemoveAll(r.work)
	if err := r.makeFolder(); err != nil {
		return err
	}
	if err := r.page(); err != nil {
		return fmt.Errorf("the page: %w", err)
	}
	built := 0
	for _, t := range targets {
		if r.only != "" && r.only != t.goos+"-"+t.goarch {
			continue
		}
		if err := r.offer(t); err != nil {
			return fmt.Errorf("%s: %w", t.name(), err)
		}
		built++
	}
	if built == 0 {
		return fmt.Errorf("-only %s: no such target", r.only)
	}
	if err := r.checksums(); err != nil {
		return err
	}
	if _, dated, _ := r.changes(); !dated {
		log.Printf("CHANGELOG.md: the section of %s has no date yet", r.version)
	}
	log.Printf("the release is in %s", r.out)
	return nil
}

// makeFolder makes the folder of the release. What "make web" wrote there may stay.
func (r *release) makeFolder() error {
	if err := os.MkdirAll(r.out, 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(r.out)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() != "web" {
			return fmt.Errorf("%s holds %s already: use an empty folder", r.out, e.Name())
		}
	}
	return nil
}

// page builds the page for the browser: for the commands, for the archives, and as a
// file of its own for those who install nothing.
func (r *release) page() error {
	dir := filepath.Join(r.work, "web")
	if err := run(nil, "go", "run", "./web/build", "-o", dir, "-gzip", "internal/webpage/page.gz", "-version", r.version); err != nil {
		return err
	}
	page, err := os.ReadFile(filepath.Join(dir, "index.html"))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.out, "ctlinspect-"+r.version+".html"), page, 0o644)
}

// commitTime is the time of all files in the release: SOURCE_DATE_EPOCH, or that of
// the commit.
func commitTime() (time.Time, error) {
	text := os.Getenv("SOURCE_DATE_EPOCH")
	if text == "" {
		out, err := exec.Command("git", "log", "-1", "--format=%ct").Output()
		if err != nil {
			return time.Time{}, fmt.Errorf("git log: %w", err)
		}
		text = strings.TrimSpace(string(out))
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	return time.Unix(seconds, 0).UTC(), err
}

// offer builds a target and packs it.
func (r *release) offer(t target) error {
	binary := filepath.Join(r.work, t.name(), t.binary())
	if err := r.build(t, binary); err != nil {
		return err
	}
	info, err := os.Stat(binary)
	if err != nil {
		return err
	}
	log.Printf("%s: the command has %.1f MB", t.name(), float64(info.Size())/1e6)
	files, err := r.contents(t, binary)
	if err != nil {
		return err
	}
	base := "ctlinspect-" + r.version + "-" + t.name()
	if err := r.archive(t, base, files); err != nil {
		return err
	}
	if err := r.materials(base, binary); err != nil {
		return err
	}
	if t.goos == "linux" && t.cgo {
		return r.packages(t, binary)
	}
	return nil
}

// run runs a program in the root of the module. What it prints is shown if it fails.
func run(env []string, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(name), err, text)
	}
	return nil
}

// materials writes the software bill of materials of a target. Licences are those of
// the modules that were built, from the cache: what the network knows of this version
// differs before and after its release.
func (r *release) materials(base, binary string) error {
	name := filepath.Join(r.out, base+".cdx.json")
	tools := filepath.Join(r.work, "tools")
	// The bill has the hash of the tool, which must not depend on this machine.
	if err := run([]string{"GOBIN=" + tools, "CGO_ENABLED=0", "GOFLAGS="}, "go", "install", "-trimpath", cyclonedx); err != nil {
		return err
	}
	err := run([]string{"GOPROXY=off"}, filepath.Join(tools, "cyclonedx-gomod"),
		"bin", "-json", "-noserial", "-licenses", "-std", "-version", r.version, "-output", name, binary)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	stamp := regexp.MustCompile(`"timestamp": "[^"]*"`)
	return os.WriteFile(name, stamp.ReplaceAll(text, []byte(`"timestamp": "`+r.made.Format(time.RFC3339)+`"`)), 0o644)
}

// checksums writes SHA256SUMS in the form of sha256sum.
func (r *release) checksums() error {
	entries, err := os.ReadDir(r.out)
	if err != nil {
		return err
	}
	var text strings.Builder
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		sum, err := sumOf(filepath.Join(r.out, e.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&text, "%x  %s\n", sum, e.Name())
	}
	return os.WriteFile(filepath.Join(r.out, "SHA256SUMS"), []byte(text.String()), 0o644)
}

func sumOf(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return h.Sum(nil), err
}
