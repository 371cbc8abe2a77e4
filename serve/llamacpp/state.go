package llamacpp

// Props is the answer of GET /props.
type Props struct {
	Defaults     PropsDefaults   `json:"default_generation_settings"`
	TotalSlots   int             `json:"total_slots"`
	ModelAlias   string          `json:"model_alias"`
	ModelPath    string          `json:"model_path"` // its name: paths stay on the server
	ChatTemplate string          `json:"chat_template"`
	BOS          string          `json:"bos_token"`
	EOS          string          `json:"eos_token"`
	Modalities   map[string]bool `json:"modalities"`
	Build        string          `json:"build_info"`
	Sleeping     bool            `json:"is_sleeping"`
}

// PropsDefaults are the settings of a request that says nothing.
type PropsDefaults struct {
	Context int      `json:"n_ctx"`
	Params  Settings `json:"params"`
}

// A Slot is a place for a text that is being written, or for one to come.
type Slot struct {
	ID         int        `json:"id"`
	Context    int        `json:"n_ctx"`
	Speculates bool       `json:"speculative"`
	Processing bool       `json:"is_processing"`
	Next       *SlotToken `json:"next_token,omitempty"`
}

// A SlotToken is how far a text has come.
type SlotToken struct {
	More    bool `json:"has_next_token"`
	Prompt  int  `json:"n_prompt"`
	Cached  int  `json:"n_cached"`
	Read    int  `json:"n_read"`
	Decoded int  `json:"n_decoded"`
}
