package tokenizer

import "fmt"

// pre is what a GGUF file's "tokenizer.ggml.pre" stands for.
type pre struct {
	patterns     []string
	norm         normalizers
	split        preTokenizers
	ignoreMerges bool // words that are tokens are not merged from their parts
	bos          bool
}

// The expressions that several names stand for.
const (
	patternGPT2    = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
	patternLlama3  = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	patternQwen2   = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	patternQwen35  = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	patternO200K   = `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	patternTekken  = `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	patternBloom   = ` ?[^(\s|.,!?…。，、।۔،)]+`
	patternFalcon  = "[\\p{P}\\$\\+<=>\\^~\\|`]+"
	patternDefault = `[\p{P}\$\+<=>\^~\|]+`
	patternV3      = `[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_` + "`" + `{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	patternLatin   = `\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-ώᾀ-ᾴᾶ-ᾼιῂ-ῄῆ-ῌῐ-ΐῖ-Ίῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤΩℨK-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃]+`
	patternSigns   = `\s?[!-/:-~！-／：-～‘-‟　-。]+`
	patternEast    = `[一-龥ࠀ-一가-퟿]+`
	patternKana    = `[一-龥぀-ゟ゠-ヿ]+`
	patternThrees  = `[0-9][0-9][0-9]`
)

// preOf returns the rules of a name that llama.cpp gives to pre-tokenizers. Where
// the reference has a normaliser that llama.cpp leaves out, it is applied: ids
// are the reference's.
func preOf(name string) (pre, error) {
	p := preNamed(name)
	if p.patterns == nil {
		return p, fmt.Errorf("%spre %.40q: not known", ggml, name)
	}
	for _, expr := range p.patterns {
		one, err := isolate(expr)
		if err != nil {
			return p, fmt.Errorf("%spre %.40q: %w", ggml, name, err)
		}
		p.split = append(p.split, one)
	}
	return p, nil
}

func preNamed(name string) pre {
	list := func(patterns ...string) pre { return pre{patterns: patterns} }
	switch name {
	case "", "default":
		return list(patternDefault, patternGPT2, `\p{N}+`, patternThrees)
	case "llama3", "llama-v3", "llama-bpe", "falcon3":
		return pre{patterns: []string{patternLlama3}, ignoreMerges: true, bos: true}
	case "dbrx", "smaug-bpe", "chatglm-bpe":
		return list(patternLlama3)
	case "qwen2", "deepseek-r1-qwen", "megrez":
		return pre{patterns: []string{patternQwen2}, norm: normalizers{nfc}}
	case "stablelm2", "hunyuan":
		return list(patternQwen2)
	case "qwen35":
		return pre{patterns: []string{patternQwen35}, norm: normalizers{nfc}}
	case "gpt-2", "phi-2", "jina-es", "jina-de", "gigachat", "jina-v1-en", "jina-v2-es", "jina-v2-de", "jina-v2-code", "roberta-bpe", "jais":
		return list(patternGPT2)
	case "mpt", "olmo":
		return pre{patterns: []string{patternGPT2}, norm: normalizers{nfc}}
	case "starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b":
		return list(`\p{N}`, patternGPT2)
	case "falcon":
		return list(patternFalcon, patternGPT2, patternThrees)
	case "deepseek-llm":
		return list(`[\r\n]`, patternLatin, patternSigns, `\s+$`, patternEast, `\p{N}+`)
	case "deepseek-coder":
		return list(`[\r\n]`, `\s?\p{L}+`, `\s?\p{P}+`, patternEast, `\p{N}`)
	case "deepseek-v3", "hunyuan-dense":
		return list(`\p{N}{1,3}`, patternKana, patternV3)
	case "poro-chat", "bloom", "gpt3-finnish":
		return list(patternBloom)
	case "viking":
		return list(patternBloom, `\p{N}`)
	case "tekken":
		return pre{patterns: []string{patternTekken}, ignoreMerges: true, bos: true}
	case "gpt-4o", "llama4", "o200k":
		return list(patternO200K)
	case "chameleon":
		return pre{patterns: []string{`<sentinel:[0-9]+>`, `(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z`, `([\t\n]|    |  )`, `\p{N}`, `[\p{P}!-/:-@\[-` + "`" + `{-~]`, patternGPT2}, bos: true}
	}
	return pre{}
}
