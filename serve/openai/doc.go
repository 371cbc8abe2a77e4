// Package openai has the words of OpenAI's HTTP API, requests, answers and the parts of
// streams, and their conversion to and from conversations and options of generation.
// It knows neither HTTP nor models.
//
// Beside the published API it has what other servers of open models added and their
// clients send: top_k, min_p, repeat_penalty, ignore_eos, grammar and so on. A field that
// would change an answer and is not served is a [field.Error], never passed over.
package openai
