package main

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"github.com/nlp-zoo/zoo/serve"
)

// object is a Kubernetes object, or a part of one.
type object map[string]any

func (o object) at(path ...any) any {
	var v any = map[string]any(o)
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[step]
		case int:
			l, _ := v.([]any)
			if step >= len(l) {
				return nil
			}
			v = l[step]
		}
	}
	return v
}

func objects(t *testing.T) map[string]object {
	t.Helper()
	files, err := filepath.Glob("../../deploy/kubernetes/*.yaml")
	if err != nil || len(files) < 4 {
		t.Fatalf("%d manifests: %v", len(files), err)
	}
	all := map[string]object{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		docs := yaml.NewDecoder(bytes.NewReader(text))
		docs.KnownFields(true)
		for {
			var o map[string]any
			if err := docs.Decode(&o); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			kind, _ := o["kind"].(string)
			if name := object(o).at("metadata", "name"); kind == "" || o["apiVersion"] == nil || name != "zoo" {
				t.Errorf("%s: %v %v %v", file, o["apiVersion"], kind, name)
			}
			all[kind] = o
		}
	}
	return all
}

// checkSettings fails if zoo serve does not take a command line, or a file of settings.
func checkSettings(t *testing.T, args []string, file string) *server {
	t.Helper()
	s := &server{g: &global{}, o: serve.Defaults()}
	flags := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	s.flags(flags)
	if err := flags.Parse(args); err != nil {
		t.Error(err)
	}
	if err := configure(flags, file, func(string) (string, bool) { return "", false }); err != nil {
		t.Error(err)
	}
	return s
}

// TestKubernetes holds the manifests to what the server has: flags, settings, paths and
// metrics.
func TestKubernetes(t *testing.T) {
	all := objects(t)
	container := object(all["Deployment"].at("spec", "template", "spec", "containers", 0).(map[string]any))
	var args []string
	for _, a := range container["args"].([]any) {
		args = append(args, a.(string))
	}
	if args[0] != "serve" {
		t.Errorf("args: %q", args)
	}
	settings := filepath.Join(t.TempDir(), "zoo.yaml")
	if err := os.WriteFile(settings, []byte(all["ConfigMap"].at("data", "zoo.yaml").(string)), 0o600); err != nil {
		t.Fatal(err)
	}
	s := checkSettings(t, args[1:], settings)
	if s.config != "/etc/zoo/zoo.yaml" || s.keyFile != "/etc/zoo-keys/api-keys" || container.at("volumeMounts", 0, "mountPath") != "/etc/zoo" || container.at("volumeMounts", 1, "mountPath") != "/etc/zoo-keys" {
		t.Errorf("settings at %s, keys at %s", s.config, s.keyFile)
	}
	grace := all["Deployment"].at("spec", "template", "spec", "terminationGracePeriodSeconds").(int)
	before := container.at("lifecycle", "preStop", "sleep", "seconds").(int)
	if s.o.Drain+time.Duration(before+5)*time.Second > time.Duration(grace)*time.Second {
		t.Errorf("%d s before, %v of drain and 5 s after do not fit %d s", before, s.o.Drain, grace)
	}
	if !strings.HasSuffix(s.addr, ":8080") || container.at("ports", 0, "containerPort") != 8080 || all["Service"].at("spec", "ports", 0, "targetPort") != container.at("ports", 0, "name") {
		t.Errorf("address %s", s.addr)
	}
	if all["HorizontalPodAutoscaler"].at("spec", "scaleTargetRef", "name") != all["Deployment"].at("metadata", "name") {
		t.Error("the autoscaler is of another deployment")
	}
	metric := all["HorizontalPodAutoscaler"].at("spec", "metrics", 0, "pods", "metric", "name").(string)
	checkPaths(t, metric, container.at("startupProbe", "httpGet", "path"), container.at("readinessProbe", "httpGet", "path"), container.at("livenessProbe", "httpGet", "path"),
		all["Deployment"].at("spec", "template", "metadata", "annotations", "prometheus.io/path"))
}

