// Package schemas describes the JSON documents as JSON Schema. Only a generator
// and tests use it: the command needs no schema.
package schemas

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"reflect"
	"slices"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/ctlinspect/ctlinspect/listjson"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// documents are all documents.
var documents = map[report.Type]reflect.Type{
	report.TypeList:         reflect.TypeFor[report.List](),
	report.TypeSums:         reflect.TypeFor[report.Sums](),
	report.TypeLint:         reflect.TypeFor[report.Lint](),
	report.TypeRules:        reflect.TypeFor[report.Rules](),
	report.TypeComparison:   reflect.TypeFor[report.CompareDocument](),
	report.TypeAcceptance:   reflect.TypeFor[report.OfferDocument](),
	report.TypeMatch:        reflect.TypeFor[report.Match](),
	report.TypeCapture:      reflect.TypeFor[report.CaptureDocument](),
	report.TypeFetched:      reflect.TypeFor[report.Fetched](),
	report.TypeFetchConfig:  reflect.TypeFor[report.FetchedConfig](),
	report.TypeFetchSummary: reflect.TypeFor[report.FetchSummary](),
	report.TypeTokens:       reflect.TypeFor[report.Tokens](),
	report.TypeSigned:       reflect.TypeFor[report.SignedFile](),
	report.TypeSequence:     reflect.TypeFor[report.Sequence](),
	report.TypePhone:        reflect.TypeFor[report.PhonePage](),
	report.TypeFleet:        reflect.TypeFor[report.Fleet](),
	report.TypeFleetPhone:   reflect.TypeFor[report.FleetPhone](),
	report.TypeTracePhone:   reflect.TypeFor[report.TracePhone](),
	report.TypeTraceSummary: reflect.TypeFor[report.TraceSummary](),
	report.TypeToBeSigned:   reflect.TypeFor[report.ToBeSigned](),
	report.TypeTrunk:        reflect.TypeFor[report.TrunkDocument](),
	report.TypeTrunkFile:    reflect.TypeFor[report.TrunkDescription](),
	report.TypeTVSAnswer:    reflect.TypeFor[report.TVSAnswer](),
	report.TypeCAPFProbe:    reflect.TypeFor[report.CAPFProbe](),
	report.TypeDescription:  reflect.TypeFor[listjson.Document](),
}

// Types returns the types of all documents, sorted.
func Types() []report.Type { return slices.Sorted(maps.Keys(documents)) }

// text is the schema of what marshals as text.
func text() *jsonschema.Schema { return &jsonschema.Schema{Type: "string"} }

func options() *jsonschema.ForOptions {
	return &jsonschema.ForOptions{TypeSchemas: map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[tlv.Kind]():         {Type: "string", Enum: []any{"", "ctl", "itl"}},
		reflect.TypeFor[tlv.Role]():         text(),
		reflect.TypeFor[tlv.Digest]():       text(),
		reflect.TypeFor[netip.AddrPort]():   text(),
		reflect.TypeFor[netip.Addr]():       text(),
		reflect.TypeFor[[]byte]():           {Types: []string{"null", "string"}, ContentEncoding: "base64"},
		reflect.TypeFor[listjson.Tag]():     {Types: []string{"string", "integer"}},
		reflect.TypeFor[[]listjson.Field](): {Type: "array", Items: &jsonschema.Schema{Ref: "#/$defs/field"}},
	}}
}

// Of returns the schema of the documents of a type.
func Of(t report.Type) (*jsonschema.Schema, error) {
	s, err := jsonschema.ForType(documents[t], options())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t, err)
	}
	s.Schema = "https://json-schema.org/draft/2020-12/schema"
	s.Title = string(t)
	s.Properties["schema"] = &jsonschema.Schema{Const: jsonschema.Ptr[any](report.Schema)}
	s.Properties["type"] = &jsonschema.Schema{Const: jsonschema.Ptr[any](string(t))}
	if t == report.TypeDescription {
		field, err := jsonschema.ForType(reflect.TypeFor[listjson.Field](), options())
		if err != nil {
			return nil, err
		}
		s.Defs = map[string]*jsonschema.Schema{"field": field}
	}
	withoutNull(s)
	return s, nil
}

// withoutNull takes null from the types of arrays: a document has [] in its place.
func withoutNull(s *jsonschema.Schema) {
	if s == nil {
		return
	}
	if slices.Equal(s.Types, []string{"null", "array"}) {
		s.Types, s.Type = nil, "array"
	}
	withoutNull(s.Items)
	for _, sub := range s.Properties {
		withoutNull(sub)
	}
	for _, sub := range s.Defs {
		withoutNull(sub)
	}
}

// Files returns the schemas as files by name: TYPE.json.
func Files() (map[string][]byte, error) {
	files := make(map[string][]byte)
	for _, t := range Types() {
		s, err := Of(t)
		if err != nil {
			return nil, err
		}
		data, err := json.MarshalIndent(s, "", "  ")
		if err != nil {
			return nil, err
		}
		files[string(t)+".json"] = append(data, '\n')
	}
	return files, nil
}

// Validate checks each of the documents, which follow one another, against the
// schema of its type.
func Validate(documents []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(documents))
	for decoder.More() {
		var document map[string]any
		if err := decoder.Decode(&document); err != nil {
			return err
		}
		if err := validate(document); err != nil {
			return err
		}
	}
	return nil
}

func validate(document map[string]any) error {
	name, _ := document["type"].(string)
	if documents[report.Type(name)] == nil {
		return fmt.Errorf("no document has the type %q", name)
	}
	s, err := Of(report.Type(name))
	if err != nil {
		return err
	}
	resolved, err := s.Resolve(nil)
	if err != nil {
		return err
	}
	return resolved.Validate(document)
}
