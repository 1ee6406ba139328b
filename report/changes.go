package report

import (
	"fmt"
	"strings"

	"github.com/ctlinspect/ctlinspect/compare"
)

// Changes says, one line per record, how the records of two lists differ.
func Changes(d *compare.Difference) []string {
	var lines []string
	for _, r := range d.Records {
		switch r.Kind() {
		case compare.ChangeAdded:
			lines = append(lines, fmt.Sprintf("record %d added: %s", r.New, recordLabel(r.Record)))
		case compare.ChangeRemoved:
			lines = append(lines, fmt.Sprintf("record %d removed: %s", r.Old, recordLabel(r.Record)))
		case compare.ChangeMoved:
			lines = append(lines, fmt.Sprintf("record %d moved to %d: %s", r.Old, r.New, recordLabel(r.Record)))
		default:
			lines = append(lines, fmt.Sprintf("record %s changed (%s), now: %s", recordPlace(r), fieldNames(r.Fields), recordLabel(r.Record)))
		}
	}
	return lines
}

func fieldNames(changes []compare.FieldChange) string {
	names := make([]string, len(changes))
	for i, c := range changes {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}
