// Package browser tests the web page as people use it: in Chromium without a window, by
// pointing, typing and looking. It is a module of its own, so that the zoo does not need
// what drives the browser.
//
// The tests skip where there is no Chromium, except where CI is set. With ZOO_SHOTS they
// write what they see into that folder.
package browser
