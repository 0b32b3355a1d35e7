package jsonscan_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/burgee-flags/burgee/engine/jsonscan"
)

func document(flags int) []byte {
	var doc strings.Builder
	doc.WriteString(`{"namespace":{"key":"default"},"flags":[`)
	for i := range flags {
		if i > 0 {
			doc.WriteByte(',')
		}
		fmt.Fprintf(&doc, `{"key":"flag-%d","name":"Flag %d","description":"a flag","enabled":true,"type":"VARIANT_FLAG_TYPE",`+
			`"createdAt":"2026-01-02T03:04:05Z","rules":[{"id":"%08x-1111-2222-3333-444455556666","rank":1,"segmentOperator":"OR_SEGMENT_OPERATOR",`+
			`"segments":[{"key":"s1","matchType":"ALL_SEGMENT_MATCH_TYPE","constraints":[`+
			`{"id":"c1","type":"STRING_COMPARISON_TYPE","property":"plan","operator":"eq","value":"pro"},`+
			`{"id":"c2","type":"NUMBER_COMPARISON_TYPE","property":"age","operator":"gt","value":"18"}]}],`+
			`"distributions":[{"id":"d1","variantKey":"on","variantAttachment":"{\"a\":1}","rollout":50.0}]}],"rollouts":[]}`, i, i, i)
	}
	doc.WriteString(`]}`)
	return []byte(doc.String())
}

func BenchmarkSkipDocumentNoAlloc(b *testing.B) {
	doc := document(1000)
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := jsonscan.Skip(doc, 0); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendStringNoAlloc(b *testing.B) {
	buf := make([]byte, 0, 128)
	b.ReportAllocs()
	for b.Loop() {
		buf = jsonscan.AppendString(buf[:0], "a string of common length")
	}
}
