package visitor

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend/flagship"
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/eval"
)

// FuzzVisitor gives everything that comes from the host to a visitor. Whatever it is, the visitor has its flags afterwards.
func FuzzVisitor(f *testing.F) {
	f.Add([]byte("["+campaign+"]"), []byte(`[{"key":"f","campaignId":"c","hex":"7b7d"}]`), []byte(page), "v1")
	f.Add([]byte(`{"version":1,"data":{"visitorId":"v1","campaigns":[],"assignmentsHistory":{"a":"b"}}}`), []byte(`[]`), []byte(`{}`), "")
	f.Add([]byte(`{"a":{"version":1,"data":{"type":"EVENT","time":5,"content":{}}}}`), []byte(`null`), []byte(`[`), "\xff\x1e")
	started := map[sdk.Language]*Session{}
	for _, language := range []sdk.Language{sdk.JavaScript, sdk.Python} {
		started[language] = benchSDK(f, language, nil).session.Load()
	}
	f.Fuzz(func(t *testing.T, document, flags, hit []byte, id string) {
		for language, old := range started {
			s := New(language, nil, nil)
			var h *Host
			h = NewHost(func(r *Request) bool {
				if r.ID != 0 {
					_ = h.Answer(r.ID, document, "")
				}
				return true
			})
			n := s.NewSession(old.settings, flagship.Service{Language: language})
			s.Start(n, Environment{Rules: old.env.Rules, Lanes: sinkLanes{}, Visitors: h.Visitors(), Hits: h.Hits()})
			s.polled(200, "", old.env.Rules())
			for _, p := range []Params{{Campaigns: document}, {Flags: flags}, {Context: attributes(string(hit))}} {
				p.ID, p.Consent = id, true
				v := s.NewVisitor(context.Background(), p)
				_, _ = v.Send(hit)
				_, _ = v.Flag("f")
				require.NoError(t, v.UpdateContext(benchContext))
				require.NoError(t, v.Fetch(context.Background()))
				require.Len(t, v.Flags(), 100)
				_ = v.Expose("color-1", eval.StringValue(string(hit)))
				v.SetConsent(false)
			}
			require.NoError(t, s.Stop(context.Background(), n))
		}
	})
}
