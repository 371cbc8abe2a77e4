package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/nlp-zoo/zoo/internal/kernel"
	"github.com/nlp-zoo/zoo/internal/parallel"
)

func versionCommand(g *global) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version, the CPU's features and the kernels chosen for them",
		Example: "  zoo version --json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			v := struct {
				Version  string   `json:"version"`
				Go       string   `json:"go"`
				Platform string   `json:"platform"`
				Kernels  string   `json:"kernels"`
				Features []string `json:"cpu_features"`
				Threads  int      `json:"threads"`
			}{buildVersion(), runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH, kernel.CPU(), kernel.Features(), parallel.Threads()}
			if g.json {
				return writeJSON(c.OutOrStdout(), v)
			}
			_, err := fmt.Fprintf(c.OutOrStdout(), "zoo %s (%s, %s)\nkernels: %s\ncpu: %v\nthreads: %d\n",
				v.Version, v.Go, v.Platform, v.Kernels, v.Features, v.Threads)
			return err
		},
	}
}

// buildVersion is the module's version, or the commit it was built from.
func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	version := info.Main.Version
	if version == "" || version == "(devel)" {
		version = "devel"
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				version += "-" + s.Value[:12]
			}
		}
	}
	return version
}
