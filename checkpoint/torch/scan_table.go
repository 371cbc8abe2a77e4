package torch

// operations are the operations of a pickle that torch.save uses for a state
// dict, of protocols 2 to 4. 'e' and 'u' also take a list or dict from below the
// mark, and put it back.
var operations = map[byte]form{
	0x80: {argument: 1}, // protocol
	0x95: {argument: 8}, // frame

	'N': {cost: 1, gives: 1}, 0x88: {cost: 1, gives: 1}, 0x89: {cost: 1, gives: 1}, // None, True, False
	'K': {argument: 1, cost: 1, gives: 1}, 'M': {argument: 2, cost: 2, gives: 1}, 'J': {argument: 4, cost: 2, gives: 1}, // whole numbers
	0x8a: {argument: long1, cost: 2, gives: 1},
	'G':  {argument: 8, cost: 2, gives: 1}, // a float64

	'X': {argument: counted4, cost: 3, gives: 1}, 0x8c: {argument: counted1, cost: 3, gives: 1}, // text
	'T': {argument: counted4, cost: 3, gives: 1}, 'U': {argument: counted1, cost: 3, gives: 1}, // Python 2's text

	'q': {argument: 1, cost: 6, takes: 1, gives: 1}, 'r': {argument: 4, cost: 6, takes: 1, gives: 1}, 0x94: {cost: 6, takes: 1, gives: 1}, // to the memo
	'h': {argument: 1, cost: 1, gives: 1}, 'j': {argument: 4, cost: 1, gives: 1}, // from the memo

	'(':  {cost: 17, gives: mark},
	')':  {cost: 2, gives: 1},
	0x85: {cost: 3, takes: 1, gives: 1}, 0x86: {cost: 4, takes: 2, gives: 1}, 0x87: {cost: 5, takes: 3, gives: 1}, 't': {cost: 3, takes: above, gives: 1}, // tuples
	']': {cost: 6, gives: 1}, 'a': {cost: 6, takes: 2, gives: 1}, 'e': {takes: above, each: 6}, // lists
	'}': {cost: 10, gives: 1}, 's': {cost: 16, takes: 3, gives: 1}, 'u': {takes: above, each: 8}, // dicts

	'c': {argument: lines, cost: 8, gives: 1}, 0x93: {cost: 4, takes: 2, gives: 1}, // a class
	'R': {cost: 16, takes: 2, gives: 1}, // an object of it
	'b': {cost: 4, takes: 2, gives: 1},  // its state
	'Q': {cost: 12, takes: 1, gives: 1}, // a storage
}

// allowed are the classes that a pickle may name. None of them runs code that the
// file brings.
var allowed = map[string]bool{
	"collections.OrderedDict":         true,
	"torch.Size":                      true,
	"torch._utils._rebuild_tensor":    true,
	"torch._utils._rebuild_tensor_v2": true,
	"torch._utils._rebuild_parameter": true,
	"torch.DoubleStorage":             true,
	"torch.FloatStorage":              true,
	"torch.HalfStorage":               true,
	"torch.BFloat16Storage":           true,
	"torch.LongStorage":               true,
	"torch.IntStorage":                true,
	"torch.ShortStorage":              true,
	"torch.CharStorage":               true,
	"torch.ByteStorage":               true,
	"torch.BoolStorage":               true,
	"torch.float64":                   true,
	"torch.float32":                   true,
	"torch.float16":                   true,
	"torch.bfloat16":                  true,
	"torch.int64":                     true,
	"torch.int32":                     true,
	"torch.int16":                     true,
	"torch.int8":                      true,
	"torch.uint8":                     true,
	"torch.bool":                      true,
}
