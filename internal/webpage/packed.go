//go:build page

package webpage

import _ "embed"

// packed is what "make web" writes.
//
//go:embed page.gz
var packed []byte
