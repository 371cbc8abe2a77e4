package serve

import "github.com/prometheus/client_golang/prometheus"

// gauges tell what there is now, asked of those who know.
type gauges struct{ s *Server }

func gauge(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("zoo_"+name, help, labels, nil)
}

var (
	buildInfo     = gauge("build_info", "1, for the version that runs.", "version")
	requestsLive  = gauge("http_requests_live", "Requests under way.")
	memoryUsed    = gauge("memory_used_bytes", "Memory that open models take.")
	memoryLimit   = gauge("memory_limit_bytes", "Memory that they may take together.")
	modelOpen     = gauge("model_open", "1 where a model is open.", "model")
	queueWaiting  = gauge("queue_waiting", "Texts that wait for a row of a model.", "model")
	rowsRunning   = gauge("batch_rows", "Texts that a model writes at once, now.", "model")
	rowsMost      = gauge("batch_rows_max", "Texts that a model may write at once.", "model")
	engineSteps   = gauge("engine_steps_total", "Passes of a model since it was opened.", "model")
	engineSeconds = gauge("engine_seconds_total", "Time of these passes.", "model")
	readWaiting   = gauge("read_waiting", "Requests for vectors, classes, tags and the like that wait for a model's next pass.", "model")
	readPasses    = gauge("read_passes_total", "Passes that answered such requests since the model was opened.", "model")
	readTexts     = gauge("read_texts_total", "Texts of these passes.", "model")
	readTokens    = gauge("read_tokens_total", "Tokens of these passes: of texts, and of padding.", "model", "kind")
	cacheHeld     = gauge("cache_bytes", "Keys and values: of rows under way, and kept of prefixes.", "model", "kind")
)

// Describe is for prometheus.Collector.
func (g *gauges) Describe(c chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{buildInfo, requestsLive, memoryUsed, memoryLimit, modelOpen, queueWaiting, rowsRunning, rowsMost, engineSteps, engineSeconds, readWaiting, readPasses, readTexts, readTokens, cacheHeld} {
		c <- d
	}
}

// Collect is for prometheus.Collector.
func (g *gauges) Collect(c chan<- prometheus.Metric) {
	is := func(d *prometheus.Desc, kind prometheus.ValueType, v float64, labels ...string) {
		c <- prometheus.MustNewConstMetric(d, kind, v, labels...)
	}
	const now, sum = prometheus.GaugeValue, prometheus.CounterValue
	is(buildInfo, now, 1, g.s.o.Version)
	is(requestsLive, now, float64(g.s.live.count()))
	is(memoryLimit, now, float64(g.s.o.Memory))
	open, used := g.s.pool.residents()
	is(memoryUsed, now, float64(used))
	for _, name := range g.s.pool.names {
		m := open[name]
		if m == nil {
			is(modelOpen, now, 0, name)
			continue
		}
		is(modelOpen, now, 1, name)
		read := m.gather.Stats()
		is(readWaiting, now, float64(read.Waiting), name)
		is(readPasses, sum, float64(read.Passes), name)
		is(readTexts, sum, float64(read.Sequences), name)
		is(readTokens, sum, float64(read.Tokens), name, "text")
		is(readTokens, sum, float64(read.Padding), name, "padding")
		if m.engine == nil {
			continue
		}
		st := m.engine.Stats()
		is(queueWaiting, now, float64(st.Waiting), name)
		is(rowsRunning, now, float64(st.Running), name)
		is(rowsMost, now, float64(st.Rows), name)
		is(engineSteps, sum, float64(st.Steps), name)
		is(engineSeconds, sum, st.StepTime.Seconds(), name)
		is(cacheHeld, now, float64(st.CacheBytes), name, "rows")
		is(cacheHeld, now, float64(st.PrefixBytes), name, "prefixes")
	}
}
