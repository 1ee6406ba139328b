package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ctlinspect/ctlinspect/internal/patience"
)

var update = flag.Bool("update", false, "write what the commands print into the scripts in testdata/script")

// testNow is a variable of the environment that sets the command's clock.
const testNow = "CTLINSPECT_TEST_NOW"

// testTime is when tests of the command run: certificates in testdata are valid then.
const testTime = "2026-11-21T12:00:00Z"

const gorace = "GORACE"

// testHanging is a variable of the environment with the name of a file. As soon as
// it exists, a module that does not answer is no longer waited for.
const testHanging = "CTLINSPECT_TEST_HANGING"

func whenThere(file string) func() (<-chan struct{}, func()) {
	return func() (<-chan struct{}, func()) {
		over, done := make(chan struct{}), make(chan struct{})
		go func() {
			for {
				c := over
				if _, err := os.Stat(file); err != nil {
					c = nil
				}
				select {
				case c <- struct{}{}:
				case <-time.After(time.Millisecond):
				case <-done:
					return
				}
			}
		}()
		return over, func() { close(done) }
	}
}

// fixed is a clock that stands still.
func fixed(now string) func() time.Time {
	t, err := time.Parse(time.RFC3339, now)
	if err != nil {
		panic(err)
	}
	return func() time.Time { return t }
}

func TestMain(m *testing.M) {
	if os.Getenv(testNow) == "" {
		os.Setenv(testNow, testTime)
		clock = fixed(testTime)
	}
	// The race detector sleeps for a second at the end of each command otherwise.
	if os.Getenv(gorace) == "" {
		os.Setenv(gorace, "atexit_sleep_ms=0")
	}
	testscript.Main(m, map[string]func(){
		"ctlinspect": func() {
			if now := os.Getenv(testNow); now != "" {
				clock = fixed(now)
			}
			if file := os.Getenv(testHanging); file != "" {
				patience.Periods = whenThere(file)
			}
			os.Exit(validated(os.Args[1:], func(stdout io.Writer) int {
				return run(context.Background(), os.Args[1:], os.Stdin, stdout, os.Stderr)
			}))
		},
	})
}

// Scripts find the vectors in $TESTDATA, captures in $CAPTURES, and run in UTC, on
// 21 November 2026.
func TestScripts(t *testing.T) {
	const dir = "testdata/script"
	if scripts, err := filepath.Glob(filepath.Join(dir, "*.txtar")); err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts in %s: %v", dir, err)
	}
	vectors, err := filepath.Abs(filepath.Join("..", "..", "testdata"))
	if err != nil {
		t.Fatal(err)
	}
	if *captures {
		recordCaptures(t, vectors)
		recordTrunk(t, vectors)
	}
	recorded, err := filepath.Abs(captureDir)
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("TESTDATA", vectors)
			env.Setenv("CAPTURES", recorded)
			env.Setenv("TZ", "UTC")
			env.Setenv(gorace, os.Getenv(gorace))
			env.Setenv(testNow, testTime)
			return nil
		},
		Cmds:      scriptCommands(),
		Condition: condition,
	})
}

// condition knows [cgo].
func condition(name string) (bool, error) {
	if name != "cgo" {
		return false, fmt.Errorf("unknown condition %q", name)
	}
	info, _ := debug.ReadBuildInfo()
	return slices.Contains(info.Settings, debug.BuildSetting{Key: "CGO_ENABLED", Value: "1"}), nil
}

func scriptCommands() map[string]func(*testscript.TestScript, bool, []string) {
	commands := map[string]func(*testscript.TestScript, bool, []string){"status": status}
	maps.Copy(commands, keyCommands)
	maps.Copy(commands, jsonCommands)
	return commands
}

// status CODE PROGRAM ARGS... runs a program and wants just this exit code.
// Output can be looked at with stdout and stderr as after exec.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status CODE PROGRAM ARGS...")
	}
	err := ts.Exec(args[1], args[2:]...)
	if got := exitStatus(err); got != args[0] {
		ts.Fatalf("exit code %s, want %s", got, args[0])
	}
}

func exitStatus(err error) string {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return "0"
	case errors.As(err, &exit):
		return strconv.Itoa(exit.ExitCode())
	}
	return err.Error()
}
