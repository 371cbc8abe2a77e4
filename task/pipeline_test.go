package task_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/task"
)

// pipeline is a question to one of transformers' pipelines, and its answer; see
// tools/golden/tasks.py.
type pipeline struct {
	Task, Case                        string
	Text, Pair, Question, Aggregation string
	Labels                            []string
	Template                          string `json:"hypothesis_template"`
	MultiLabel                        bool   `json:"multi_label"`
	Stride                            int
	TopK                              int  `json:"top_k"`
	Impossible                        bool `json:"handle_impossible_answer"`
	MaxAnswer                         int  `json:"max_answer_len"`
	DocStride                         int  `json:"doc_stride"`
	MaxSeq                            int  `json:"max_seq_len"`
	Answer                            json.RawMessage
}

// scored is a part of an answer in any task.
type scored struct {
	Label, Entity string
	Group         string `json:"entity_group"`
	Score         float64
	Answer        string
	Start, End    int
}

// TestPipelines: the tasks give what transformers' pipelines give, alone and through a
// gatherer.
func TestPipelines(t *testing.T) {
	data, err := os.ReadFile("testdata/pipelines.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []pipeline
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	open := map[string]*model.Model{}
	gatherers := map[string]*task.Gatherer{}
	for i, p := range all {
		if open[p.Case] == nil {
			m, err := model.Open("testdata/" + p.Case)
			if err != nil {
				t.Fatal(err)
			}
			open[p.Case], gatherers[p.Case] = m, task.NewGatherer(m, 0)
			t.Cleanup(func() { gatherers[p.Case].Close(); m.Close() })
		}
		want := p.want(t)
		for way, got := range map[string]func() ([]scored, error){
			"alone": func() ([]scored, error) { return p.alone(t.Context(), open[p.Case]) },
			"among": func() ([]scored, error) { return p.among(t.Context(), gatherers[p.Case]) },
		} {
			rows, err := got()
			if err != nil {
				t.Errorf("%d %s %s %s: %v", i, p.Task, p.Case, way, err)
				continue
			}
			same(t, i, p, rows, want)
		}
	}
}

func same(t *testing.T, i int, p pipeline, got, want []scored) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d %s %s: %d parts, want %d\n%v\n%v", i, p.Task, p.Case, len(got), len(want), got, want)
		return
	}
	for k, w := range want {
		g := got[k]
		if g.Label != w.Label || g.Start != w.Start || g.End != w.End || g.Answer != w.Answer || math.Abs(g.Score-w.Score) > 2e-5 {
			t.Errorf("%d %s %s %s: part %d is %+v, want %+v", i, p.Task, p.Case, p.Aggregation, k, g, w)
		}
	}
}

// want reads the pipeline's answer.
func (p pipeline) want(t *testing.T) (all []scored) {
	if p.Task == "zero-shot" {
		var z struct {
			Labels []string
			Scores []float64
		}
		if err := json.Unmarshal(p.Answer, &z); err != nil {
			t.Fatal(err)
		}
		for i, label := range z.Labels {
			all = append(all, scored{Label: label, Score: z.Scores[i]})
		}
		return all
	}
	if err := json.Unmarshal(p.Answer, &all); err != nil {
		t.Fatal(err)
	}
	for i := range all {
		all[i].Label += all[i].Entity + all[i].Group
		all[i].Entity, all[i].Group = "", ""
	}
	return all
}

func (p pipeline) tagOptions() task.TagOptions {
	return task.TagOptions{Aggregation: task.Aggregation(p.Aggregation), Stride: p.Stride}
}

func (p pipeline) answerOptions() task.AnswerOptions {
	return task.AnswerOptions{Top: p.TopK, Impossible: p.Impossible, Longest: p.MaxAnswer, Stride: p.DocStride, Window: p.MaxSeq}
}

func (p pipeline) zeroShotOptions() task.ZeroShotOptions {
	return task.ZeroShotOptions{Template: p.Template, Many: p.MultiLabel}
}

func (p pipeline) alone(ctx context.Context, m *model.Model) ([]scored, error) {
	switch p.Task {
	case "classify":
		all, err := task.Classify(ctx, m, []task.Pair{{Text: p.Text, Second: p.Pair}})
		if err != nil {
			return nil, err
		}
		return labels(all[0], nil)
	case "zero-shot":
		return labels(task.ZeroShot(ctx, m, p.Text, p.Labels, p.zeroShotOptions()))
	case "tag":
		return p.entities(task.Tag(ctx, m, p.Text, p.tagOptions()))
	}
	return p.answers(task.FindAnswers(ctx, m, p.Question, p.Text, p.answerOptions()))
}

