package engine

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/eval"
)

func TestVisitorsOutliveStartAndStop(t *testing.T) {
	for language, names := range map[string][3]string{
		"javascript": {`{"status":0,"name":"SDK_NOT_INITIALIZED","started":false}`, `{"status":3,"name":"SDK_INITIALIZED","started":true}`, "TypeScript"},
		"python":     {`{"status":0,"name":"NOT_INITIALIZED","started":false}`, `{"status":100,"name":"READY","started":true}`, "python"},
	} {
		t.Run(language, func(t *testing.T) {
			vendor := newABTasty(t)
			sdk := sdkClient(t, t.Name(), language)
			require.JSONEq(t, names[0], call(t, sdk, "flagship.status", ""))
			require.Equal(t, eval.CodeNotReady, resolve(sdk, "on").ErrorCode)
			made := call(t, sdk, "flagship.visitor.new", `{"id":"early","consent":true,"context":{"a":1.0,"targetingKey":"x"}}`)
			visitor := field(t, made, "visitor")
			require.JSONEq(t, `{"visitor":`+visitor+`,"id":"early","anonymousId":null,"status":"FETCH_REQUIRED","reason":"VISITOR_CREATED"}`, made)
			require.JSONEq(t, `{"done":true,"error":"the SDK is not started"}`, call(t, sdk, "flagship.visitor.fetch", `{"visitor":`+visitor+`}`))
			require.JSONEq(t, `{"flags":[]}`, call(t, sdk, "flagship.visitor.flags", `{"visitor":`+visitor+`}`))
			require.JSONEq(t, `{"exposure":"not_ready"}`, call(t, sdk, "flagship.visitor.expose", `{"visitor":`+visitor+`,"key":"on"}`))
			require.Empty(t, vendor.requests("file"))

			options := vendor.options(map[string]any{"sdk": language, "sdk_instance": t.Name(), "tracking": map[string]any{"batch_interval": 3600}})
			first := open(t, options, Host{})
			require.JSONEq(t, names[1], call(t, sdk, "flagship.status", ""))
			fetched(t, sdk, visitor)
			require.JSONEq(t, `{"exposure":"queued"}`, call(t, sdk, "flagship.visitor.expose", `{"visitor":`+visitor+`,"key":"on","default":false}`))
			require.JSONEq(t, `{"flushed":true}`, call(t, sdk, "flagship.flush", `{}`))
			require.Equal(t, []string{"early saw v"}, short(vendor.told(t, "activate")))
			require.Equal(t, []string{"early fs_consent " + names[2] + ":true", "early SEGMENT"}, short(vendor.told(t, "hits")))

			// A second start takes the place of the first, which stays open for a while and may be closed at any time.
			require.JSONEq(t, `{"sent":true,"refused":null,"why":null,"left_out":[]}`,
				call(t, sdk, "flagship.visitor.send", `{"visitor":`+visitor+`,"hit":{"type":"SCREENVIEW","documentLocation":"before"}}`))
			second := open(t, options, Host{})
			require.Empty(t, first.Close())
			require.JSONEq(t, names[1], call(t, sdk, "flagship.status", ""))
			require.Equal(t, "early SCREENVIEW", short(vendor.told(t, "hits"))[2], "what the first start had pending was sent")
			fetched(t, sdk, visitor)
			require.JSONEq(t, `{"sent":true,"refused":null,"why":null,"left_out":[]}`,
				call(t, sdk, "flagship.visitor.send", `{"visitor":`+visitor+`,"hit":{"type":"SCREENVIEW","documentLocation":"after"}}`))
			require.Empty(t, second.Close(), "closing sends what is pending")
			all := vendor.told(t, "hits")
			require.Equal(t, "after", all[len(all)-1]["dl"])
			require.JSONEq(t, names[0], call(t, sdk, "flagship.status", ""))
			require.JSONEq(t, `{"sent":false,"refused":"not_ready","why":"the SDK is not started","left_out":[]}`,
				call(t, sdk, "flagship.visitor.send", `{"visitor":`+visitor+`,"hit":{"type":"SCREENVIEW","documentLocation":"x"}}`))

			// The SDK's client may go first.
			third := open(t, options, Host{})
			sdk.Close()
			fetched(t, third, visitor)
			require.JSONEq(t, `{"flushed":true}`, call(t, third, "flagship.flush", `{}`))
			require.Equal(t, "null", call(t, third, "flagship.visitor.close", `{"visitor":`+visitor+`}`))
			require.Equal(t, "there is no open visitor "+visitor, call(t, third, "flagship.visitor.close", `{"visitor":`+visitor+`}`))
		})
	}
}

