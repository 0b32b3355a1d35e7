package api

import "testing"

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
