package localserver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

const digestLength = 40

// stream sends the current document and then every change, until the client or the server ends. For a namespace that does
// not exist not even the head is sent before it does: so do the real servers.
func (f *flipt) stream(w http.ResponseWriter, r *http.Request, environment, namespace string, fault *Fault) {
	last := r.URL.Query().Get("digest")
	if last != "" && len(last) != digestLength {
		answer(w, http.StatusBadRequest, `{"error":`+
			fliptErrorBody(grpcInvalidArgument, "invalid field digest: must be a 40-character string")+`}`)
		return
	}
	environment, err := f.environment(r, environment)
	if err != nil {
		answer(w, http.StatusNotFound, `{"error":`+fliptErrorBody(grpcNotFound, err.Error())+`}`)
		return
	}
	f.streams.Add(1)
	defer f.streams.Add(-1)
	sub, stop := f.documents.subscribe(place{environment, namespace})
	defer stop()
	line := ndjsonLine
	w.Header().Set("Content-Type", jsonContent)
	if strings.HasPrefix(r.Header.Get("Accept"), "text/event-stream") {
		line = sseEvent
		w.Header().Set("Content-Type", "text/event-stream")
	}
	if fault != nil {
		current, goesOn := f.faultyStart(w, r, sub, line, *fault)
		if !goesOn {
			return
		}
		last = current
	}
	for {
		select {
		case <-r.Context().Done():
			return
		case <-f.done:
			return
		case <-sub.wake:
		}
		for _, doc := range f.documents.take(sub) {
			if doc.digest == last {
				continue
			}
			last = doc.digest
			if !send(w, line(doc)) {
				return
			}
		}
	}
}

func send(w http.ResponseWriter, text []byte) bool {
	if _, err := w.Write(text); err != nil {
		return false
	}
	return http.NewResponseController(w).Flush() == nil
}

// ndjsonLine keeps to one line whatever the document is, also when a test serves what is no JSON.
func ndjsonLine(doc *document) []byte {
	body := bytes.ReplaceAll(doc.body, []byte("\n"), []byte(" "))
	return append(append([]byte(`{"result":`), body...), "}\n"...)
}

// sseEvent announces a change; the client is to fetch the document.
func sseEvent(doc *document) []byte {
	return fmt.Appendf(nil, "id: %s\ndata: {\"etag\":%s,\"type\":\"refetchEvaluation\"}\n\n", doc.digest[:9], jsonText(doc.digest))
}

// faultyStart sends the chunks of a fault of the kind stream. It returns the digest of the document that these contain or
// could have contained, and whether the stream goes on after them.
func (f *flipt) faultyStart(w http.ResponseWriter, r *http.Request, sub *subscription, line func(*document) []byte, fault Fault) (string, bool) {
	digest, current := "", []byte(nil)
	for _, doc := range f.documents.take(sub) {
		digest, current = doc.digest, bytes.TrimRight(line(doc), "\n")
	}
	setHeaders(w, fault.Headers)
	w.WriteHeader(http.StatusOK)
	if http.NewResponseController(w).Flush() != nil {
		return "", false
	}
	for i, chunk := range fault.Chunks {
		if i > 0 && !pause(r, f.done, fault.ChunkDelayMS) {
			return "", false
		}
		if !send(w, bytes.ReplaceAll([]byte(chunk), []byte("{{document}}"), current)) {
			return "", false
		}
	}
	switch fault.Then {
	case ThenStall:
		wait(r, f.done)
		reset(w) // returning would end the answer properly
		return "", false
	case ThenClose:
		return "", false
	case ThenReset:
		reset(w)
		return "", false
	}
	return digest, true
}

func jsonText(text string) string {
	encoded, err := json.Marshal(text)
	if err != nil {
		return `""`
	}
	return string(encoded)
}
