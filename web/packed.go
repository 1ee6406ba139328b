//go:build page

package web

import _ "embed"

// packed is what "make web" writes.
//
//go:embed page.gz
var packed []byte
