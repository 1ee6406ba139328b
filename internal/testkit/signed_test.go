package testkit

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/signed"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// lists returns the lists of a phone.
func (c *Case) lists(t *testing.T, part string) []*trust.List {
	t.Helper()
	var lists []*trust.List
	for _, data := range c.Parts[part] {
		l, err := trust.Read(data)
		if err != nil {
			t.Fatal(err)
		}
		lists = append(lists, l)
	}
	return lists
}

func TestSignedFiles(t *testing.T) {
	for _, c := range Cases(t, "signed", "encrypted") {
		t.Run(c.Name, func(t *testing.T) { c.checkSigned(t) })
	}
}

func (c *Case) checkSigned(t *testing.T) {
	lists := c.lists(t, "list")
	j, err := signed.Judge(c.Get("asked-name"), c.Part("file"), signed.Against{Lists: lists})
	if err != nil {
		c.checkNoSigned(t, err)
		return
	}
	c.check(t, "header-length", strconv.Itoa(j.File.Header.Length()))
	c.check(t, "content-length", strconv.Itoa(len(j.File.Content)))
	var odd *trust.UnprovenError
	var list *signed.ListError
	switch reason := signed.ReasonOf(j.Reason); {
	case j.Good():
		c.checkVerified(t, j.Verified)
	case errors.As(j.Reason, &odd): // the signature is right; what phones do is another question
		v, err := signed.Verify(j.File, lists...)
		if err != nil {
			t.Fatal(err)
		}
		c.checkVerified(t, v)
	case errors.As(j.Reason, &list):
		c.check(t, "expect", "not verified")
		c.check(t, "reason", string(trust.ReasonOf(list.Err)))
	case reason == signed.Reason(trust.ReasonAmbiguous):
		c.check(t, "expect", "ambiguous")
	default:
		c.check(t, "expect", "not verified")
		c.check(t, "reason", string(reason))
	}
	if c.has("decrypts") {
		c.checkPlain(t, j.File)
	}
}

func (c *Case) checkVerified(t *testing.T, v *signed.Verified) {
	t.Helper()
	c.check(t, "expect", "verified")
	c.check(t, "list", strconv.Itoa(v.List+1))
	c.check(t, "record", strconv.Itoa(v.Number))
	digest, _ := v.Digest.MarshalText()
	c.check(t, "digest", string(digest))
	if c.Get("warning") == "yes" && len(v.Warnings) == 0 {
		t.Errorf("no warning: %s", c.Get("why"))
	}
}

func (c *Case) checkNoSigned(t *testing.T, err error) {
	t.Helper()
	if c.Get("expect") != "not a signed file" {
		t.Fatalf("%v; expected %s", err, c.Get("expect"))
	}
	var pe *tlv.ParseError
	if !errors.As(err, &pe) {
		t.Fatalf("not a ParseError: %v", err)
	}
	c.check(t, "offset", strconv.Itoa(pe.Offset))
	c.check(t, "record", strconv.Itoa(pe.Record))
	for cause, word := range causes {
		if errors.Is(err, cause) {
			c.check(t, "reason", word)
		}
	}
}

func (c *Case) checkPlain(t *testing.T, f *tlv.SignedFile) {
	t.Helper()
	key, err := x509.ParsePKCS8PrivateKey(c.Part("key"))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := signed.Decrypt(f, key)
	switch {
	case c.Get("decrypts") == "no":
		if err == nil {
			t.Errorf("decrypted: %s", c.Get("why"))
		}
	case err != nil:
		t.Errorf("%v: %s", err, c.Get("why"))
	case !bytes.Equal(plain, c.Part("plain")):
		t.Errorf("another plain text: %q", plain)
	}
}

func TestFirmware(t *testing.T) {
	for _, c := range Cases(t, "firmware") {
		t.Run(c.Name, func(t *testing.T) {
			key, err := signed.ParseFirmwareKey(fmt.Sprintf("%x", c.Part("modulus")))
			if err != nil {
				t.Fatal(err)
			}
			j, err := signed.Judge("", c.Part("file"), signed.Against{Firmware: &key})
			if err != nil {
				t.Fatal(err)
			}
			if !j.Good() {
				c.check(t, "expect", "not verified")
				return
			}
			c.check(t, "expect", "verified")
			c.check(t, "signed-at", j.SignedAt.Format(time.RFC3339))
		})
	}
}

func TestImages(t *testing.T) {
	for _, c := range Cases(t, "image") {
		t.Run(c.Name, func(t *testing.T) {
			image, err := signed.ParseImage(c.Part("file"))
			switch {
			case err != nil:
				c.check(t, "expect", "not an image")
				return
			case !image.Intact():
				c.check(t, "expect", "damaged")
				return
			}
			c.check(t, "expect", "whole")
			c.check(t, "filename", image.Name)
			c.check(t, "content-length", strconv.Itoa(len(image.Content)))
		})
	}
}
