package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// newHTTPClient goes straight to the server: no proxy, whose answer would be
// taken for the server's; no redirection; no compression.
func (c *Client) newHTTPClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				return c.dial(ctx, network, address)
			},
			DialTLSContext:         c.dialTLS,
			DisableCompression:     true,
			MaxIdleConnsPerHost:    16,
			IdleConnTimeout:        30 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// getHTTP fetches a file. A server that does not answer or that hangs up is asked
// again.
func (c *Client) getHTTP(ctx context.Context, l Location) (data []byte, err error) {
	whole, cancel := context.WithTimeout(ctx, c.options.MaxTime)
	defer cancel()
	for try := range c.options.Tries {
		if try > 0 {
			pause(whole, min(time.Second, c.options.Timeout))
		}
		data, err = c.requestHTTP(whole, l)
		if r := ReasonOf(err); r != Timeout && r != Unreachable || whole.Err() != nil {
			break
		}
	}
	return data, err
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func (c *Client) requestHTTP(ctx context.Context, l Location) ([]byte, error) {
	ctx, w := newWatch(ctx, c.options.Timeout, c.options.MaxTime)
	defer w.end()
	u := url.URL{Scheme: l.Scheme, Host: l.address(), Path: "/" + l.Path}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, fail(BadLocation, err, "not a location")
	}
	req.Header.Set("User-Agent", "ctlinspect")
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, httpFailure(ctx, err)
	}
	defer resp.Body.Close()
	w.heard()
	if err := statusFailure(resp); err != nil {
		return nil, err
	}
	if resp.ContentLength > MaxSize {
		return nil, tooLarge()
	}
	data, err := readLimited(watchedReader{resp.Body, w}, MaxSize)
	if err != nil {
		return nil, httpFailure(ctx, err)
	}
	return data, nil
}

type watchedReader struct {
	r     io.Reader
	watch *watch
}

func (r watchedReader) Read(b []byte) (int, error) {
	n, err := r.r.Read(b)
	if n > 0 {
		r.watch.heard()
	}
	return n, err
}

func statusFailure(resp *http.Response) error {
	switch code := resp.StatusCode; {
	case code == http.StatusOK:
		return nil
	case code == http.StatusNotFound || code == http.StatusGone:
		return fail(NotFound, nil, "the server has no such file: %q", resp.Status)
	case code >= 300 && code < 400:
		return fail(Protocol, nil, "the server answers %q to %q; redirects are not followed; fetch that URL yourself if you trust it", resp.Status, resp.Header.Get("Location"))
	}
	return fail(Refused, nil, "the server answers %q", resp.Status)
}

func httpFailure(ctx context.Context, err error) error {
	var f *failure
	if errors.As(context.Cause(ctx), &f) {
		return f
	}
	var header tls.RecordHeaderError
	var cert *tls.CertificateVerificationError
	var alert tls.AlertError
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // the location is named already
	}
	switch {
	case errors.As(err, &f):
		return err
	case errors.As(err, &cert):
		return fail(Untrusted, cert.Err, "the server's certificate is not trusted (name it with --cafile FILE, or skip the check with --insecure; a trust list is signed anyway)")
	case errors.As(err, &header), errors.As(err, &alert):
		return fail(Protocol, err, "no TLS connection; is it an https port?")
	}
	return networkFailure(err)
}
