package localserver

import (
	"encoding/json"
	"io"
	"net/http"
)

// steerFlagship adds the endpoints of Flagship.
func (s *Server) steerFlagship(mux *http.ServeMux) {
	mux.HandleFunc("PUT /segments", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = s.SetSegments(r.URL.Query().Get("visitor"), body)
		}
		done(w, err)
	})
	mux.HandleFunc("DELETE /segments", func(w http.ResponseWriter, r *http.Request) {
		done(w, s.SetSegments(r.URL.Query().Get("visitor"), nil))
	})
	mux.HandleFunc("PUT /refuse", func(w http.ResponseWriter, r *http.Request) {
		var given refusal
		err := json.NewDecoder(r.Body).Decode(&given)
		if err == nil {
			err = s.RefuseVisitors(given.Status, given.Visitors...)
		}
		done(w, err)
	})
	mux.HandleFunc("PUT /file-headers", func(w http.ResponseWriter, r *http.Request) {
		headers := struct {
			LastModified bool `json:"last_modified"`
			ETag         bool `json:"etag"`
		}{LastModified: true}
		err := json.NewDecoder(r.Body).Decode(&headers)
		if err == nil {
			err = s.SetFileHeaders(headers.LastModified, headers.ETag)
		}
		done(w, err)
	})
	mux.HandleFunc("DELETE /assignments", func(w http.ResponseWriter, _ *http.Request) { done(w, s.ForgetAssignments()) })
}
