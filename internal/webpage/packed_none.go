//go:build !page

package webpage

// packed is in builds with the tag "page" only: the page has to be made first.
var packed []byte