func TestEverythingAboutAVisitorCanBeAsked(t *testing.T) {
	vendor := newABTasty(t)
	c := open(t, vendor.options(nil), Host{})
	visitor := newVisitor(t, c, "v", `,"context":{"plan":"gold","n":1.50}`)
	ask := func(method, more string) string {
		return call(t, c, "flagship.visitor."+method, `{"visitor":`+visitor+more+`}`)
	}
	require.JSONEq(t, `{"done":true,"error":null}`, ask("fetch", `,"wait":false`), "nobody has to be waited for")
	metadata := `{"campaignId":"c","campaignName":"Camp","variationGroupId":"g","variationGroupName":"VG","variationId":"v",` +
		`"variationName":"Var","isReference":false,"campaignType":"ab","slug":"s"}`
	require.JSONEq(t, `{"exists":true,"status":"FETCHED","value":{"a":[1]},"metadata":`+metadata+`}`, ask("flag", `,"key":"o"`))
	require.JSONEq(t, `{"exists":false,"status":"NOT_FOUND","value":null,"metadata":{"campaignId":"","campaignName":"","variationGroupId":"",`+
		`"variationGroupName":"","variationId":"","variationName":"","isReference":false,"campaignType":"","slug":null}}`, ask("flag", `,"key":"x"`))
	require.JSONEq(t, `{"flags":[{"key":"on","value":true,"status":"FETCHED","metadata":`+metadata+`,"hex":"7b2276223a747275657d"},`+
		`{"key":"n","value":5,"status":"FETCHED","metadata":`+metadata+`,"hex":"7b2276223a357d"},`+
		`{"key":"o","value":{"a":[1]},"status":"FETCHED","metadata":`+metadata+`,"hex":"7b2276223a7b2261223a5b315d7d7d"}]}`, ask("flags", ""))
	require.JSONEq(t, `{"exposure":"queued"}`, ask("expose", `,"key":"on","default":null`))
	require.JSONEq(t, `{"exposure":"duplicate"}`, ask("expose", `,"key":"on"`))
	require.JSONEq(t, `{"exposure":"queued"}`, ask("expose", `,"key":"on","default":false`))
	require.JSONEq(t, `{"exposure":"not_found"}`, ask("expose", `,"key":"x"`))
	require.JSONEq(t, `{"sent":true,"refused":null,"why":null,"left_out":["value"]}`,
		ask("send", `,"hit":{"type":"EVENT","category":"User Engagement","action":"a","value":"many"}`))
	require.JSONEq(t, `{"sent":false,"refused":"invalid","why":"a hit of the type SCREENVIEW has no documentLocation","left_out":[]}`,
		ask("send", `,"hit":{"type":"SCREENVIEW"}`))
	context := `{"fs_client":"TypeScript","fs_version":"5.2.0","fs_users":"v","plan":"gold","n":1.50,"more":true}`
	require.JSONEq(t, `{"refused":null,"context":`+context+`}`, ask("update_context", `,"context":{"more":true,"list":[1]}`))
	require.JSONEq(t, `{"refused":null,"id":"account","anonymousId":"v"}`, ask("authenticate", `,"id":"account"`))
	require.JSONEq(t, `{"refused":"authenticated","id":"account","anonymousId":"v"}`, ask("authenticate", `,"id":"other"`))
	require.JSONEq(t, `{"refused":"empty_id","id":"account","anonymousId":"v"}`, ask("authenticate", ""))
	require.JSONEq(t, `{"id":"account","anonymousId":"v","consent":true,"status":"FETCH_REQUIRED","reason":"AUTHENTICATE","assignments":{},"exposed":[],`+
		`"context":{"fs_client":"TypeScript","fs_version":"5.2.0","fs_users":"account","plan":"gold","n":1.50,"more":true}}`, ask("state", ""))
	require.JSONEq(t, `{"refused":null,"id":"v","anonymousId":null}`, ask("unauthenticate", ""))
	require.JSONEq(t, `{"refused":"not_authenticated","id":"v","anonymousId":null}`, ask("unauthenticate", ""))
	require.JSONEq(t, `{"refused":null,"context":{"fs_client":"TypeScript","fs_version":"5.2.0","fs_users":"v"}}`, ask("clear_context", ""))
	require.Equal(t, "null", ask("consent", `,"consent":false`))
	require.JSONEq(t, `{"exposure":"no_consent"}`, ask("expose", `,"key":"on","default":1`))
	require.JSONEq(t, `{"sent":false,"refused":"no_consent","why":"the visitor has not given consent","left_out":[]}`,
		ask("send", `,"hit":{"type":"SCREENVIEW","documentLocation":"x"}`))
	require.JSONEq(t, `{"document":`+everybodyOn+`}`, call(t, c, "flagship.document", ""))

	var flag backend.VisitorFlag
	handle, err := strconv.ParseUint(visitor, 10, 64)
	require.NoError(t, err)
	require.True(t, c.Visitors().Read(handle, "n", &flag))
	require.NotZero(t, flag.ID)
	flag.ID = 0
	require.Equal(t, backend.VisitorFlag{
		Found: true, Value: eval.Value{Kind: eval.Number, Text: "5"}, Status: 2, FetchReason: 2,
	}, flag)
	require.False(t, c.Visitors().Read(handle+1, "n", &flag))
	require.Equal(t, backend.NoSuchFlag, c.Visitors().Expose(handle+1, "n", eval.Value{}))
	require.True(t, c.Visitors().Close(handle))
	require.False(t, c.Visitors().Close(handle))
	require.Equal(t, "there is no open visitor "+visitor, ask("state", ""))
}

