package serve

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
)

// guard says who may ask. A page that some name leads to this machine for (DNS
// rebinding) asks for a host of another name, and a page of elsewhere has another
// origin; neither gets further than this.
type guard struct {
	keys    [][sha256.Size]byte
	hosts   []string
	origins []string
}

func newGuard(o Options) guard {
	g := guard{origins: o.Origins}
	for _, key := range o.Keys {
		g.keys = append(g.keys, sha256.Sum256([]byte(key)))
	}
	for _, h := range o.Hosts {
		g.hosts = append(g.hosts, strings.ToLower(strings.TrimSuffix(h, ".")))
	}
	if name, err := os.Hostname(); err == nil && name != "" {
		name = strings.ToLower(name)
		g.hosts = append(g.hosts, name, name+".local")
	}
	return g
}

// check refuses what may not be asked, and tells whether the request is answered
// already, as a browser's question whether it may ask is.
func (g *guard) check(rt *route, w http.ResponseWriter, r *http.Request) (answered bool, err error) {
	if !g.host(r.Host) {
		return false, &Error{Status: http.StatusForbidden, Code: "host_not_allowed", Param: "Host", Message: fmt.Sprintf("this server does not answer for %.100q; --hosts can allow it", r.Host)}
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		if !g.origin(origin, r.Host) {
			return false, &Error{Status: http.StatusForbidden, Code: "origin_not_allowed", Param: "Origin", Message: fmt.Sprintf("pages of %.100q may not ask; --origins can allow it", origin)}
		}
		if g.share(w.Header(), r, origin); r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			w.WriteHeader(http.StatusNoContent)
			return true, nil
		}
	}
	if key, ok := g.key(r); ok {
		requestOf(r.Context()).client = key
	} else if !rt.open {
		if strings.Contains(r.Header.Get("Accept"), "text/html") { // a person, whom the browser can ask
			w.Header().Set("WWW-Authenticate", `Basic realm="zoo", charset="UTF-8"`)
		}
		return false, &Error{Status: http.StatusUnauthorized, Message: "an API key is wanted, as Authorization: Bearer KEY, x-api-key or api-key"}
	}
	return false, nil
}

// host tells whether the server answers for a host: an address, which is nobody else's
// name, this machine's names, or one that is allowed.
func (g *guard) host(host string) bool {
	name := host
	if h, port, err := net.SplitHostPort(host); err == nil {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil && port != "" {
			return false
		}
		name = h
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if a, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil && a.Zone() == "" {
		return true
	}
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || slices.Contains(g.hosts, name) || slices.Contains(g.hosts, "*")
}

// origin tells whether pages of an origin may ask: the server's own, and those allowed.
func (g *guard) origin(origin, host string) bool {
	if slices.Contains(g.origins, origin) || slices.Contains(g.origins, "*") {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && strings.EqualFold(u.Host, host)
}

// share tells a browser that a page of that origin may ask and read the answer.
func (g *guard) share(h http.Header, r *http.Request, origin string) {
	h.Set("Access-Control-Allow-Origin", origin)
	h.Add("Vary", "Origin")
	if r.Method != http.MethodOptions {
		h.Set("Access-Control-Expose-Headers", "X-Request-Id, Retry-After")
		return
	}
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, DELETE")
	if wanted := r.Header.Get("Access-Control-Request-Headers"); wanted != "" {
		h.Set("Access-Control-Allow-Headers", wanted)
		h.Add("Vary", "Access-Control-Request-Headers")
	}
	if r.Header.Get("Access-Control-Request-Private-Network") != "" {
		h.Set("Access-Control-Allow-Private-Network", "true")
	}
	h.Set("Access-Control-Max-Age", "600")
}

// key tells whether a request may pass, and which client it is from. Keys are compared
// by their hashes, each in the same time, so that a guess learns nothing from how long
// its refusal takes.
func (g *guard) key(r *http.Request) (client string, ok bool) {
	client = "address " + r.RemoteAddr
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		client = "address " + host
	}
	if len(g.keys) == 0 {
		return client, true
	}
	for _, given := range presented(r) {
		sum := sha256.Sum256([]byte(given))
		for i := range g.keys {
			if subtle.ConstantTimeCompare(sum[:], g.keys[i][:]) == 1 {
				client, ok = fmt.Sprintf("key %d", i+1), true
			}
		}
	}
	return client, ok
}

// presented returns the keys that a request shows.
func presented(r *http.Request) []string {
	keys := []string{r.Header.Get("x-api-key"), r.Header.Get("api-key")}
	if scheme, key, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		keys = append(keys, strings.TrimSpace(key))
	}
	if _, password, ok := r.BasicAuth(); ok { // of a browser that asked a person
		keys = append(keys, password)
	}
	return slices.DeleteFunc(keys, func(k string) bool { return k == "" })
}
