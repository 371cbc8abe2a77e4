package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/nlp-zoo/zoo/checkpoint"
	"github.com/nlp-zoo/zoo/checkpoint/safetensors"
	"github.com/nlp-zoo/zoo/tensor"
)

// maxState bounds state.json.
const maxState = 64 << 20

// ours tells whether a run writes files or folders of that name.
func ours(name string) bool {
	switch name {
	case lastName, bestName, recipeName, metricsName, samplesName, pageName, plotsName, tokenizerName, tokensName:
		return true
	}
	return strings.HasPrefix(name, oldPrefix) || strings.HasPrefix(name, newPrefix)
}

// binding returns the parts of the recipe that a resumed run must have in common
// with the run that it resumes.
func (r *run) binding() (json.RawMessage, error) {
	return json.Marshal(map[string]any{
		"seed": r.Seed, "model": r.Model, "tokenizer": r.Tokenizer, "data": r.Data,
		"objective": map[string]any{"name": r.Objective.Name, "options": r.Objective.Options}, "batch": r.Batch,
		"task": map[string]any{"name": r.Task.Name, "options": r.Task.Options}, "adapter": map[string]any{"name": r.Adapter.Name, "options": r.Adapter.Options},
		"optimizer": r.Optimizer.Name, "precision": r.Precision,
	})
}

// sameRun fails if the recipe is not that of the saved run.
func (r *run) sameRun(then json.RawMessage) error {
	var a, b map[string]any
	if err := errors.Join(json.Unmarshal(then, &a), json.Unmarshal(r.Bound, &b)); err != nil {
		return err
	}
	for _, key := range []string{"seed", "model", "tokenizer", "data", "objective", "task", "adapter", "batch", "optimizer", "precision"} {
		if !reflect.DeepEqual(said(a[key]), said(b[key])) {
			return r.located(&keyError{key: key, why: "it is not what the run that is to be resumed was begun with"})
		}
	}
	return nil
}

// said returns what a part of a recipe says: v without what is as if it were left
// out, so that a run may go on with a later version, which knows more keys.
func said(v any) any {
	switch x := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, value := range x {
			if value = said(value); value != nil {
				out[strings.ToLower(strings.ReplaceAll(key, "_", ""))] = value
			}
		}
		if len(out) > 0 {
			return out
		}
		return nil
	case []any:
		out := make([]any, len(x))
		for i := range x {
			out[i] = said(x[i])
		}
		if len(out) > 0 {
			return out
		}
		return nil
	}
	if v == nil || reflect.ValueOf(v).IsZero() {
		return nil
	}
	return v
}

// files returns the files of a checkpoint that zoo opens.
func (r *run) files() (map[string]content, error) {
	all := map[string]content{"config.json": bytesOf(r.config)}
	for name, data := range r.beside {
		all[name] = bytesOf(data)
	}
	if text, err := generation(r.config); err != nil {
		return nil, err
	} else if len(text) > 0 {
		all["generation_config.json"] = bytesOf(text)
	}
	var weights []checkpoint.Tensor
	if r.adapter != nil {
		files, err := r.adapter.Files()
		if err != nil {
			return nil, err
		}
		for name, write := range files {
			all[name] = write
		}
	}
	for name, t := range r.whole() {
		weights = append(weights, checkpoint.NewTensor(name, t))
	}
	all[weightsName] = func(w io.Writer) error { return safetensors.Encode(w, map[string]string{"format": "pt"}, weights) }
	return all, nil
}

// save writes all that the run needs to go on.
func (r *run) save() error {
	if err := r.trySave(); err != nil {
		return fmt.Errorf("train: checkpoint of step %d: %w", r.Step, err)
	}
	r.kept = r.Step
	r.report(Saved{filepath.Join(r.dir, lastName), r.Step})
	return r.writePage()
}

