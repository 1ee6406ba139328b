package main

import (
	"cmp"
	"crypto/sha1"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/fleet"
	"github.com/ctlinspect/ctlinspect/internal/fleetpage"
	"github.com/ctlinspect/ctlinspect/trust"
)

// fleetTime is when the report was made.
var fleetTime = time.Date(2026, 11, 21, 22, 30, 0, 0, time.UTC)

// What so many phones of a model hold.
var holdings = []struct {
	phones int
	model  string
	list   string // of testdata/lists, "" for none, "?" for one that nobody knows
}{
	{6210, "CP-8841", "itl-sha512-ec"},
	{2988, "CP-7841", "itl-sha512-ec"},
	{37, "CP-7962", "itl-8.6"},
	{12, "CP-8865", "?"},
	{5, "CP-7841", ""},
}

// writeFleet writes the report of 9,252 phones in a change window.
func writeFleet(folder string) (string, error) {
	server, err := known("itl-sha512-ec", "cucm-pub/ITLFile.tlv", fleet.SetServer)
	old, err2 := known("itl-8.6", "archive/2011/ITLFile.tlv", fleet.SetArchive)
	next, err3 := known("itl-by-recovery", "after/ITLFile.tlv", "")
	if err := cmp.Or(err, err2, err3); err != nil {
		return "", err
	}
	lists := fleet.Lists{Known: []fleet.Known{server, old}, Next: []fleet.Known{next}}
	f := fleet.New(lists)
	csv, err := phones()
	if err != nil {
		return "", err
	}
	if err := f.Read("phones.csv", strings.NewReader(csv)); err != nil {
		return "", err
	}
	name := filepath.Join(folder, "report.html")
	file, err := os.Create(name)
	if err != nil {
		return "", err
	}
	return "file://" + name, cmp.Or(fleetpage.Write(file, f.Report(), lists, fleetTime), file.Close())
}

// phones is what "ctlinspect phones" would print of the holdings.
func phones() (string, error) {
	var csv strings.Builder
	csv.WriteString("device,model,ctl,itl\n")
	number := 0
	for _, h := range holdings {
		held := "not installed"
		switch h.list {
		case "":
		case "?":
			held = strings.Repeat("5e", sha1.Size)
		default:
			data, err := os.ReadFile(listFile(h.list))
			if err != nil {
				return "", err
			}
			held = fmt.Sprintf("%x", sha1.Sum(data))
		}
		for range h.phones {
			fmt.Fprintf(&csv, "SEP00112233%04X,%s,not installed,%s\n", number, h.model, held)
			number++
		}
	}
	return csv.String(), nil
}

func known(list, name string, set fleet.Set) (fleet.Known, error) {
	data, err := os.ReadFile(listFile(list))
	if err != nil {
		return fleet.Known{}, err
	}
	l, err := trust.Read(data)
	return fleet.Known{Name: name, Set: set, List: l}, err
}

func listFile(name string) string { return filepath.Join("testdata", "lists", name+".tlv") }
