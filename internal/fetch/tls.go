package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net"
	"slices"
)

// readCAFile reads the certificates to trust.
func (c *Client) readCAFile() error {
	name := c.options.CAFile
	data, err := readSmall(name)
	if err != nil {
		return fail(BadOption, err, "cannot read the certificates")
	}
	c.roots = x509.NewCertPool()
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return fail(BadOption, err, "%s: a certificate cannot be read", name)
		}
		c.roots.AddCert(cert)
		c.pinned = append(c.pinned, cert)
	}
	if len(c.pinned) == 0 {
		return fail(BadOption, nil, "%s: holds no certificate in PEM", name)
	}
	return nil
}

// dialTLS checks certificates the usual way, but for one case: a certificate
// that is itself in CAFile need not bear the server's name. CUCM's own
// certificates often name a host and no address, or only in the common name.
func (c *Client) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{ServerName: host, RootCAs: c.roots, InsecureSkipVerify: c.options.Insecure}
	if !c.options.Insecure && len(c.pinned) > 0 {
		config.InsecureSkipVerify = true // VerifyConnection does it
		config.VerifyConnection = func(state tls.ConnectionState) error { return c.verifyServer(host, state) }
	}
	tcp, err := c.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	conn := tls.Client(tcp, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		tcp.Close()
		return nil, err
	}
	return conn, nil
}

func (c *Client) verifyServer(host string, state tls.ConnectionState) error {
	leaf := state.PeerCertificates[0]
	o := x509.VerifyOptions{Roots: c.roots, DNSName: host, Intermediates: x509.NewCertPool()}
	if slices.ContainsFunc(c.pinned, leaf.Equal) {
		o.DNSName = ""
	}
	for _, cert := range state.PeerCertificates[1:] {
		o.Intermediates.AddCert(cert)
	}
	if _, err := leaf.Verify(o); err != nil {
		return &tls.CertificateVerificationError{UnverifiedCertificates: state.PeerCertificates, Err: err}
	}
	return nil
}
