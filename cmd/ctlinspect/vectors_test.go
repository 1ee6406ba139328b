package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlinspect/ctlinspect/report"
)

const testdata = "../../testdata/"

// A vector is an entry of lists.json or broken.json.
type vector struct {
	File     string
	Size     int
	MD5      string
	SHA1     string
	SHA512   string
	Verifies bool
}

func readVectors(t *testing.T, index string) []vector {
	t.Helper()
	b, err := os.ReadFile(testdata + index)
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(b, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) == 0 {
		t.Fatalf("%s is empty", index)
	}
	return vectors
}

// runCommand returns exit code, standard output and standard error.
func runCommand(args ...string) (int, string, string) {
	var stdout, stderr bytes.Buffer
	code := run(context.Background(), args, strings.NewReader(""), &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func TestShowPrintsExpectedText(t *testing.T) {
	expected, err := filepath.Glob(testdata + "expected/*.show.txt")
	if err != nil || len(expected) == 0 {
		t.Fatalf("no expected text: %v", err)
	}
	for _, name := range expected {
		list := strings.TrimSuffix(filepath.Base(name), ".show.txt")
		t.Run(list, func(t *testing.T) {
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, command := range [][]string{{"--utc"}, {"show", "--utc"}} {
				code, got, stderr := runCommand(append(command, testdata+"lists/"+list+".tlv")...)
				if diff := cmp.Diff(string(want), got); diff != "" {
					t.Errorf("%v: (-want +got)\n%s", command, diff)
				}
				if strings.Contains(stderr, "NOT VERIFIED: ") != (code == exitNo) || code == exitYes && stderr != "" {
					t.Errorf("%v: exit code %d, %q", command, code, stderr)
				}
			}
		})
	}
}

func TestVectorsExitCodes(t *testing.T) {
	for _, v := range readVectors(t, "lists.json") {
		want := exitNo
		if v.Verifies {
			want = exitYes
		}
		for _, command := range []string{"show", "verify"} {
			if got, _, _ := runCommand(command, testdata+v.File); got != want {
				t.Errorf("%s %s: exit code %d, want %d", command, v.File, got, want)
			}
		}
	}
}

func TestJSONOfVectors(t *testing.T) {
	for _, v := range readVectors(t, "lists.json") {
		t.Run(v.File, func(t *testing.T) {
			_, stdout, _ := runCommand("--json", testdata+v.File)
			d := decodeDocument(t, stdout)
			got := vector{v.File, d.Size, d.MD5, d.SHA1, d.SHA512, d.Verified}
			if diff := cmp.Diff(v, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if d.Schema != report.Schema || d.Error != nil || (d.Reason == "") != v.Verifies {
				t.Errorf("schema %q, error %v, reason %q", d.Schema, d.Error, d.Reason)
			}
			offset := d.HeaderLength
			for i, r := range d.Records {
				if r.Number != i+1 || r.Offset != offset {
					t.Errorf("record %d at %d, want %d at %d", r.Number, r.Offset, i+1, offset)
				}
				offset += r.Length
			}
			if offset != d.Size {
				t.Errorf("header and records have %d bytes, the file %d", offset, d.Size)
			}
		})
	}
}

// decodeDocument decodes with the exported structs and wants no unknown field.
func decodeDocument(t *testing.T, s string) report.List {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(s))
	decoder.DisallowUnknownFields()
	var d report.List
	if err := decoder.Decode(&d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestSumOfVectors(t *testing.T) {
	for _, v := range readVectors(t, "lists.json") {
		code, stdout, stderr := runCommand("sum", testdata+v.File)
		want := "size    " + strconv.Itoa(v.Size) + "\nMD5     " + v.MD5 + "\nSHA-1   " + v.SHA1 + "\nSHA-512 " + v.SHA512 + "\n"
		if code != exitYes || stdout != want || stderr != "" {
			t.Errorf("%s: exit code %d\n%s%s", v.File, code, cmp.Diff(want, stdout), stderr)
		}
	}
}

// A broken file gives exit code 3, a line that names the file and an offset
// inside it, and a listing that says so.
func TestBrokenVectors(t *testing.T) {
	place := regexp.MustCompile(`^ctlinspect: (\S+): offset (\d+) \(0x[0-9a-f]+\), .*\n$`)
	for _, v := range readVectors(t, "broken.json") {
		t.Run(v.File, func(t *testing.T) {
			code, stdout, stderr := runCommand("show", testdata+v.File)
			if v.File == "broken/cut-after-header.tlv" {
				if code != exitNo {
					t.Errorf("exit code %d, want %d", code, exitNo)
				}
				return
			}
			if code != exitUnreadable {
				t.Errorf("exit code %d, want %d", code, exitUnreadable)
			}
			if !strings.HasSuffix(stdout, "Error parsing the CTL File.\n") {
				t.Errorf("output does not end with the error:\n%s", stdout)
			}
			m := place.FindStringSubmatch(stderr)
			if m == nil || m[1] != testdata+v.File {
				t.Fatalf("no place in %q", stderr)
			}
			if offset, _ := strconv.Atoi(m[2]); offset >= max(v.Size, 1) {
				t.Errorf("offset %d is outside of %d bytes", offset, v.Size)
			}
		})
	}
}

func TestCannotWriteOutput(t *testing.T) {
	for _, args := range [][]string{
		{"show"}, {"--json"}, {"--brief"}, {"verify"}, {"sum"}, {"man"},
		{"compare", testdata + "CTLFile.tlv"}, {"compare", "--json", testdata + "CTLFile.tlv"}, {"accept"}, {"accept", "--json"},
	} {
		if args[0] != "man" {
			args = append(args, testdata+"CTLFile.tlv")
		}
		var stderr bytes.Buffer
		code := run(context.Background(), args, nil, fullDisk{}, &stderr)
		if code != exitUnreadable || !strings.Contains(stderr.String(), "no space left on device") {
			t.Errorf("%v: exit code %d, %q", args, code, stderr.String())
		}
	}
}

// fullDisk takes nothing.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, syscall.ENOSPC }
