// Package native holds the words of the server's own API: what is asked and what is
// answered under /zoo/, and the document at /openapi.json that describes it. The tags of
// the types are what the document says of them, and what requests are held to.
package native
