package flipt

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/option"
)

// problems opens a plan and returns what is wrong with its options.
func problems(t *testing.T, open backend.Open, options string) string {
	t.Helper()
	opts, err := option.New([]byte(options))
	require.NoError(t, err)
	plan, err := open(opts, backend.Env{Getenv: func(string) string { return "" }})
	require.NoError(t, err)
	if plan.Close != nil {
		t.Cleanup(plan.Close)
	}
	if err := opts.Err("options"); err != nil {
		return err.Error()
	}
	return ""
}

// A path that some program failed to fill in must not become a connection to the server on this machine.
func TestAnEmptyFileIsAProblem(t *testing.T) {
	require.Equal(t, "options: file is empty", problems(t, Open, `{"file":""}`))
	require.Equal(t, "options: file is empty", problems(t, OpenFile, `{"file":""}`))
	require.Equal(t, "options: file is missing", problems(t, OpenFile, `{"file":null}`))
	require.Equal(t, "options: document is given together with file", problems(t, Open, `{"file":"x","document":{}}`))
	require.Empty(t, problems(t, Open, `{"file":null}`))
}

func TestTheIntervalOfPollsHasALowerBound(t *testing.T) {
	const want = "options: update_interval is below 100ms, want more, or 0 for the default of 2m0s"
	for _, short := range []string{"0.099", "0.000000001", "1e-3"} {
		require.Equal(t, want, problems(t, Open, `{"update_interval":`+short+`}`), short)
	}
	for text, want := range map[string]time.Duration{"0": defaultInterval, "0.0": defaultInterval, "0.1": 100 * time.Millisecond, "1": time.Second} {
		require.Equal(t, want, configOf(t, `{"update_interval":`+text+`}`).interval, text)
	}
}

func TestAnAddressWithAQueryOrAFragmentIsRefused(t *testing.T) {
	for options, want := range map[string]string{
		`{"url":"http://h/?token=s3cret"}`:                  "options: url has a query, which would end up in logs",
		`{"url":"http://h?"}`:                               "options: url has a query, which would end up in logs",
		`{"url":"http://h/#s3cret"}`:                        "options: url has a fragment, which is never sent",
		`{"url":"http://h/#"}`:                              "options: url has a fragment, which is never sent",
		`{"url":"http://user:s3cret@h:x/"}`:                 "options: url is not an address that begins with http:// or https://",
		`{"url":"ftp://user:s3cret@h/"}`:                    "options: url is not an address that begins with http:// or https://",
		`{"url":""}`:                                        "options: url is not an address that begins with http:// or https://",
		`{"url":"http://user:s3cret@h/"}`:                   "",
		`{"url":"http://user:s3cret@h/%3Fa%23"}`:            "",
		`{"url":"http://h?a","fetch_mode":"none"}`:          "",
		`{"url":"http://h","document":{"flags":[]}}`:        "options: url is given together with file or document",
		`{"url":"http://h?s3cret","document":{"flags":[]}}`: "options: url is given together with file or document",
		`{"url":"http://h/","max_body_bytes":0}`:            "options: max_body_bytes is 0, want 1 to 1099511627776",
	} {
		require.Equal(t, want, problems(t, Open, options), options)
	}
}

// Somebody who puts the token where a name belongs must not find it in a log.
func TestProblemsOfAuthenticationNeverNameItsMembers(t *testing.T) {
	for text, want := range map[string]string{
		`{"s3cret":"client_token"}`:                    "has members that are neither client_token nor jwt_token",
		`{"client_token":"t","s3cret":null}`:           "has members that are neither client_token nor jwt_token",
		`{"s3cret":1,"s3cret":2}`:                      "has members that are neither client_token nor jwt_token",
		`{"client_token":["s3cret"]}`:                  "has a member that is not a string, or one that is given twice",
		`{"client_token":"s3cret","client_token":"x"}`: "has a member that is not a string, or one that is given twice",
		`{"client_token":"s3cret","jwt_token":"x"}`:    "holds both client_token and jwt_token",
		`{"client_token":"s3cret\n"}`:                  "has a token with characters that a header cannot hold",
		`"s3cret"`:                                     `is neither "none" nor an object with client_token or jwt_token`,
	} {
		require.EqualError(t, (&authentication{}).set([]byte(text)), want, text)
	}
	for _, text := range []string{`{}`, `{"none":null}`, `{"client_token":null,"jwt_token":null}`, `{"client_token":null,"jwt_token":"t"}`} {
		require.NoError(t, (&authentication{}).set([]byte(text)), text)
	}
}

func TestOptionsOfAServerHaveNoMeaningWithALocalFile(t *testing.T) {
	const members = `"update_interval":5,"request_timeout":1,"tls_config":{},"proxy":{},"reference":"x","authentication":"none","namespace":"n"}`
	for local, given := range map[string]string{"file": `"x"`, "document": `{"flags":[]}`} {
		opts, err := option.New([]byte(`{"` + local + `":` + given + `,` + members))
		require.NoError(t, err)
		plan, err := Open(opts, backend.Env{})
		require.NoError(t, err)
		require.NoError(t, opts.Err(""), "whether they are errors is for the host to say")
		var want []option.Unknown
		for _, name := range []string{"authentication", "proxy", "reference", "request_timeout", "tls_config", "update_interval"} {
			want = append(want, option.Unknown{Name: name, Reason: "has no meaning with " + local})
		}
		require.Equal(t, want, opts.Unknown())
		require.Nil(t, plan.Overlay, "a copy of this client would be refused new credentials")
	}
}
