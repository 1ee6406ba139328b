//go:build !js

package terminal

import "github.com/clipperhouse/displaywidth"

// measure counts colours as nothing.
var measure = displaywidth.Options{ControlSequences: true}