// checkPaths fails if a server that has written something does not answer under paths, or
// has no such metric.
func checkPaths(t *testing.T, metric string, paths ...any) {
	t.Helper()
	st := &server{g: &global{}, o: serve.Defaults()}
	specs, err := st.specs(nil)
	if err != nil {
		t.Fatal(err)
	}
	srv, err := serve.New(serve.Options{Models: specs, Default: st.o.Default})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	ask := func(method, path, body string) (int, string) {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
		r.Host = "localhost"
		srv.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	if code, body := ask("POST", "/api/generate", `{"model":"hatchling/gpt","prompt":"a","options":{"num_predict":1}}`); code != http.StatusOK {
		t.Errorf("%d %s", code, body)
	}
	for _, path := range paths {
		if code, body := ask("GET", path.(string), ""); code != http.StatusOK {
			t.Errorf("%v: %d %s", path, code, body)
		}
	}
	if _, body := ask("GET", "/metrics", ""); !strings.Contains(body, "\n"+metric+"{") {
		t.Errorf("there is no metric %s", metric)
	}
}

// TestUnit holds the systemd unit, and the settings beside it, to the command.
func TestUnit(t *testing.T) {
	text, err := os.ReadFile("../../deploy/zoo.service")
	if err != nil {
		t.Fatal(err)
	}
	unit := map[string]string{}
	section := ""
	for i, line := range strings.Split(string(text), "\n") {
		key, value, ok := strings.Cut(line, "=")
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			section = line
		case !ok || section == "" || !regexp.MustCompile(`^[A-Za-z]+$`).MatchString(key):
			t.Errorf("line %d: %s", i+1, line)
		default:
			unit[section+key] = value
		}
	}
	words := strings.Fields(unit["[Service]ExecStart"])
	if len(words) < 2 || words[0] != "/usr/local/bin/zoo" || words[1] != "serve" {
		t.Fatalf("it starts %q", words)
	}
	s := checkSettings(t, words[2:], "../../deploy/zoo.yaml")
	name, _, _ := strings.Cut(unit["[Service]LoadCredential"], ":")
	if s.keyFile != "${CREDENTIALS_DIRECTORY}/"+name {
		t.Errorf("keys in %s, which is not the credential %s", s.keyFile, name)
	}
	stop, err := time.ParseDuration(unit["[Service]TimeoutStopSec"] + "s")
	if err != nil || stop < s.o.Drain+5*time.Second {
		t.Errorf("%v for %v of drain: %v", stop, s.o.Drain, err)
	}
	if unit["[Install]WantedBy"] == "" || unit["[Service]NoNewPrivileges"] != "yes" {
		t.Errorf("%v", unit)
	}
}

// TestContainerfile holds the container's command line to the command.
func TestContainerfile(t *testing.T) {
	text, err := os.ReadFile("../../deploy/Containerfile")
	if err != nil {
		t.Fatal(err)
	}
	command := regexp.MustCompile(`(?m)^CMD \[(.*)\]$`).FindSubmatch(text)
	if command == nil || !bytes.Contains(text, []byte("\nFROM scratch\n")) || !bytes.Contains(text, []byte("CGO_ENABLED=0")) {
		t.Fatalf("%s", text)
	}
	var args []string
	for _, a := range strings.Split(string(command[1]), ",") {
		args = append(args, strings.Trim(a, ` "`))
	}
	port := regexp.MustCompile(`(?m)^EXPOSE (\d+)$`).FindSubmatch(text)
	if s := checkSettings(t, args[1:], ""); args[0] != "serve" || port == nil || s.addr != "0.0.0.0:"+string(port[1]) {
		t.Errorf("%q", args)
	}
	for _, m := range regexp.MustCompile(`zoo serve (--.*)`).FindAllSubmatch(text, -1) {
		checkSettings(t, strings.Fields(string(m[1])), "")
	}
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	of := regexp.MustCompile(`(?m)^FROM golang:(\S+) AS`).FindSubmatch(text)
	if of == nil || !regexp.MustCompile(`(?m)^go `+regexp.QuoteMeta(string(of[1]))+`(\.|$)`).Match(mod) {
		t.Errorf("it is built with Go %s", of)
	}
}
