package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

const rootLong = `ctlinspect reads the trust lists of Cisco IP phones: the CTL (CTLFile.tlv) and
the ITL (ITLFile.tlv). Without a command it prints the files you name, as
"show ctl" and "show itl" do on a server; see "ctlinspect show --help".

"Verified" means that a list is intact and signed by one of its own SASTs. Anyone
can create such a list. Whether a phone accepts it depends on the list that the
phone already holds.

FILE is a path, or - for standard input.

Exit codes; with several files, the highest code. Each command's help says more:
  0  yes: verified, identical, accepted, no errors found, everything fetched
  1  no: not verified, not shown to be identical, refused, errors found
  2  usage
  3  a file is unreadable or not a trust list; or output cannot be written
  4  token or PIN`

// Groups of commands in the help.
const (
	groupLook   = "look"
	groupPhones = "phones"
	groupMake   = "make"
)

var groups = []*cobra.Group{
	{ID: groupLook, Title: "Inspect lists:"},
	{ID: groupPhones, Title: "Phones and servers:"},
	{ID: groupMake, Title: "Create and sign lists:"},
}

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:     "ctlinspect [flags] FILE...",
		Short:   "Read, verify and print the trust lists of Cisco IP phones",
		Long:    rootLong,
		Example: "  ctlinspect CTLFile.tlv\n  ctlinspect --brief CTLFile.tlv ITLFile.tlv\n  ctlinspect verify *.tlv",
		Args:    needFiles,
		// Errors are reported in one place, with a pointer to the help.
		SilenceErrors:              true,
		SilenceUsage:               true,
		SuggestionsMinimumDistance: 2,
		// File names are completed by the shell.
		ValidArgsFunction: completeFiles,
	}
	a.addShow(root)
	root.AddGroup(groups...)
	for _, group := range []struct {
		id       string
		commands []*cobra.Command
	}{
		{groupLook, []*cobra.Command{a.showCommand(), a.verifyCommand(), a.sumCommand(), a.lintCommand(), a.matchCommand(), a.extractCommand(), a.signedCommand()}},
		{groupPhones, []*cobra.Command{a.fetchCommand(), a.compareCommand(), a.acceptCommand(), a.phonesCommand(), a.fleetCommand(), a.captureCommand(), a.downloadsCommand(), a.trunkCommand()}},
		{groupPhones, []*cobra.Command{a.tvsCommand(), a.capfCommand()}},
		{groupMake, []*cobra.Command{a.tokenCommand(), a.buildCommand(), a.updateCommand(), a.attachCommand()}},
		{groupLook, []*cobra.Command{a.webCommand()}},
		{"", []*cobra.Command{a.manCommand(), a.versionCommand()}},
	} {
		for _, cmd := range group.commands {
			cmd.GroupID = group.id
			root.AddCommand(cmd)
		}
	}
	refuseUnknown(root)
	addVersionFlag(root)
	setHelp(root)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return withSuggestion(cmd, err) })
	return root
}

// refuseUnknown makes an unknown help topic or completion shell an error. Cobra
// prints help and exits with 0.
func refuseUnknown(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "help":
			cmd.Args = func(_ *cobra.Command, args []string) error {
				if found, rest, err := root.Find(args); err != nil || found == root && len(args) > 0 || len(rest) > 0 && found.HasSubCommands() {
					return fmt.Errorf("there is no command %q", strings.Join(args, " "))
				}
				return nil
			}
		case "completion":
			cmd.Args = func(_ *cobra.Command, args []string) error {
				if len(args) > 0 {
					return fmt.Errorf("no completion for %q; use bash, zsh, fish or powershell", args[0])
				}
				return nil
			}
			cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
			describeCompletions(cmd)
		}
	}
}

// describeCompletions has its own words for what cobra adds: its lines are too long.
func describeCompletions(cmd *cobra.Command) {
	cmd.Long = "Print a script that completes commands, flags and their values in your shell.\n\"make install\" installs those for bash, zsh and fish."
	for _, shell := range cmd.Commands() {
		name := shell.Name()
		shell.Short = "Print the completion script for " + name
		shell.Long = shell.Short + "."
		shell.Example = "  " + map[string]string{
			"bash":       "source <(ctlinspect completion bash)",
			"zsh":        "source <(ctlinspect completion zsh)",
			"fish":       "ctlinspect completion fish | source",
			"powershell": "ctlinspect completion powershell | Out-String | Invoke-Expression",
		}[name]
	}
}

func completeFiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"tlv"}, cobra.ShellCompDirectiveFilterFileExt
}
