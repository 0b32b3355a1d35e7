package api

import (
	"path/filepath"
	"testing"

	"github.com/burgee-flags/burgee/engine/backend/datasync/datasynctest"
)

func BenchmarkEvaluateVariantNoAlloc(b *testing.B) {
	l, handle := opened(b)
	buffer := make([]byte, 0, 1024)
	request := []byte(`{"flag_key":"theme","entity_id":"user-123456","context":{"plan":"pro","region":"eu","device":"mobile","version":"10","email":"someone@example.com","b":"2\n","d":5}}`)
	b.ReportAllocs()
	for b.Loop() {
		l.EvaluateVariant(handle, request, buffer)
	}
}

func BenchmarkResolveIntoNoAlloc(b *testing.B) {
	l, handle := opened(b)
	request := fastRequest("theme", wantFliptVariant, str("plan", "pro"), str("region", "eu"), str("device", "mobile"), str("version", "10"),
		str("email", "someone@example.com"))
	result := fastResult(512)
	b.ReportAllocs()
	for b.Loop() {
		l.ResolveInto(handle, request, result)
	}
}

func BenchmarkVisitorFlagIntoNoAlloc(b *testing.B) {
	var file flagshipFile
	datasynctest.Read(b, filepath.Join(flagshipVectors, "example_environment.json"), &file)
	l := New(Host{})
	client := flagshipClient(b, l, object{"document": file.Bucketing})
	request := asksOf(fetched(b, l, client, nil), "btn_color")
	result := visitorResult(64)
	b.ReportAllocs()
	for b.Loop() {
		l.VisitorFlagInto(client, request, result)
	}
}