func TestCallsThatMakeNoSense(t *testing.T) {
	c := sdkClient(t, t.Name(), "python")
	visitor := newVisitor(t, c, "v", "")
	for _, bad := range [][3]string{
		{"visitor.new", `{"consent":true}`, "flagship.visitor.new: id is missing"},
		{"visitor.new", `{"id":"v"}`, "flagship.visitor.new: consent is missing"},
		{"visitor.new", `{"id":5,"consent":1,"context":[],"flags":{},"campaigns":"","x":1}`, "flagship.visitor.new: id is 5, want a string; " +
			"consent is 1, want true or false; context is not an object; campaigns is not an array; flags is not an array; id is missing; x is not a parameter"},
		{"visitor.fetch", `{}`, "flagship.visitor.fetch: visitor is missing"},
		{"visitor.fetch", `{"visitor":"1"}`, `flagship.visitor.fetch: visitor is "1", want a whole number`},
		{"visitor.fetch", `{"visitor":0}`, "there is no open visitor 0"},
		{"visitor.fetch", `{"visitor":9007199254740991}`, "there is no open visitor 9007199254740991"},
		{"visitor.fetch", `{"visitor":` + visitor + `,"wait":"no"}`, `flagship.visitor.fetch: wait is "no", want true or false`},
		{"visitor.flag", `{"visitor":` + visitor + `}`, "flagship.visitor.flag: key is missing"},
		{"visitor.send", `{"visitor":` + visitor + `}`, "flagship.visitor.send: hit is missing"},
		{"visitor.consent", `{"visitor":` + visitor + `}`, "flagship.visitor.consent: consent is missing"},
		{"visitor.listen", `{"visitor":` + visitor + `}`, "flagship.visitor.listen: listens is missing"},
		{"visitor.update_context", `{"visitor":` + visitor + `}`, "flagship.visitor.update_context: context is missing"},
		{"visitor.state", `{"visitor":` + visitor + `,"more":1}`, "flagship.visitor.state: more is not a parameter"},
		{"cache.answer", `{"result":1}`, "flagship.cache.answer: id is missing"},
		{"status", `[]`, "flagship.status: options: want a JSON object, found an array"},
	} {
		require.Equal(t, bad[2], call(t, c, "flagship."+bad[0], bad[1]), bad)
	}
	require.JSONEq(t, `{"taken":false}`, call(t, c, "flagship.cache.answer", `{"id":7,"result":null}`))
	require.JSONEq(t, `{"flushed":false}`, call(t, c, "flagship.flush", ``))
	require.JSONEq(t, `{"document":null}`, call(t, c, "flagship.document", ``))
	require.Equal(t, "this client was opened with start false: it evaluates no flags", call(t, c, "update", `{"document":{}}`))
}

