package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ctlinspect/ctlinspect/token"
)

// withSuggestion adds the flag that was meant to the error about an unknown one.
func withSuggestion(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) || unknown.GetSpecifiedShortnames() != "" {
		return err
	}
	name, best, least := unknown.GetSpecifiedName(), "", 3
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		d := distance(name, f.Name)
		if len(name) > 1 && strings.HasPrefix(f.Name, name) {
			d = min(d, 2)
		}
		if d < least {
			best, least = f.Name, d
		}
	})
	if best == "" {
		return err
	}
	return fmt.Errorf("%w; did you mean --%s?", err, best)
}

// distance is the number of letters to insert, delete or replace (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

// completeValues lets shells complete the values of flags: those with a list of
// words as their type, folders, and tokens.
func completeValues(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		complete := completionOf(f)
		if _, ok := cmd.GetFlagCompletionFunc(f.Name); !ok && complete != nil {
			_ = cmd.RegisterFlagCompletionFunc(f.Name, complete) // fails only for an unknown flag
		}
	})
	for _, sub := range cmd.Commands() {
		completeValues(sub)
	}
}

func completionOf(f *pflag.Flag) cobra.CompletionFunc {
	kind, _ := pflag.UnquoteUsage(f)
	switch {
	case isChoice(kind):
		return cobra.FixedCompletions(strings.Split(kind, "|"), cobra.ShellCompDirectiveNoFileComp)
	case f.Name == "dir":
		return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		}
	case f.Name == "signer", f.Name == "token-record", f.Name == "add-token":
		return completeTokens
	}
	return nil
}

// isChoice reports whether the type of a flag is a list of words, as ctl|itl.
func isChoice(kind string) bool {
	return strings.Contains(kind, "|") && regexp.MustCompile(`^[a-z0-9|-]+$`).MatchString(kind)
}

// completeTokens offers the URIs of the tokens that are plugged in. No PIN is
// asked for. Where there is none, files are offered: a signer can be a key file.
func completeTokens(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	if !strings.HasPrefix(typed, "pkcs11:") {
		return []string{"pkcs11:"}, cobra.ShellCompDirectiveNoSpace
	}
	module, _ := cmd.Flags().GetString("module")
	m, err := openModule(token.Config{Module: module}, "")
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer m.Close()
	tokens, err := m.Tokens()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var uris []string
	for _, t := range tokens {
		if !t.Blank {
			uris = append(uris, t.URI().String())
		}
	}
	return uris, cobra.ShellCompDirectiveNoFileComp
}
