package serve

import (
	"crypto/tls"
	"errors"
	"os"
	"sync"
	"time"
)

// A certificate is one of files that are read again when they change.
type certificate struct {
	certFile, keyFile string

	mu      sync.Mutex
	now     *tls.Certificate
	changed time.Time // of the files that now is of
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	info, err := os.Stat(c.certFile)
	if err == nil && c.now != nil && info.ModTime().Equal(c.changed) {
		return c.now, nil
	}
	pair, e := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err = errors.Join(err, e); err != nil {
		if c.now != nil { // half of a change; the old one is better than none
			return c.now, nil
		}
		return nil, err
	}
	c.now, c.changed = &pair, info.ModTime()
	return c.now, nil
}
