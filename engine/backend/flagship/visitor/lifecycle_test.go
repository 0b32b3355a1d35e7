package visitor

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend/datasync/datasynctest"
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
)

func TestLifecycles(t *testing.T) {
	for file, version := range map[string]string{"lifecycle_js": "5.2.0", "lifecycle_js_4_0_5": "4.0.5"} {
		prefix := "sequence/" + file + "/"
		deviations := datasynctest.LoadDeviations(t, vectorDir, prefix)
		played := 0
		for _, s := range readSequences(t, file) {
			c, known := lifecycles[s.Name]
			if !known {
				continue
			}
			played++
			t.Run(file+"/"+s.Name, func(t *testing.T) {
				w := newWorld(t, sdk.JavaScript, func(s *Settings) {
					s.Mode, s.Version, s.Exposures = c.mode, version, false
					if c.world != nil {
						c.world(s)
					}
				})
				c.play(w)
				got := lived(shown(t, w.noted()), version, c.mode)
				want := documented(t, deviations.Want(t, prefix+s.Name, s.Events))
				datasynctest.RequireEqual(t, want, got)
			})
		}
		require.Equal(t, len(lifecycles), played)
		require.Equal(t, 23, played)
		deviations.Done(t)
	}
}

// lived leaves out what a release does not say: 5.2 has no callbacks for polls, 4.0.5 is ready at once unless it polls.
// Hits are not part of these scenarios.
func lived(events []any, version string, mode Mode) (list []any) {
	for _, e := range events {
		e := e.([]any)
		word := e[0].(string)
		switch {
		case strings.HasPrefix(word, "HTTP"), word == "lookupHits", word == "cacheHit", word == "flushAllHits":
			continue
		case strings.HasPrefix(word, "onBucketing") && word != "onBucketingUpdated" && version != "4.0.5":
			continue
		case version == "4.0.5" && mode != Bucketing && word == "sdkStatus" && e[1] == "SDK_INITIALIZING":
			continue
		case version == "4.0.5" && mode != Bucketing && word == "sdkStatus" && len(list) > 0 && list[len(list)-1].([]any)[1] == e[1]:
			continue
		}
		list = append(list, e)
	}
	return list
}

// documented gives the events the names of the vendor's reference.
func documented(t *testing.T, events any) (list []any) {
	text, err := json.Marshal(events)
	require.NoError(t, err)
	text = []byte(strings.NewReplacer("FLAGS_NEVER_FETCHED", "VISITOR_CREATED", "FLAGS_FETCHING_ERROR", "FETCH_ERROR",
		"FLAGS_FETCHED_FROM_CACHE", "READ_FROM_CACHE").Replace(string(text)))
	datasynctest.Decode(t, text, &list)
	for _, e := range list {
		if e := e.([]any); (e[0] == "ready" || e[0] == "onBucketingFail") && e[1] != nil {
			e[1] = "error" // their text is the transport's
		}
	}
	return list
}
