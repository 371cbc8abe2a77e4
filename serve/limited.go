package serve

import (
	"net"
	"sync"
)

// limited is a listener of so many connections at once; others wait to be accepted.
type limited struct {
	net.Listener
	free chan struct{}
	once sync.Once
	done chan struct{}
}

func limitListener(l net.Listener, most int) net.Listener {
	return &limited{Listener: l, free: make(chan struct{}, most), done: make(chan struct{})}
}

func (l *limited) Accept() (net.Conn, error) {
	select {
	case l.free <- struct{}{}:
	case <-l.done:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.free
		return nil, err
	}
	return &limitedConn{Conn: c, release: sync.OnceFunc(func() { <-l.free })}, nil
}

func (l *limited) Close() error {
	l.once.Do(func() { close(l.done) })
	return l.Listener.Close()
}

type limitedConn struct {
	net.Conn
	release func()
}

func (c *limitedConn) Close() error {
	defer c.release()
	return c.Conn.Close()
}
