package localserver

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pushed reads a patch with one item, and returns which it is and its members.
func pushed(t *testing.T, text string) (list string, item map[string]any) {
	t.Helper()
	var message struct {
		MessageType string
		Data        struct {
			EventType    string
			FeatureFlags []map[string]any
			Segments     []map[string]any
		}
	}
	require.NoError(t, json.Unmarshal([]byte(text), &message))
	require.Equal(t, "data-sync", message.MessageType)
	require.Equal(t, "patch", message.Data.EventType)
	require.Equal(t, 1, len(message.Data.FeatureFlags)+len(message.Data.Segments), "never batched: %s", text)
	if len(message.Data.FeatureFlags) == 1 {
		return "flag", message.Data.FeatureFlags[0]
	}
	return "segment", message.Data.Segments[0]
}

func milliseconds(t *testing.T, item map[string]any) int64 {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, item["updatedAt"].(string))
	require.NoError(t, err)
	return at.UnixMilli()
}

func TestReplacedDocumentIsPushedItemByItem(t *testing.T) {
	s := startFeatBit(t, Options{})
	first, second := connected(t, s), connected(t, s)
	const (
		newA = `{"key":"a","rules":[{"conditions":[{"property":"User is in segment","value":"[\"s\"]"}]}],"updatedAt":"2024-03-05T09:30:07Z"}`
		newS = `{"id":"s","included":["u"],"updatedAt":"2024-03-05T09:30:05Z"}`
		newC = `{"key":"c","updatedAt":"2024-03-05T09:30:06Z"}`
	)
	// B is written otherwise and says the same.
	sameB := `{"key": "b", "isArchived":true, "rules":[] ,"updatedAt":"2024-03-05T09:30:02Z"}`
	require.NoError(t, s.SetDocument("", []byte(whole("full", newA+","+sameB+","+newC, newS))))
	for _, want := range []string{whole("patch", "", newS), whole("patch", newC, ""), whole("patch", newA, "")} {
		assert.JSONEq(t, want, hear(t, first), "the oldest change first")
		assert.JSONEq(t, want, hear(t, second), "to every socket")
	}
	assert.Equal(t, pong, exchange(t, first, `{"messageType":"ping","data":null}`), "and nothing else")
	assert.JSONEq(t, whole("full", newA+","+sameB+","+newC, newS), exchange(t, first, syncRequest(0)))

	require.NoError(t, s.SetDocument("", []byte(whole("full", sameB, ""))))
	s.RemoveDocument("", "")
	assert.JSONEq(t, whole("full", "", ""), exchange(t, first, syncRequest(0)), "no deletion is announced")
	require.Error(t, s.SetDocument("", []byte(`{}`)))
}

func TestChangesWithoutALaterTimeAreStamped(t *testing.T) {
	start := time.Now().UnixMilli()
	s := startFeatBit(t, Options{})
	conn := connected(t, s)
	edited := strings.Replace(flagB, "true", "false", 1)
	require.NoError(t, s.SetDocument("", []byte(whole("full", flagA+","+edited, segmentS))))
	kind, item := pushed(t, hear(t, conn))
	assert.Equal(t, "flag", kind)
	assert.Equal(t, false, item["isArchived"])
	assert.GreaterOrEqual(t, milliseconds(t, item), start)

	require.NoError(t, s.SetDocument("", []byte(whole("full", flagA+","+edited, segmentS))))
	assert.JSONEq(t, whole("patch", "", ""), exchange(t, conn, syncRequest(milliseconds(t, item))), "the same document is no change")

	const future = 4102444800000 // 2100-01-01
	require.NoError(t, s.ChangeFlag("a", []byte(`{"updatedAt":"2100-01-01T00:00:00Z"}`)))
	_, item = pushed(t, hear(t, conn))
	assert.Equal(t, int64(future), milliseconds(t, item))
	require.NoError(t, s.ChangeFlag("a", []byte(`{"name":"later than the future"}`)))
	_, item = pushed(t, hear(t, conn))
	assert.Equal(t, int64(future+1), milliseconds(t, item))
}

