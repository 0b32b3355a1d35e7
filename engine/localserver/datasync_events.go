package localserver

import (
	"errors"
	"io"
	"mime"
	"net/http"
)

const (
	problemContent = "application/problem+json"
	longestBody    = 30_000_000 // bytes, of Kestrel
)

// track accepts events. A request is accepted or refused as a whole.
func (d *dataSync) track(w http.ResponseWriter, r *http.Request) {
	if _, ok := d.admitted(w, r); !ok {
		return
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != jsonContent {
		empty(w, http.StatusUnsupportedMediaType)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, longestBody))
	var tooLong *http.MaxBytesError
	if errors.As(err, &tooLong) {
		empty(w, http.StatusRequestEntityTooLarge)
		return
	}
	var received batch
	if err == nil {
		received, err = d.dialect.readEvents(body, !d.countOnly)
	}
	if err != nil {
		answerProblem(w, err.Error())
		return
	}
	d.events.add(received, d.countOnly)
	empty(w, http.StatusOK)
}

func answerProblem(w http.ResponseWriter, what string) {
	answerAs(w, problemContent, http.StatusBadRequest, problem(what))
}

// problem is a body of ASP.NET with the status 400.
func problem(what string) string {
	return `{"type":"https://tools.ietf.org/html/rfc9110#section-15.5.1","title":"One or more validation errors occurred.",` +
		`"status":400,"errors":{"$":[` + jsonText(what) + `]}}`
}