func TestInstancesHaveNothingInCommon(t *testing.T) {
	vendor, other := newABTasty(t), newABTasty(t)
	other.serve(`{"panic":true}`)
	a, b := sdkClient(t, t.Name()+"a", "javascript"), sdkClient(t, t.Name()+"b", "javascript")
	open(t, vendor.options(map[string]any{"sdk_instance": t.Name() + "a"}), Host{})
	open(t, other.options(map[string]any{"sdk_instance": t.Name() + "b"}), Host{})
	of := newVisitor(t, a, "v", "")
	fetched(t, a, of)
	require.Equal(t, "there is no open visitor "+of, call(t, b, "flagship.visitor.fetch", `{"visitor":`+of+`}`))
	in := newVisitor(t, b, "v", "")
	fetched(t, b, in)
	require.JSONEq(t, `{"status":3,"name":"SDK_INITIALIZED","started":true}`, call(t, a, "flagship.status", ""))
	require.JSONEq(t, `{"status":2,"name":"SDK_PANIC","started":true}`, call(t, b, "flagship.status", ""))
	require.JSONEq(t, `{"exposure":"panic"}`, call(t, b, "flagship.visitor.expose", `{"visitor":`+in+`,"key":"on"}`))

	_, err := Open([]byte(`{"backend":"flagship","sdk":"python","sdk_instance":"`+t.Name()+`a","start":false}`), Host{})
	require.ErrorContains(t, err, "sdk_instance is of an SDK of another language")
	a.Close()
}

// A visitor that is made again in a forked child was counted by its parent.
func TestAVisitorCanBeMadeAgainQuietly(t *testing.T) {
	vendor := newABTasty(t)
	var saved []byte
	parent := open(t, vendor.options(map[string]any{"sdk": "python"}), Host{Saved: func(options []byte) { saved = append(saved[:0], options...) }})
	require.Equal(t, "READY", statusName(t, parent))
	vendor.set(func() { vendor.status["file"] = 503 })
	child, err := Open(saved, Host{})
	require.NoError(t, err)
	t.Cleanup(func() { child.Close() })
	require.Equal(t, "READY", statusName(t, child), "the file came with the options")
	visitor := newVisitor(t, child, "account", `,"anonymous_id":"before","quiet":true`)
	fetched(t, child, visitor)
	require.JSONEq(t, `{"id":"account","anonymousId":"before"}`, `{"id":`+field(t, call(t, child, "flagship.visitor.state", `{"visitor":`+visitor+`}`), "id")+
		`,"anonymousId":`+field(t, call(t, child, "flagship.visitor.state", `{"visitor":`+visitor+`}`), "anonymousId")+`}`)
	require.Equal(t, eval.BoolValue(true), resolve(child, "on").Value)
	require.JSONEq(t, `{"flushed":true}`, call(t, child, "flush", ""))
	require.Equal(t, []string{"before SEGMENT"}, short(vendor.told(t, "hits")))
}

func statusName(t *testing.T, c *Client) string {
	t.Helper()
	text := field(t, call(t, c, "flagship.status", ""), "name")
	return text[1 : len(text)-1]
}
