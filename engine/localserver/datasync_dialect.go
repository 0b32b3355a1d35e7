package localserver

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Secrets of the environment unless Options.Secret is another one.
const (
	FeatBitSecret       = "burgee-local-secret-00local-environment-0000"
	FeatureFlagCoSecret = "YnVyZ2VlX180MV9fNTJfXzYzX19sb2NhbA==" // burgee__41__52__63__local
)

// dialect is what one vendor writes differently from the other.
type dialect struct {
	backend       string
	flagIdentity  string // the member that tells flags apart; segments have "id"
	timeMember    string // of the last change
	readTime      func(json.RawMessage) int64
	writeTime     func(milliseconds int64) string
	header        string // that carries the secret over HTTP
	eventsPath    string
	readEvents    func(body []byte, bodies bool) (batch, error)
	defaultSecret string
	secretForm    string // in words
	environmentOf func(secret string) (environment string, ok bool)
	strictToken   bool // the secret in a token has the length of FeatBit's
}

var featBit = dialect{
	backend: BackendFeatBit, flagIdentity: "key",
	timeMember: "updatedAt", readTime: readDate, writeTime: writeDate,
	header: "Authorization", eventsPath: "/api/public/insight/track", readEvents: readBatch[featBitEvent],
	defaultSecret: FeatBitSecret, environmentOf: featBitEnvironment, strictToken: true,
	secretForm: "44 characters, of which the last 22 are the environment's GUID in Base64",
}

var featureFlagCo = dialect{
	backend: BackendFeatureFlagCo, flagIdentity: "id",
	timeMember: "timestamp", readTime: readMilliseconds, writeTime: writeMilliseconds,
	header: "envSecret", eventsPath: "/api/public/track", readEvents: readBatch[featureFlagCoEvent],
	defaultSecret: FeatureFlagCoSecret, environmentOf: featureFlagCoEnvironment,
	secretForm: "Base64 of {random}__{account}__{project}__{environment}__{rest}",
}

func featBitEnvironment(secret string) (string, bool) {
	const length, environmentAt = 44, 22
	if len(secret) != length {
		return "", false
	}
	encoded := strings.NewReplacer("-", "+", "_", "/").Replace(secret[environmentAt:])
	guid, err := base64.StdEncoding.DecodeString(encoded + "==")
	if err != nil || len(bytes.Trim(guid, "\x00")) == 0 {
		return "", false
	}
	return string(guid), true
}

func featureFlagCoEnvironment(secret string) (string, bool) {
	decoded, err := base64.StdEncoding.DecodeString(secret)
	parts := strings.Split(string(decoded), "__")
	if err != nil || len(parts) < 4 {
		return "", false
	}
	return strings.Join(parts[1:4], "__"), true
}

// readDate reads a date as FeatBit writes it, cut to milliseconds; what is none is 0.
func readDate(value json.RawMessage) int64 {
	var text string
	if json.Unmarshal(value, &text) != nil {
		return 0
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UnixMilli()
		}
	}
	return 0
}

func writeDate(milliseconds int64) string {
	return `"` + time.UnixMilli(milliseconds).UTC().Format("2006-01-02T15:04:05.000Z") + `"`
}

func readMilliseconds(value json.RawMessage) int64 {
	at, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil {
		return 0
	}
	return at
}

func writeMilliseconds(milliseconds int64) string { return strconv.FormatInt(milliseconds, 10) }

// read takes a data-sync message with a whole environment, as latest-all answers it.
func (d dialect) read(document []byte) (flags, segments []*item, err error) {
	var message struct {
		MessageType string
		Data        *struct {
			EventType    string
			FeatureFlags *[]json.RawMessage
			Segments     *[]json.RawMessage
		}
	}
	if err := json.Unmarshal(document, &message); err != nil {
		return nil, nil, err
	}
	data := message.Data
	if message.MessageType != "data-sync" || data == nil || data.EventType != "full" || data.FeatureFlags == nil || data.Segments == nil {
		return nil, nil, errors.New(`the document is not {"messageType":"data-sync","data":{"eventType":"full","featureFlags":[...],"segments":[...]}}`)
	}
	if flags, err = d.readItems(flagItem, *data.FeatureFlags); err != nil {
		return nil, nil, err
	}
	segments, err = d.readItems(segmentItem, *data.Segments)
	return flags, segments, err
}

func (d dialect) readItems(kind itemKind, texts []json.RawMessage) ([]*item, error) {
	var items []*item
	for i, text := range texts {
		read, err := d.readItem(kind, text)
		if err != nil {
			return nil, fmt.Errorf("%s[%d]: %w", kind.member(), i, err)
		}
		items = append(items, read)
	}
	return items, nil
}

func (d dialect) readItem(kind itemKind, text []byte) (*item, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return nil, err
	}
	name := d.identity(kind)
	var id string
	if json.Unmarshal(members[name], &id) != nil || id == "" {
		return nil, fmt.Errorf("%q is not a text that says which item it is", name)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		return nil, err
	}
	return &item{kind: kind, id: id, given: compact.Bytes(), text: compact.Bytes(), at: d.readTime(members[d.timeMember])}, nil
}

func (d dialect) identity(kind itemKind) string {
	if kind == flagItem {
		return d.flagIdentity
	}
	return "id"
}
