package chat

// What tests of other packages' view share with those of this one.
var (
	Weather  = weather
	CallText = callText
	NoForm   = noForm
)
