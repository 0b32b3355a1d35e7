package localserver

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// steer adds the endpoints of FeatBit and featureflag.co, and those for events.
func (s *Server) steer(mux *http.ServeMux) {
	withBody := func(act func(query func(string) string, body []byte) error) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err == nil {
				err = act(r.URL.Query().Get, body)
			}
			done(w, err)
		}
	}
	mux.HandleFunc("PATCH /flag", withBody(func(query func(string) string, body []byte) error {
		return s.ChangeFlag(query("key"), body)
	}))
	mux.HandleFunc("PATCH /segment", withBody(func(query func(string) string, body []byte) error {
		return s.ChangeSegment(query("id"), body)
	}))
	mux.HandleFunc("POST /push", withBody(func(_ func(string) string, body []byte) error { return s.Push(body) }))
	mux.HandleFunc("POST /close", withBody(func(_ func(string) string, body []byte) error {
		closing := struct {
			Code   int
			Reason string
		}{Code: 1000}
		if err := json.Unmarshal(body, &closing); err != nil {
			return err
		}
		return s.CloseStreams(closing.Code, closing.Reason)
	}))
	mux.HandleFunc("PUT /clock", withBody(func(_ func(string) string, body []byte) error {
		var clock struct {
			Offset int64 `json:"offset_ms"`
		}
		if err := json.Unmarshal(body, &clock); err != nil {
			return err
		}
		return s.SetClockOffset(time.Duration(clock.Offset) * time.Millisecond)
	}))
	recorded := func(has func() error, list func(atLeast int) any) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			atLeast, err := queryNumber(r, "atleast", 1)
			if err == nil {
				err = has()
			}
			if err != nil {
				done(w, err)
				return
			}
			reply(w, list(int(atLeast)))
		}
	}
	mux.HandleFunc("GET /sockets", recorded(s.ofDataSync, func(int) any { return s.Sockets() }))
	mux.HandleFunc("GET /events", recorded(s.hearsEvents, func(int) any { return append([]Event{}, s.Events()...) }))
	mux.HandleFunc("GET /events/count", recorded(s.hearsEvents, func(int) any { return s.EventCounts() }))
	mux.HandleFunc("GET /events/users", recorded(s.hearsEvents, func(n int) any { return s.EventsByUser(n) }))
	mux.HandleFunc("GET /events/names", recorded(s.hearsEvents, func(n int) any { return s.EventsByName(n) }))
	mux.HandleFunc("DELETE /events", func(w http.ResponseWriter, _ *http.Request) {
		s.ForgetEvents()
		done(w, nil)
	})
}

// counts are what a client can wait for.
func (s *Server) counts() map[string]int {
	events := s.EventCounts()
	counts := map[string]int{
		"streams": s.Streams(), "sockets": s.socketCount(), "requests": s.requests.count(), "events": events.Events,
	}
	if s.flagship != nil {
		counts["activations"], counts["hits"] = events.Flags, events.Metrics
	}
	return counts
}

func (s *Server) socketCount() int {
	if s.dataSync == nil {
		return 0
	}
	s.dataSync.mu.Lock()
	defer s.dataSync.mu.Unlock()
	return s.dataSync.sockets.total
}

// wait answers when the counts are as high as the query says.
func (s *Server) wait(w http.ResponseWriter, r *http.Request) {
	const patience = "timeout_ms"
	milliseconds, err := queryNumber(r, patience, 30_000)
	wanted, have := map[string]int{}, s.counts()
	for name := range r.URL.Query() {
		count, wrong := queryNumber(r, name, 0)
		if _, known := have[name]; !known && name != patience {
			wrong = fmt.Errorf("there is no %q to wait for", name)
		}
		if wrong != nil {
			err = wrong
		}
		if name != patience {
			wanted[name] = int(count)
		}
	}
	if err != nil {
		done(w, err)
		return
	}
	for end := time.Now().Add(time.Duration(milliseconds) * time.Millisecond); ; have = s.counts() {
		enough := true
		for name, count := range wanted {
			enough = enough && have[name] >= count
		}
		switch {
		case enough:
			reply(w, have)
			return
		case time.Now().After(end):
			counted, _ := json.Marshal(have) // numbers always succeed
			answer(w, http.StatusGatewayTimeout, string(counted))
			return
		case !pause(r, s.done, 2):
			return
		}
	}
}

func queryNumber(r *http.Request, name string, otherwise int64) (int64, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return otherwise, nil
	}
	return strconv.ParseInt(text, 10, 64)
}
