package main

import (
	"runtime/debug"

	"github.com/spf13/cobra"
)

const rootLong = `ctlinspect reads the trust lists of Cisco IP phones: the CTL (CTLFile.tlv) and
the ITL (ITLFile.tlv). Given files, it prints them the way "show ctl" and
"show itl" do on a server; see "ctlinspect show --help" for the flags.

"Verified" means that a list is whole and signed by a SAST that it holds itself.
Anybody can make such a list: whether a phone takes it depends on the list that
the phone already has.

A FILE is a path, or - for standard input.

Exit codes, of several files the worst:
  0  verified; compare: the same; accept: taken
  1  not verified; not shown to be the same; refused
  2  usage
  3  not readable, or not a trust list; or the output cannot be written
  4  token or PIN`

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:     "ctlinspect [flags] FILE...",
		Short:   "Read, verify and print the trust lists of Cisco IP phones",
		Long:    rootLong,
		Example: "  ctlinspect CTLFile.tlv\n  ctlinspect --brief CTLFile.tlv ITLFile.tlv\n  ctlinspect verify *.tlv",
		Version: version(),
		Args:    needFiles,
		// Errors are reported in one place, with the use of the command on request.
		SilenceErrors:              true,
		SilenceUsage:               true,
		SuggestionsMinimumDistance: 2,
		// File names are completed by the shell.
		ValidArgsFunction: completeFiles,
	}
	a.addShow(root)
	root.SetVersionTemplate("ctlinspect {{.Version}}\n")
	root.AddCommand(a.showCommand(), a.verifyCommand(), a.sumCommand())
	root.AddCommand(a.buildCommand(), a.updateCommand(), a.attachCommand(), a.tokenCommand())
	root.AddCommand(a.compareCommand(), a.acceptCommand())
	root.AddCommand(a.lintCommand(), a.matchCommand(), a.captureCommand(), a.extractCommand())
	root.AddCommand(a.fetchCommand())
	root.AddCommand(a.manCommand())
	return root
}

func completeFiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"tlv"}, cobra.ShellCompDirectiveFilterFileExt
}

// version is the module's version and the commit, as far as the build knows.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	if v == "" || v == "(devel)" {
		v = "devel"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && v == "devel" {
			v += " " + s.Value
		}
	}
	return v + " " + info.GoVersion
}
