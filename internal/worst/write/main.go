// Command write writes the worst lists of 16 MiB into a folder: go run
// ./internal/worst/write FOLDER.
package main

import (
	"log"
	"os"
	"path/filepath"

	"github.com/ctlinspect/ctlinspect/internal/input"
	"github.com/ctlinspect/ctlinspect/internal/worst"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: write FOLDER")
	}
	for kind := range worst.Kinds {
		if err := os.WriteFile(filepath.Join(os.Args[1], kind+".tlv"), worst.List(kind, input.MaxSize), 0o644); err != nil {
			log.Fatal(err)
		}
	}
}
