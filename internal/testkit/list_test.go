package testkit

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// causes are the words of the kit for why a file is no list.
var causes = map[error]string{
	tlv.ErrNotTrustList: "start", tlv.ErrTruncated: "length", tlv.ErrLength: "length", tlv.ErrSize: "size",
	tlv.ErrMissing: "missing", tlv.ErrTag: "tag", tlv.ErrNesting: "nesting",
}

func TestLists(t *testing.T) {
	for _, c := range Cases(t, "list") {
		t.Run(c.Name, func(t *testing.T) {
			l, err := trust.Read(c.Part("list"))
			if err != nil {
				c.checkParseError(t, err)
				return
			}
			c.check(t, "header-length", strconv.Itoa(l.Header.Length()))
			c.check(t, "records", strconv.Itoa(len(l.Records)))
			c.check(t, "roles", roles(l))
			v, err := l.Verify()
			switch reason := trust.ReasonOf(err); {
			case err == nil:
				c.check(t, "expect", "verified")
				c.check(t, "record", strconv.Itoa(v.Number))
				digest, _ := v.Digest.MarshalText()
				c.check(t, "digest", string(digest))
				if c.Get("warning") == "yes" && len(v.Warnings) == 0 {
					t.Errorf("no warning: %s", c.Get("why"))
				}
			case reason == trust.ReasonAmbiguous:
				c.check(t, "expect", "ambiguous")
			default:
				c.check(t, "expect", "not verified")
				c.check(t, "reason", string(reason))
				c.check(t, "record", recordOf(err))
			}
		})
	}
}

func (c *Case) checkParseError(t *testing.T, err error) {
	t.Helper()
	c.check(t, "expect", "not a trust list")
	var pe *tlv.ParseError
	if !errors.As(err, &pe) {
		t.Fatalf("not a ParseError: %v", err)
	}
	c.check(t, "record", strconv.Itoa(pe.Record))
	c.check(t, "offset", strconv.Itoa(pe.Offset))
	for cause, word := range causes {
		if errors.Is(err, cause) {
			c.check(t, "reason", word)
			return
		}
	}
	t.Errorf("another cause: %v", err)
}

func roles(l *trust.List) string {
	var list []string
	for _, r := range l.Records {
		if r.Role() == tlv.RoleAbsent {
			list = append(list, "-")
			continue
		}
		list = append(list, strconv.Itoa(int(r.Role())))
	}
	return strings.Join(list, " ")
}

// recordOf is the record that an error is about.
func recordOf(err error) string {
	var wrong *trust.SignatureError
	var role *trust.NotSASTError
	switch {
	case errors.As(err, &wrong):
		return strconv.Itoa(wrong.Number)
	case errors.As(err, &role):
		return strconv.Itoa(role.Number)
	}
	return ""
}
