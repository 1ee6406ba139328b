package main

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/counts"
)

// An update of a list of 4 records verifies the old list and the new one, and
// reads the certificates of both once.
func TestUpdateWorksOnce(t *testing.T) {
	out := filepath.Join(t.TempDir(), "new.tlv")
	signatures, certificates := counts.Since(func() {
		var stdout, stderr bytes.Buffer
		args := []string{"update", "../../testdata/lists/ctl-etoken.tlv", "-o", out, "--signer", "../../testdata/keys/etoken-b.pem"}
		if code := run(t.Context(), args, nil, &stdout, &stderr); code != exitYes {
			t.Fatalf("exit code %d: %s", code, stderr.String())
		}
	})
	if signatures != 2 || certificates != 4 {
		t.Errorf("%d signatures were checked, want 2; %d certificates were read, want 4", signatures, certificates)
	}
}
