// Command wasm is the Go part of the page: built for js/wasm, it answers the
// questions of the page's worker. A question is an operation, its arguments as JSON
// and files as Uint8Arrays; the answer is JSON.
package main

import (
	"encoding/json"
	"fmt"
	"syscall/js"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/answer"
	"github.com/ctlinspect/ctlinspect/tlv"
)

func main() {
	js.Global().Set("ctlinspect", js.FuncOf(func(_ js.Value, args []js.Value) any {
		return ask(args[0].String(), args[1].String(), args[2])
	}))
	select {}
}

// A question is the arguments of all operations.
type question struct {
	Sources []struct {
		Name   string   `json:"name"`
		As     tlv.Kind `json:"as"`
		Pasted bool     `json:"pasted"`
	} `json:"sources"`
	At   time.Time `json:"at"`
	Days int       `json:"days"`
	From int       `json:"from"`
	To   int       `json:"to"`
}

// ask answers a question. A panic would end the program: it becomes an error.
func ask(operation, arguments string, files js.Value) (text string) {
	defer func() {
		if r := recover(); r != nil {
			text = failure(fmt.Errorf("the program failed: %v; please report this file's kind and size", r))
		}
	}()
	var q question
	if err := json.Unmarshal([]byte(arguments), &q); err != nil {
		return failure(err)
	}
	var sources []answer.Source
	for i, s := range q.Sources {
		data := make([]byte, files.Index(i).Length())
		js.CopyBytesToGo(data, files.Index(i))
		sources = append(sources, answer.Source{Name: s.Name, Data: data, As: s.As, Pasted: s.Pasted})
	}
	a, err := operate(operation, q, sources)
	if err != nil {
		return failure(err)
	}
	b, err := json.Marshal(a)
	if err != nil {
		return failure(err)
	}
	return string(b)
}

func operate(operation string, q question, sources []answer.Source) (any, error) {
	first, rest := sources[0], sources[1:]
	switch operation {
	case "read":
		return answer.Read(first, answer.Options{At: q.At, Days: q.Days}), nil
	case "show":
		return map[string]string{"text": answer.Show(first)}, nil
	case "fields":
		return answer.Fields(first, q.From, q.To), nil
	case "certificates":
		return answer.Certificates(first), nil
	case "compare":
		return answer.Compare(first, rest)
	case "accept":
		return answer.Accept(rest, first, q.At)
	case "signed":
		return answer.VerifySigned(first, rest)
	}
	return nil, fmt.Errorf("unknown operation %q", operation)
}

func failure(err error) string {
	b, _ := json.Marshal(map[string]string{"error": err.Error()})
	return string(b)
}