func TestChangeOfOneItem(t *testing.T) {
	start := time.Now().UnixMilli()
	s := startFeatBit(t, Options{})
	conn := connected(t, s)
	require.NoError(t, s.ChangeFlag("b", []byte(`{"isArchived":false,"name":"B"}`)))
	kind, item := pushed(t, hear(t, conn))
	assert.Equal(t, "flag", kind)
	assert.Equal(t, "b", item["key"])
	assert.Equal(t, "B", item["name"])
	assert.Equal(t, []any{}, item["rules"], "other members stay")
	assert.GreaterOrEqual(t, milliseconds(t, item), start)

	require.NoError(t, s.ChangeFlag("new", []byte(`{"isEnabled":true}`)))
	_, item = pushed(t, hear(t, conn))
	assert.Equal(t, "new", item["key"])
	assert.Contains(t, exchange(t, conn, syncRequest(0)), `"key":"new"`)

	for _, bad := range []string{"", "[]", "not json"} {
		require.Error(t, s.ChangeFlag("a", []byte(bad)), "members %q", bad)
	}
	require.ErrorContains(t, s.ChangeSegment("", []byte(`{}`)), "empty")
}

func TestChangedSegmentDatesItsFlagsWithoutAnnouncingThem(t *testing.T) {
	s := startFeatBit(t, Options{})
	conn := connected(t, s)
	require.NoError(t, s.ChangeSegment("s", []byte(`{"included":["u"]}`)))
	kind, segment := pushed(t, hear(t, conn))
	assert.Equal(t, "segment", kind)
	at := milliseconds(t, segment)
	// After a reconnection the flag comes along, a little later than the segment. B does not use it.
	answer := exchange(t, conn, syncRequest(at))
	list, flag := pushed(t, answer)
	assert.Equal(t, "flag", list)
	assert.Equal(t, "a", flag["key"])
	assert.Equal(t, at+1, milliseconds(t, flag))

	// The same by a document.
	edited := `{"id":"s","included":["v"],"updatedAt":"2100-01-01T00:00:00Z"}`
	require.NoError(t, s.SetDocument("", []byte(whole("full", flagA+","+flagB, edited))))
	assert.JSONEq(t, whole("patch", "", edited), hear(t, conn))
	_, flag = pushed(t, exchange(t, conn, syncRequest(4102444800000)))
	assert.Equal(t, "a", flag["key"])
}

func TestPushSendsAnything(t *testing.T) {
	s := startFeatBit(t, Options{})
	conn := connected(t, s)
	for _, text := range []string{whole("patch", flagA+","+flagB, segmentS), "garbage", ""} {
		require.NoError(t, s.Push([]byte(text)))
		assert.Equal(t, text, hear(t, conn))
	}
	assert.Equal(t, 3, s.Sockets()[0].Sent)
}

func TestEnvironmentFileIsReloaded(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "=environment.json"), featBitDocument)
	s := StartTest(t, Options{Backend: BackendFeatBit, Files: []string{path}, ReloadInterval: time.Millisecond})
	conn := connected(t, s)
	assert.JSONEq(t, featBitDocument, exchange(t, conn, syncRequest(0)))
	newB := strings.Replace(flagB, "09:30:02", "09:31:02", 1)
	write(t, path, whole("full", flagA+","+newB, segmentS))
	assert.JSONEq(t, whole("patch", newB, ""), hear(t, conn))
	write(t, path, `{"half":`)
	newB = strings.Replace(flagB, "09:30:02", "09:32:02", 1)
	write(t, path, whole("full", flagA+","+newB, segmentS))
	assert.JSONEq(t, whole("patch", newB, ""), hear(t, conn), "a bad file changes nothing")
}
