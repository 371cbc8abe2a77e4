// Command tokenizer measures the zoo's tokenizers against Hugging Face's and
// tiktoken, by turns on one corpus. README.md says how.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nlp-zoo/zoo/tokenizer"
)

func main() {
	shared := flag.String("shared", "../../../shared", "folder of the shared data")
	python := flag.String("python", "python3", "Python that has the peers installed")
	dir := flag.String("vocabularies", "", "folder that tools/golden/tokenizer.py --out wrote, for the peers' tokenizer.json")
	only := flag.String("only", "", "vocabularies to measure, by commas")
	threads := flag.String("threads", "1,2", "numbers of threads, by commas")
	rounds := flag.Int("rounds", 5, "turns of each; the median counts")
	size := flag.Int("size", 20<<20, "bytes of corpus")
	alone := flag.Bool("alone", false, "without the peers")
	flag.Parse()
	docs, err := corpus(*shared, *size)
	if err == nil {
		b := bench{shared: *shared, python: *python, dir: *dir, rounds: *rounds, alone: *alone, docs: docs}
		err = b.run(strings.Split(*only, ","), strings.Split(*threads, ","))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "tokenizer:", err)
		os.Exit(1)
	}
}

// subject is a vocabulary that is measured.
type subject struct {
	name, peer, path string
}

type bench struct {
	shared, python, dir string
	rounds              int
	alone               bool
	docs                []string
	file                string // the docs, for the peers
}

func (b *bench) subjects() []subject {
	data := filepath.Join(b.shared, "data/tokenizers")
	made := func(name string) string { return filepath.Join(b.dir, name, "tokenizer.json") }
	return []subject{
		{"gpt-neox", "tokenizers", filepath.Join(data, "gpt-neox/20B_tokenizer.json")},
		{"roberta", "tokenizers", made("roberta")},
		{"qwen2", "tokenizers", made("qwen2")},
		{"r50k", "tiktoken", filepath.Join(data, "tiktoken/r50k_base.tiktoken")},
		{"cl100k", "tiktoken", filepath.Join(data, "tiktoken/cl100k_base.tiktoken")},
		{"bert-base-uncased", "tokenizers", made("bert-base-uncased")},
		{"bert-multilingual-cased", "tokenizers", made("bert-multilingual-cased")},
		{"t5-json", "tokenizers", made("t5-json")},
		{"xlnet-json", "tokenizers", made("xlnet-json")},
		{"mistral-json", "tokenizers", made("mistral-json")},
	}
}

func (b *bench) run(only, threads []string) error {
	f, err := os.CreateTemp("", "corpus")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	b.file = f.Name()
	if _, err := io.WriteString(f, strings.Join(b.docs, "\x00")+"\x00"); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	fmt.Println("vocabulary               threads   zoo MB/s  peer MB/s  ratio  ids (zoo, peer)")
	for _, s := range b.subjects() {
		if only[0] != "" && !slices.Contains(only, s.name) {
			continue
		}
		for _, n := range threads {
			count, err := strconv.Atoi(n)
			if err != nil {
				return err
			}
			if err := b.measure(s, count); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	return nil
}

// measure lets the two take turns and prints the medians.
func (b *bench) measure(s subject, threads int) error {
	t, err := tokenizer.OpenFile(s.path)
	if err != nil {
		return err
	}
	bytes := 0
	for _, d := range b.docs {
		bytes += len(d)
	}
	var p *peer
	if !b.alone {
		if p, err = b.start(s, threads); err != nil {
			return err
		}
		defer p.stop()
	}
	own, ids := make([]float64, b.rounds), 0
	other, peerIDs := make([]float64, b.rounds), 0
	ratio := make([]float64, b.rounds)
	t.EncodeBatch(b.docs[:100], threads, tokenizer.Bare)
	for i := range b.rounds {
		begin := time.Now()
		all := t.EncodeBatch(b.docs, threads, tokenizer.Bare)
		own[i], ids = time.Since(begin).Seconds(), 0
		for _, doc := range all {
			ids += len(doc)
		}
		if p == nil {
			continue
		}
		if other[i], peerIDs, err = p.turn(); err != nil {
			return err
		}
		ratio[i] = other[i] / own[i]
	}
	mb := float64(bytes) / 1e6
	fmt.Printf("%-24s %7d %10.1f %10.1f %6.2f  %d %d\n", s.name, threads, mb/median(own), mb/median(other), median(ratio), ids, peerIDs)
	return nil
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	return x[len(x)/2]
}

// peer is a running peer.py.
type peer struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func (b *bench) start(s subject, threads int) (*peer, error) {
	p := &peer{cmd: exec.Command(b.python, "peer.py", s.peer, s.path, b.file, strconv.Itoa(threads))}
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	_, err = p.out.ReadString('\n')
	return p, err
}

// turn lets the peer encode the corpus once.
func (p *peer) turn() (seconds float64, ids int, err error) {
	if _, err = io.WriteString(p.in, "\n"); err != nil {
		return 0, 0, err
	}
	_, err = fmt.Fscanln(p.out, &seconds, &ids)
	return seconds, ids, err
}

func (p *peer) stop() {
	p.in.Close()
	_ = p.cmd.Wait() // it ended because its input did
}