func (p pipeline) among(ctx context.Context, g *task.Gatherer) ([]scored, error) {
	switch p.Task {
	case "classify":
		all, err := g.Classify(ctx, []task.Pair{{Text: "another"}, {Text: p.Text, Second: p.Pair}, {Text: "a third"}})
		if err != nil {
			return nil, err
		}
		return labels(all[1], nil)
	case "zero-shot":
		return labels(g.ZeroShot(ctx, p.Text, p.Labels, p.zeroShotOptions()))
	case "tag":
		return p.entities(g.Tag(ctx, p.Text, p.tagOptions()))
	}
	return p.answers(g.Answer(ctx, p.Question, p.Text, p.answerOptions()))
}

func labels(list []task.Label, err error) (all []scored, _ error) {
	for _, l := range list {
		all = append(all, scored{Label: l.Label, Score: l.Score})
	}
	return all, err
}

func (p pipeline) entities(list []task.Entity, err error) (all []scored, _ error) {
	for _, e := range list {
		if e.Text != p.Text[e.StartByte:e.EndByte] || e.Text != string([]rune(p.Text)[e.Start:e.End]) {
			e.Label = "offsets do not fit: " + e.Text
		}
		all = append(all, scored{Label: e.Label, Score: e.Score, Start: e.Start, End: e.End})
	}
	return all, err
}

func (p pipeline) answers(list []task.Answer, err error) (all []scored, _ error) {
	for _, a := range list {
		if a.Text != p.Text[a.StartByte:a.EndByte] || a.Text != string([]rune(p.Text)[a.Start:a.End]) {
			a.Text = "offsets do not fit: " + a.Text
		}
		all = append(all, scored{Answer: a.Text, Score: a.Score, Start: a.Start, End: a.End})
	}
	return all, err
}

// TestRefusals: what cannot be done is told by the field at fault.
func TestRefusals(t *testing.T) {
	ctx := t.Context()
	bert, gpt := open(t, "bert/testdata/bert"), open(t, "gpt/testdata/gpt2")
	answer, tag := open(t, "../task/testdata/answer"), open(t, "../task/testdata/tag")
	single := open(t, "../task/testdata/classify-single")
	long := strings.Repeat("lions ", 200)
	for name, f := range map[string]func() error{
		"model: 1": func() error { _, err := task.Classify(ctx, bert, []task.Pair{{Text: "a"}}); return err },
		"model: 2": func() error { _, err := task.Tag(ctx, gpt, "a", task.TagOptions{}); return err },
		"model: 3": func() error { _, err := task.FindAnswers(ctx, gpt, "a", "b", task.AnswerOptions{}); return err },
		"model: 4": func() error {
			_, err := task.ZeroShot(ctx, single, "a", []string{"b"}, task.ZeroShotOptions{})
			return err
		},
		"model: 5": func() error { _, err := task.Rerank(ctx, single, "a", []string{"b"}); return err },
		"model: 6": func() error { _, err := task.Summary(gpt); return err },
		"text: 1":  func() error { _, err := task.Classify(ctx, single, []task.Pair{{Text: long}}); return err },
		"labels":   func() error { _, err := task.ZeroShot(ctx, gpt, "a", nil, task.ZeroShotOptions{}); return err },
		"labels: 2": func() error {
			_, err := task.ZeroShot(ctx, gpt, "a", []string{" "}, task.ZeroShotOptions{})
			return err
		},
		"template": func() error {
			_, err := task.ZeroShot(ctx, gpt, "a", []string{"b"}, task.ZeroShotOptions{Template: "x"})
			return err
		},
		"aggregation": func() error { _, err := task.Tag(ctx, tag, "a", task.TagOptions{Aggregation: "most"}); return err },
		"stride: tag": func() error { _, err := task.Tag(ctx, tag, "a", task.TagOptions{Stride: 60}); return err },
		"stride": func() error {
			_, err := task.FindAnswers(ctx, answer, "a", "b", task.AnswerOptions{Stride: -1})
			return err
		},
		"top": func() error {
			_, err := task.FindAnswers(ctx, answer, "a", "b", task.AnswerOptions{Top: -1})
			return err
		},
		"question": func() error { _, err := task.FindAnswers(ctx, answer, " ", "b", task.AnswerOptions{}); return err },
		"context":  func() error { _, err := task.FindAnswers(ctx, answer, "a", "", task.AnswerOptions{}); return err },
		"text: 2":  func() error { _, err := task.FindAnswers(ctx, answer, long, "b", task.AnswerOptions{}); return err },
		"pooling": func() error {
			_, err := task.Compare(ctx, bert, []string{"a"}, task.EmbedOptions{Pooling: "sum"})
			return err
		},
		"from": func() error { _, err := task.Translation(open(t, "t5/testdata/t5"), "klingonese", "de"); return err },
		"to":   func() error { _, err := task.Translation(open(t, "t5/testdata/t5"), "English", "x-no"); return err },
	} {
		field, _, _ := strings.Cut(name, ":")
		var r *task.Refusal
		if err := f(); !asRefusal(err, &r) || r.Field != field {
			t.Errorf("%s: %v", name, err)
		}
	}
}
