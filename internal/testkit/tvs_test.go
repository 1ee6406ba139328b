package testkit

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/tvs"
)

// tvsCauses are the words of the kit for why bytes are no message.
var tvsCauses = map[error]string{
	tvs.ErrNotTVS: "start", tvs.ErrVersion: "version", tvs.ErrTruncated: "length", tvs.ErrTrailing: "length", tvs.ErrLength: "element",
}

var tvsCommands = map[tvs.Command]string{
	tvs.CommandVerify: "VERIFY", tvs.CommandVerifyAnswer: "VERIFY answer", tvs.CommandQuery: "QUERY", tvs.CommandQueryAnswer: "QUERY answer",
}

func TestTVS(t *testing.T) {
	for _, c := range Cases(t, "tvs") {
		t.Run(c.Name, func(t *testing.T) {
			m, err := tvs.Parse(c.Part("message"))
			if err != nil {
				c.checkTVSError(t, err)
				return
			}
			c.check(t, "expect", "message")
			command, ok := tvsCommands[m.Command]
			if !ok {
				command = strconv.Itoa(int(m.Command))
			}
			c.check(t, "command", command)
			c.check(t, "session", strconv.FormatUint(uint64(m.Session), 10))
			var elements []string
			for _, e := range m.Elements {
				elements = append(elements, fmt.Sprintf("%d %d %d", e.Tag, len(e.Value), e.Offset))
			}
			if !slices.Equal(elements, c.Keys["element"]) {
				t.Errorf("elements %v, expected %v", elements, c.Keys["element"])
			}
			c.checkTVSValues(t, m)
		})
	}
}

func (c *Case) checkTVSValues(t *testing.T, m *tvs.Message) {
	t.Helper()
	c.check(t, "device", m.Device())
	c.check(t, "subject", m.Text(tvs.TagSubject))
	c.check(t, "issuer", m.Text(tvs.TagIssuer))
	for key, tag := range map[string]tvs.Tag{"serial": tvs.TagSerial, "status": tvs.TagStatus, "roles": tvs.TagRoles, "ttl": tvs.TagTTL, "certificate": tvs.TagCertificate} {
		value, _ := m.Find(tag)
		c.check(t, key, tvsValue(tag, value))
	}
}

func tvsValue(tag tvs.Tag, value []byte) string {
	switch tag {
	case tvs.TagSerial:
		return hex.EncodeToString(value)
	case tvs.TagCertificate:
		return strconv.Itoa(len(value))
	case tvs.TagRoles:
		var roles []string
		for _, b := range value {
			roles = append(roles, strconv.Itoa(int(b)))
		}
		return strings.Join(roles, " ")
	}
	n := uint64(0)
	for _, b := range value {
		n = n<<8 | uint64(b)
	}
	return strconv.FormatUint(n, 10)
}

func (c *Case) checkTVSError(t *testing.T, err error) {
	t.Helper()
	c.check(t, "expect", "not a TVS message")
	var pe *tvs.ParseError
	if !errors.As(err, &pe) {
		t.Fatalf("not a ParseError: %v", err)
	}
	c.check(t, "offset", strconv.Itoa(pe.Offset))
	for cause, word := range tvsCauses {
		if errors.Is(err, cause) {
			c.check(t, "reason", word)
			return
		}
	}
	t.Errorf("another cause: %v", err)
}
