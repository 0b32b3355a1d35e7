package jsonscan_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/jsonscan"
)

func TestObjectVisitsMembersInOrder(t *testing.T) {
	b := []byte(`{ "a" : 1 , "b\n" : {"x":[1,2]}, "c":"d" } rest`)
	var names, values []string
	end, err := jsonscan.Object(b, 0, nil, func(name string, at int) (int, error) {
		end, err := jsonscan.Skip(b, at)
		names, values = append(names, string([]byte(name))), append(values, string(b[at:end]))
		return end, err
	})
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b\n", "c"}, names)
	require.Equal(t, []string{`1`, `{"x":[1,2]}`, `"d"`}, values)
	require.Equal(t, " rest", string(b[end:]))
}

func TestArrayVisitsElementsInOrder(t *testing.T) {
	b := []byte(`[ 1 , [2], {"3":4} ]!`)
	var values []string
	end, err := jsonscan.Array(b, 0, func(at int) (int, error) {
		end, err := jsonscan.Skip(b, at)
		values = append(values, string(b[at:end]))
		return end, err
	})
	require.NoError(t, err)
	require.Equal(t, []string{`1`, `[2]`, `{"3":4}`}, values)
	require.Equal(t, len(b)-1, end)
}

func TestIterationEndsAtTheFirstError(t *testing.T) {
	stop := errors.New("stop")
	calls := 0
	_, err := jsonscan.Array([]byte(`[1,2,3]`), 0, func(int) (int, error) { calls++; return 0, stop })
	require.ErrorIs(t, err, stop)
	_, err = jsonscan.Object([]byte(`{"a":1,"b":2}`), 0, nil, func(string, int) (int, error) { calls++; return 0, stop })
	require.ErrorIs(t, err, stop)
	require.Equal(t, 2, calls)
}

func TestIterationNeverHandsOutAnIndexBeyondTheText(t *testing.T) {
	for _, text := range append(valid, invalid...) {
		for cut := range len(text) + 1 {
			b := []byte(text[:cut])
			visit := func(at int) (int, error) {
				require.Less(t, at, len(b), "%q", b)
				return jsonscan.Skip(b, at)
			}
			_, _ = jsonscan.Array(b, 0, visit)
			_, _ = jsonscan.Object(b, 0, nil, func(_ string, at int) (int, error) { return visit(at) })
		}
	}
}

func FuzzIterationAgreesWithTheStandardLibrary(f *testing.F) {
	for _, text := range append(valid, invalid...) {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if depth(b) > jsonscan.MaxDepth {
			t.Skip("deeper than we read")
		}
		skip := func(at int) (int, error) { return jsonscan.Skip(b, at) }
		end, err := jsonscan.Array(b, 0, skip)
		_, isArray := decode(b, '[')
		require.Equal(t, isArray, err == nil && jsonscan.End(b, end) == nil)
		members := map[string]json.RawMessage{}
		end, err = jsonscan.Object(b, 0, nil, func(name string, at int) (int, error) {
			end, err := skip(at)
			members[string([]byte(name))] = b[at:end]
			return end, err
		})
		want, isObject := decode(b, '{')
		require.Equal(t, isObject, err == nil && jsonscan.End(b, end) == nil)
		if isObject {
			require.Equal(t, want, members)
		}
	})
}

func decode(b []byte, opening byte) (map[string]json.RawMessage, bool) {
	if check(b) != nil || b[0] != opening {
		return nil, false
	}
	members := map[string]json.RawMessage{}
	if opening == '{' {
		return members, json.Unmarshal(b, &members) == nil
	}
	return nil, true
}

func TestMembersAndElementsHandOutWhatIsInside(t *testing.T) {
	var seen []string
	require.True(t, jsonscan.Members([]byte(`{"a": [1, 2] , "\u0062":{}}`), func(name string, value []byte) {
		seen = append(seen, name+"="+string(value))
	}))
	require.True(t, jsonscan.Elements([]byte(`[ "x" ,null]`), func(value []byte) { seen = append(seen, string(value)) }))
	require.Equal(t, []string{"a=[1, 2]", "b={}", `"x"`, "null"}, seen)
	for _, text := range []string{``, `5`, `[}`, `{"a":}`, `{"a":1`, `{"a":x}`, `[1,]`, `["a]`, `{}x`, `[]x`} {
		require.False(t, jsonscan.Members([]byte(text), func(string, []byte) {}), text)
		require.False(t, jsonscan.Elements([]byte(text), func([]byte) {}), text)
	}
}
