package source

import "context"

// Inline is a Source with one document that never changes.
type Inline struct {
	body   []byte
	format string
}

// NewInline returns a source that delivers body once. The caller must not change it.
func NewInline(body []byte, format string) *Inline { return &Inline{body: body, format: format} }

// Run delivers the document and returns.
func (i *Inline) Run(_ context.Context, sink Sink) {
	_ = sink.Apply(Update{Body: i.body, Origin: FromInline, Format: i.format}) // the sink has recorded a failure
}
