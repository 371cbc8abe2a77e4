package tune

import "github.com/nlp-zoo/zoo/model"

// WithAdapter has model.Open attach the adapter in a folder of PEFT's files.
func WithAdapter(dir string) model.Option {
	return model.Then(func(m *model.Model) error { _, err := Open(m.Net, dir); return err })
}

// Merged has model.Open add the adapter in a folder of PEFT's files to the weights: for
// model.Export, which opens a model with plain ones.
func Merged(dir string) model.Option {
	return model.Then(func(m *model.Model) error {
		a, err := Open(m.Net, dir)
		if err == nil {
			a.Merge()
		}
		return err
	})
}
