// Package phones reads the web pages of phones. It only reads: it presses no keys
// and deletes nothing.
package phones

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/compare"
)

// A Page is one of the pages of a phone.
type Page string

// Pages, by the adapter that they are asked for with [S].
const (
	NetworkSetup   Page = "device.statistics.configuration"
	StatusMessages Page = "device.settings.status.messages"
	Alarms         Page = "device.trace.display.alarm"
)

// Options say how phones are asked.
type Options struct {
	HTTPS   bool
	Timeout time.Duration // for one page as a whole
}

// A Client reads pages. It is safe for concurrent use.
type Client struct {
	scheme  string
	timeout time.Duration
	http    *http.Client
}

// maxRedirects is enough for a phone that sends HTTP to its HTTPS port.
const maxRedirects = 3

// New makes a client. It goes straight to the phone: no proxy, whose answer would
// be taken for the phone's. Certificates of phones are their own, so HTTPS checks
// none: what a page says is evidence and no proof. TLS 1.0 and old cipher suites
// are allowed, as 79xx phones have no others.
func New(o Options) *Client {
	c := &Client{scheme: "http", timeout: o.Timeout}
	if o.HTTPS {
		c.scheme = "https"
	}
	dialer := &net.Dialer{}
	c.http = &http.Client{
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, CipherSuites: allSuites()},
			DisableKeepAlives:      true,
			DisableCompression:     true,
			MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: sameHost,
	}
	return c
}

func allSuites() []uint16 {
	var ids []uint16
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		ids = append(ids, s.ID)
	}
	return ids
}

// sameHost follows a phone to its other port, and to no other host.
func sameHost(req *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return errors.New("too many redirects")
	}
	if req.URL.Hostname() != via[0].URL.Hostname() {
		return fmt.Errorf("the phone redirects to another host, %q, which is not asked", req.URL.Hostname())
	}
	return nil
}

// Get reads a page, compare.MaxPageSize bytes at most. The address is a host name or
// an IP address, with a port if it is not the usual one.
func (c *Client) Get(ctx context.Context, address string, page Page) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	u := url.URL{Scheme: c.scheme, Host: hostOf(address), Path: "/CGI/Java/Serviceability", RawQuery: "adapter=" + string(page)}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("%q is not an address", address)
	}
	req.Header.Set("User-Agent", "ctlinspect")
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.explain(ctx, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the phone answers %q", resp.Status)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, compare.MaxPageSize+1))
	switch {
	case err != nil:
		return nil, c.explain(ctx, err)
	case len(data) > compare.MaxPageSize:
		return nil, fmt.Errorf("the page is larger than %d KiB", compare.MaxPageSize>>10)
	}
	return data, nil
}

// hostOf puts an IPv6 address into brackets.
func hostOf(address string) string {
	if ip := net.ParseIP(address); ip != nil && strings.Contains(address, ":") {
		return "[" + address + "]"
	}
	return address
}

func (c *Client) explain(ctx context.Context, err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("no whole answer within %s; is web access enabled for this phone?", c.timeout)
	}
	return err
}

// A Reading is what a phone's pages said.
type Reading struct {
	Page *compare.Page // nil if no page could be read
	Data []byte        // of the page Network Setup
	Err  error         // why there is no evidence
}

// Read reads what a phone says of its lists: Network Setup, and on models that do
// not show them there the status messages and the alarms.
func (c *Client) Read(ctx context.Context, address string) Reading {
	data, err := c.Get(ctx, address, NetworkSetup)
	if err != nil {
		return Reading{Err: err}
	}
	r := Reading{Data: data}
	r.Page, r.Err = compare.ParsePage(bytes.NewReader(data))
	if !errors.Is(r.Err, compare.ErrNoListRows) {
		return r
	}
	for _, name := range []Page{StatusMessages, Alarms} {
		data, err = c.Get(ctx, address, name)
		if err != nil {
			continue
		}
		if page, err := compare.ParsePage(bytes.NewReader(data)); err == nil {
			r.Page.Evidence, r.Err = append(r.Page.Evidence, page.Evidence...), nil
		}
	}
	return r
}
