package localserver

import (
	"encoding/json"
	"io"
	"net/http"
)

// ControlHelp describes the endpoints of Control.
const ControlHelp = `PUT    /faults      JSON list of fault steps, replaces the script       DELETE  /faults    ends misbehaviour
GET    /faults      what is left of the script
PUT    /document    ?namespace=ns[&environment=env]: serves the body and sends it to open streams
                    FeatBit, featureflag.co: replaces the environment, and pushes what changed, one item at a time
                    Flagship: replaces the environment file, which is dated at least a second after the one before
DELETE /document    ?namespace=ns[&environment=env]: the namespace becomes unknown; the environment becomes empty; there is
                    no environment file
GET    /requests    JSON list of {method, path, headers, body, time, remote, fault, client}
DELETE /requests    forgets them
PUT    /auth        {"token":"...","jwt":"..."}: what is let in from now on; empty: everybody
                    FeatBit, featureflag.co: {"secret":"..."}; Flagship: {"env_id":"...","api_key":"..."}; empty: the default
DELETE /connections cuts every client connection
GET    /status      {"url":"...","streams":1}
GET    /wait        ?streams=1&sockets=2&requests=3&events=50[&timeout_ms=30000]: answers with all counts as soon as they
                    are as high as that, 504 if they never are. Flagship: also activations=2&hits=3
FeatBit and featureflag.co
PATCH  /flag        ?key=k (featureflag.co: the id): gives the body's members to the flag, which need not exist, dates the
                    change and pushes the flag; until the file or the document is replaced
PATCH  /segment     ?id=i: likewise
POST   /push        sends the body to every open socket as it is
POST   /close       {"code":1011,"reason":"..."}: closes every open socket; code 1005: a close frame without either
PUT    /clock       {"offset_ms":-45000}: by how much the server's clock is ahead
GET    /sockets     JSON list of {id, path, headers, remote, opened, refused, received, sent, open, endedBy, code, reason}
Flagship
PUT    /segments    ?visitor=v: what other vendors know of a visitor, [{"partner":"p","segment":"s","value":"v"}]
DELETE /segments    [?visitor=v]: nothing again; of nobody
PUT    /refuse      {"visitors":["v"],"status":400}: requests with hits or activations of these visitors fail as a whole
PUT    /file-headers  {"last_modified":false,"etag":true}: how the environment file is delivered; {}: dated, without a tag
DELETE /assignments  decisions are made anew for everybody
All but Flipt
GET    /events      JSON list of accepted events {request, user, flags, metrics, body}; empty with --count-events
                    Flagship: one for each hit or activation {request, kind, user, path, headers, batch, body}, with kind
                    activation, hit, segment or consent; batch is what stood around the list that it was in
GET    /events/count  {"requests":2,"events":51,"skipped":0,"flags":50,"metrics":1,"users":7,"names":3}
GET    /events/users  [?atleast=2]: JSON object, how often events came for each user key
GET    /events/names  [?atleast=2]: likewise for flag keys and names of metrics; Flagship: for ids of activated variations,
                    actions of events and types of other hits
DELETE /events      forgets and uncounts them
Success is 200 with JSON or 204; a bad request is 400 with {"error":"..."}.`

// Control returns a handler to steer the server from another process. It has no authentication: listen on 127.0.0.1.
func (s *Server) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /faults", func(w http.ResponseWriter, r *http.Request) {
		var faults []Fault
		decoder := json.NewDecoder(r.Body)
		decoder.DisallowUnknownFields()
		err := decoder.Decode(&faults)
		if err == nil {
			err = s.SetFaults(faults...)
		}
		done(w, err)
	})
	mux.HandleFunc("DELETE /faults", func(w http.ResponseWriter, _ *http.Request) { done(w, s.SetFaults()) })
	mux.HandleFunc("GET /faults", func(w http.ResponseWriter, _ *http.Request) { reply(w, append([]Fault{}, s.Faults()...)) })
	mux.HandleFunc("PUT /document", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			where := placeOf(r)
			err = s.SetDocumentIn(where.environment, where.namespace, body)
		}
		done(w, err)
	})
	mux.HandleFunc("DELETE /document", func(w http.ResponseWriter, r *http.Request) {
		where := placeOf(r)
		s.RemoveDocument(where.environment, where.namespace)
		done(w, nil)
	})
	mux.HandleFunc("GET /requests", func(w http.ResponseWriter, _ *http.Request) { reply(w, append([]Request{}, s.Requests()...)) })
	mux.HandleFunc("DELETE /requests", func(w http.ResponseWriter, _ *http.Request) {
		s.ForgetRequests()
		done(w, nil)
	})
	mux.HandleFunc("PUT /auth", func(w http.ResponseWriter, r *http.Request) {
		var auth credentials
		err := json.NewDecoder(r.Body).Decode(&auth)
		if err == nil {
			err = s.vendor.authorize(auth)
		}
		done(w, err)
	})
	mux.HandleFunc("DELETE /connections", func(w http.ResponseWriter, _ *http.Request) {
		s.CloseConnections()
		done(w, nil)
	})
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, map[string]any{"url": s.URL(), "streams": s.Streams()})
	})
	mux.HandleFunc("GET /wait", s.wait)
	s.steer(mux)
	s.steerFlagship(mux)
	return mux
}

func placeOf(r *http.Request) place {
	where := place{r.URL.Query().Get("environment"), r.URL.Query().Get("namespace")}
	if where.environment == "" {
		where.environment = defaultEnvironment
	}
	if where.namespace == "" {
		where.namespace = "default"
	}
	return where
}

func done(w http.ResponseWriter, err error) {
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	answer(w, http.StatusBadRequest, `{"error":`+jsonText(err.Error())+`}`)
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", jsonContent)
	_ = json.NewEncoder(w).Encode(v) // the client is gone, if anything
}