func (r *run) trySave() error {
	if err := errors.Join(r.metrics.sync(), r.samples.sync()); err != nil {
		return err
	}
	all, err := r.files()
	if err != nil {
		return err
	}
	if r.Stream, err = r.in.State(); err != nil {
		return err
	}
	var moments []checkpoint.Tensor
	for name, values := range r.optimizer.State() {
		moments = append(moments, checkpoint.NewTensor(name, tensor.New(values, len(values))))
	}
	all[momentsName] = func(w io.Writer) error { return safetensors.Encode(w, nil, moments) }
	state, err := json.MarshalIndent(r.progress, "", " ")
	if err != nil {
		return err
	}
	all[stateName] = bytesOf(state)
	if err := publish(r.dir, manifest{Step: r.Step}, all); err != nil {
		return err
	}
	return tidy(r.dir, r.Save.Keep)
}

// saveBest writes the model alone under the name best.
func (r *run) saveBest() error {
	all, err := r.files()
	if err == nil {
		err = publishBest(r.dir, manifest{Step: r.Step}, all)
	}
	if err != nil {
		return fmt.Errorf("train: best checkpoint, of step %d: %w", r.Step, err)
	}
	r.report(Saved{filepath.Join(r.dir, bestName), r.Step})
	return nil
}

// resume goes on from the newest checkpoint that is whole. It returns its path, ""
// if there is none, and what is wrong with newer ones.
func (r *run) resume() (path, spoiled string, err error) {
	s, bad := newest(r.dir)
	if bad != nil {
		spoiled = bad.Error()
	}
	if s == nil {
		if bad != nil {
			return "", "", fmt.Errorf("train: %s: no checkpoint is whole: %w", r.dir, bad)
		}
		return "", "", tidy(r.dir, r.Save.Keep)
	}
	if err := r.restore(s.dir); err != nil {
		return "", "", fmt.Errorf("train: %s: %w", s.dir, err)
	}
	if s.name != lastName { // what last is cannot be gone on from, or is not there
		if err := discard(filepath.Join(r.dir, lastName)); err != nil {
			return "", "", fmt.Errorf("train: %w", err)
		}
		if err := promote(r.dir, s.dir, s.Step); err != nil {
			return "", "", fmt.Errorf("train: %w", err)
		}
	}
	if err := tidy(r.dir, r.Save.Keep); err != nil {
		return "", "", fmt.Errorf("train: %w", err)
	}
	return filepath.Join(r.dir, lastName), spoiled, nil
}

// restore reads a checkpoint that has been verified.
func (r *run) restore(dir string) error {
	text, err := readSmall(filepath.Join(dir, filepath.FromSlash(stateName)), maxState)
	if err != nil {
		return err
	}
	var p progress
	if err := json.Unmarshal(text, &p); err != nil {
		return fmt.Errorf("%s: %w", stateName, err)
	}
	if err := r.sameRun(p.Bound); err != nil {
		return err
	}
	if p.Step < 0 || p.Meter.Terms != nil && len(p.Meter.Terms) != len(r.bound.Terms()) {
		return fmt.Errorf("%s: it is not of this run", stateName)
	}
	if err := r.restoreWeights(dir); err != nil {
		return err
	}
	if err := r.restoreMoments(dir, p.Step); err != nil {
		return err
	}
	if err := r.in.Restore(p.Stream); err != nil {
		return err
	}
	r.progress, r.kept = p, p.Step
	return nil
}

func (r *run) restoreMoments(dir string, step int) error {
	src, err := safetensors.Open(filepath.Join(dir, filepath.FromSlash(momentsName)))
	if err != nil {
		return err
	}
	var failed error
	err = r.optimizer.Restore(step, func(yield func(string, []float32) bool) {
		for _, name := range src.Names() {
			t, err := src.Tensor(name)
			if err != nil {
				failed = err
				return
			}
			if !yield(name, own(t).Data()) {
				return
			}
		}
	})
	return errors.Join(failed, brief(err), src.Close())
}

// brief returns err, but for no more than its first lines.
func brief(err error) error {
	if err == nil {
		return nil
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) <= 4 {
		return err
	}
	return fmt.Errorf("%s; and %d more like these", strings.Join(lines[:3], "; "), len(lines)-3)
}
