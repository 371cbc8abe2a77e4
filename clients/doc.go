// Package clients tests the server with clients that people use: the official ones of
// OpenAI and Anthropic, and curl. It starts the command as anyone would. It is a module of
// its own, so that the zoo needs none of them.
package clients
