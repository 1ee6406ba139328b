package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/token"
)

// What internal/release builds: the version, and the commit, with "-dirty" if files
// differ from it. Both are "" in other builds, which ask the build information.
var release, commit string

// versionDocument is what version --json writes.
type versionDocument struct {
	report.Head
	Version   string `json:"version"`   // of the module, "devel" if it is not known
	Revision  string `json:"revision"`  // commit, "" if it is not known
	Modified  bool   `json:"modified"`  // the sources differ from the commit
	GoVersion string `json:"goVersion"` // "go1.26.0"
	System    string `json:"system"`    // "linux/amd64"
	Tokens    bool   `json:"tokens"`    // PKCS #11 tokens can be used
}

func (a *app) versionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Show the version and whether tokens are supported",
		Example: "  ctlinspect version --json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			d := newVersion()
			var err error
			if asJSON {
				err = report.Write(a.stdout, d)
			} else {
				_, err = fmt.Fprint(a.stdout, d.text())
			}
			if err != nil {
				return outputFailure(err)
			}
			return nil
		},
	}
	cmd.Flags().BoolVarP(&asJSON, "json", "j", false, "print JSON")
	return cmd
}

// addVersionFlag gives the root --version. Cobra's own needs text/template.
func addVersionFlag(root *cobra.Command) {
	show := root.Flags().Bool("version", false, "show the version")
	args, do := root.Args, root.RunE
	root.Args = func(cmd *cobra.Command, names []string) error {
		if *show {
			return nil
		}
		return args(cmd, names)
	}
	root.RunE = func(cmd *cobra.Command, names []string) error {
		if !*show {
			return do(cmd, names)
		}
		if _, err := fmt.Fprintf(cmd.OutOrStdout(), "ctlinspect %s\n", newVersion()); err != nil {
			return outputFailure(err)
		}
		return nil
	}
}

// newVersion returns what the build knows about itself.
func newVersion() versionDocument {
	d := versionDocument{
		Head: report.NewHead(report.TypeVersion), Version: "devel", GoVersion: runtime.Version(),
		System: runtime.GOOS + "/" + runtime.GOARCH, Tokens: token.Supported,
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return d
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		d.Version = v
	}
	if release != "" {
		d.Version = release
		d.Revision, d.Modified = strings.CutSuffix(commit, "-dirty")
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			d.Revision = s.Value
		case "vcs.modified":
			d.Modified = s.Value == "true"
		}
	}
	return d
}

func (d versionDocument) text() string {
	s := fmt.Sprintf("ctlinspect %s\n", d.Version)
	if d.Revision != "" {
		modified := ""
		if d.Modified {
			modified = ", modified"
		}
		s += fmt.Sprintf("commit %s%s\n", d.Revision, modified)
	}
	s += fmt.Sprintf("%s, %s\n", d.GoVersion, d.System)
	if d.Tokens {
		return s + "PKCS #11 tokens: supported\n"
	}
	return s + "PKCS #11 tokens: not supported; use a file with \"tokens\" in its name from\nhttps://github.com/ctlinspect/ctlinspect/releases, or build with cgo\n"
}

// String is the line of --version.
func (d versionDocument) String() string {
	v := d.Version
	if d.Revision != "" && v == "devel" {
		v += " " + d.Revision
	}
	return v + " " + d.GoVersion
}
