package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// helpWidth is the width of help in columns, on any terminal.
const helpWidth = 80

// setHelp makes help fit helpWidth. The usage is written here and not by a
// template, as text/template costs time when a process starts.
func setHelp(root *cobra.Command) {
	root.SetUsageFunc(func(cmd *cobra.Command) error {
		_, err := io.WriteString(cmd.OutOrStderr(), usageText(cmd))
		return err
	})
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		fmt.Fprintf(cmd.OutOrStdout(), "%s\n%s", longText(cmd), usageText(cmd))
	})
}

func longText(cmd *cobra.Command) string {
	text := cmd.Long
	if text == "" {
		text = cmd.Short
	}
	var out strings.Builder
	for _, b := range passages(text) {
		if b.verbatim {
			out.WriteString(b.text + "\n")
		} else {
			out.WriteString(fill(b.text, "", "") + "\n")
		}
	}
	return out.String()
}

// A passage is a paragraph, to be filled; or lines that are indented or empty, which
// stay as they are.
type passage struct {
	text     string
	verbatim bool
}

// passages splits help into passages. A line that ends with a colon ends its paragraph.
func passages(text string) []passage {
	var all []passage
	open := false // the last block is a paragraph that goes on
	for line := range strings.SplitSeq(strings.Trim(text, "\n"), "\n") {
		line = strings.TrimRight(line, " ")
		verbatim := line == "" || line[0] == ' ' || line[0] == '\t'
		switch last := len(all) - 1; {
		case verbatim && last >= 0 && all[last].verbatim:
			all[last].text += "\n" + line
		case !verbatim && open:
			all[last].text += " " + line
		default:
			all = append(all, passage{line, verbatim})
		}
		open = !verbatim && !strings.HasSuffix(line, ":")
	}
	return all
}

// fill breaks text between words. The first line begins with one string, the others
// with another.
func fill(text, first, others string) string {
	var out strings.Builder
	line := first
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
			line += word
		case len([]rune(line))+1+len([]rune(word)) > helpWidth:
			out.WriteString(line + "\n")
			line = others + word
		default:
			line += " " + word
		}
	}
	out.WriteString(line)
	return out.String()
}

func usageText(cmd *cobra.Command) string {
	var out strings.Builder
	out.WriteString("Usage:\n")
	if cmd.Runnable() && !(cmd.HasParent() && cmd.HasAvailableSubCommands()) {
		out.WriteString(fill(cmd.UseLine(), "  ", "      ") + "\n")
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&out, "  %s [command]\n", cmd.CommandPath())
	}
	if cmd.HasExample() {
		fmt.Fprintf(&out, "\nExamples:\n%s\n", strings.Trim(cmd.Example, "\n"))
	}
	out.WriteString(subcommandText(cmd))
	if flags := cmd.Flags(); flags.HasAvailableFlags() {
		fmt.Fprintf(&out, "\nFlags:\n%s", flags.FlagUsagesWrapped(helpWidth))
	}
	if cmd.HasAvailableSubCommands() {
		out.WriteString("\n" + fill(fmt.Sprintf(`Use "%s [command] --help" for more information about a command.`, cmd.CommandPath()), "", "") + "\n")
	}
	return out.String()
}

// subcommandText lists the commands, in their groups.
func subcommandText(cmd *cobra.Command) string {
	var out strings.Builder
	list := func(title, group string) {
		head := "\n" + title + "\n"
		for _, sub := range cmd.Commands() {
			if sub.GroupID == group && (sub.IsAvailableCommand() || sub.Name() == "help") {
				fmt.Fprintf(&out, "%s  %-*s %s\n", head, sub.NamePadding(), sub.Name(), sub.Short)
				head = ""
			}
		}
	}
	if len(cmd.Groups()) == 0 {
		list("Commands:", "")
		return out.String()
	}
	for _, group := range cmd.Groups() {
		list(group.Title, group.ID)
	}
	list("More commands:", "")
	return out.String()
}
