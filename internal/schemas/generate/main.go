// Command generate writes the schemas of the JSON documents into a folder; go
// generate runs it.
package main

//go:generate go run . ../../../docs/schema

import (
	"log"
	"os"
	"path/filepath"

	"github.com/ctlinspect/ctlinspect/internal/schemas"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: generate FOLDER")
	}
	files, err := schemas.Files()
	if err != nil {
		log.Fatal(err)
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(os.Args[1], name), data, 0o644); err != nil {
			log.Fatal(err)
		}
	}
}
