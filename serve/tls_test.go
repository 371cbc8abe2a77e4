package serve

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func listener(t *testing.T) net.Listener {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// writeCertificate writes a certificate for this machine and its key, and returns it.
func writeCertificate(t *testing.T, certFile, keyFile string) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<60))
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: "zoo"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, about, about, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{keyFile: {Type: "PRIVATE KEY", Bytes: private}, certFile: {Type: "CERTIFICATE", Bytes: der}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// A server with a certificate speaks TLS, HTTP/2 too, and takes a new certificate up when
// its files change.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	cert := writeCertificate(t, certFile, keyFile)
	s, addr, _ := listenTest(t, func(o *Options) { o.Cert, o.CertKey = certFile, keyFile })
	s.lines(&s.routes)
	ask := func(cert *x509.Certificate) (string, error) {
		roots := x509.NewCertPool()
		roots.AddCert(cert)
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
		defer transport.CloseIdleConnections()
		req, err := http.NewRequestWithContext(t.Context(), "POST", "https://"+addr+"/test/write", strings.NewReader(`{"prompt":"a","max_tokens":4}`))
		if err != nil {
			return "", err
		}
		res, err := (&http.Client{Transport: transport}).Do(req)
		if err != nil {
			return "", err
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		return res.Proto + " " + string(text), err
	}
	if got, err := ask(cert); err != nil || !strings.HasPrefix(got, "HTTP/2.0 ") || !strings.Contains(got, `"length"`) {
		t.Errorf("%s, %v", got, err)
	}
	again := writeCertificate(t, certFile, keyFile)
	later := time.Now().Add(time.Minute)
	if err := os.Chtimes(certFile, later, later); err != nil {
		t.Fatal(err)
	}
	if _, err := ask(cert); err == nil {
		t.Error("the old certificate is still there")
	}
	if got, err := ask(again); err != nil {
		t.Errorf("%s, %v", got, err)
	}
	// In the clear, and with half a change of the files.
	if got := raw(t, addr, time.Second, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"); !strings.Contains(got, "400 Bad Request") {
		t.Errorf("in the clear: %q", got)
	}
	if err := os.WriteFile(certFile, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := ask(again); err != nil {
		t.Errorf("with half a change: %s, %v", got, err)
	}
}

// A certificate that is not there, or is given without its key, is an error at once.
func TestNoCertificate(t *testing.T) {
	s, err := New(Options{Models: hatchlings, Cert: "/nowhere/tls.crt", CertKey: "/nowhere/tls.key", Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(context.Background(), listener(t)); err == nil || !strings.Contains(err.Error(), "/nowhere/tls.crt") {
		t.Error(err)
	}
	if _, err := New(Options{Models: hatchlings, Cert: "/nowhere/tls.crt", Log: quiet()}); err == nil {
		t.Error("a certificate without a key")
	}
}
