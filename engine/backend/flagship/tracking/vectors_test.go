package tracking

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend/datasync/datasynctest"
	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/evaljson"
	"github.com/burgee-flags/burgee/engine/event"
)

const vectorDir = "../../../../testdata/vectors/flagship"

type object = map[string]any

// now is when everything is sent; hits are made age milliseconds before.
const (
	now = 1_767_348_000_123
	age = 5012
)

// bodyOf encodes hits as one request.
func bodyOf(t testing.TB, language sdk.Language, activations bool, hits ...Hit) []byte {
	t.Helper()
	e := Encoder{
		Language: language, Environment: "env_id", Activations: activations, URL: "https://events.test/",
		Now: func() time.Time { return time.UnixMilli(now) },
	}
	var records []event.Record
	for i := range hits {
		records = append(records, event.Record{Time: hits[i].Created, Data: hits[i].Append(nil, language)})
	}
	request, err := e.Encode(records)
	require.NoError(t, err)
	require.Equal(t, e.URL, request.URL)
	return request.Body
}

// requireBody compares a body with a vector, in which ages are placeholders.
func requireBody(t testing.TB, want any, body []byte) {
	t.Helper()
	text, err := json.Marshal(want)
	require.NoError(t, err)
	text = regexp.MustCompile(`"qt":"[^"]*"`).ReplaceAll(text, []byte(`"qt":`+strconv.Itoa(age)))
	var wanted, got any
	datasynctest.Decode(t, text, &wanted)
	datasynctest.Decode(t, body, &got)
	if batch, ok := wanted.(object); ok && batch["qt"] != nil {
		batch["qt"] = json.Number("0") // of the batch itself
	}
	datasynctest.RequireEqual(t, wanted, got)
}

type hitCase struct {
	Name         string
	Hit          json.RawMessage
	Authenticate string
	Sent         any
	Errors       []string
	Raises       string
}

func TestHitVectors(t *testing.T) {
	for _, c := range []struct {
		file     string
		language sdk.Language
		cases    int
	}{{"hits_js", sdk.JavaScript, 37}, {"hits_python", sdk.Python, 32}} {
		var file struct{ Cases []hitCase }
		datasynctest.Read(t, filepath.Join(vectorDir, c.file+".json"), &file)
		require.Len(t, file.Cases, c.cases)
		deviations := datasynctest.LoadDeviations(t, vectorDir, c.file+"/")
		for _, row := range file.Cases {
			name := c.file + "/" + row.Name
			t.Run(name, func(t *testing.T) {
				raw := row.Hit
				if c.language == sdk.Python {
					var expression string
					require.NoError(t, json.Unmarshal(row.Hit, &expression))
					raw = pythonHit(t, expression)
				}
				want := deviations.Want(t, name, row.Sent)
				h, _, err := Read(raw, c.language)
				if want == nil {
					require.Error(t, err)
					return
				}
				require.NoError(t, err)
				h.Subject, h.Created = Subject{VisitorID: "visitor_1"}, now-age
				if row.Authenticate != "" {
					h.Subject = Subject{VisitorID: row.Authenticate, AnonymousID: "visitor_1"}
				}
				requireBody(t, want, bodyOf(t, c.language, false, h))
			})
		}
		deviations.Done(t)
	}
}

// pythonHit makes the object of a Python expression, as the Python package does it.
func pythonHit(t testing.TB, expression string) []byte {
	t.Helper()
	arguments := map[string][]string{
		"Page": {"documentLocation"}, "Screen": {"documentLocation"}, "Event": {"category", "action"},
		"Transaction": {"transactionId", "affiliation"}, "Item": {"transactionId", "productName", "productSku"},
		"with_ip": {"userIp"}, "with_resolution": {"width", "height"}, "with_locale": {"locale"},
		"with_session_number": {"sessionNumber"}, "with_event_label": {"label"}, "with_event_value": {"value"},
		"with_total_revenue": {"totalRevenue"}, "with_shipping_cost": {"shippingCosts"},
		"with_shipping_method": {"shippingMethod"}, "with_taxes": {"taxes"}, "with_currency": {"currency"},
		"with_payment_method": {"paymentMethod"}, "with_item_count": {"itemCount"}, "with_coupon_code": {"couponCode"},
		"with_price": {"itemPrice"}, "with_item_quantity": {"itemQuantity"}, "with_item_category": {"itemCategory"},
	}
	types := map[string]Type{"Page": Page, "Screen": Screen, "Event": Event, "Transaction": Transaction, "Item": Item}
	literals := strings.NewReplacer("'", `"`, "EventCategory.ACTION_TRACKING", `"Action Tracking"`,
		"EventCategory.USER_ENGAGEMENT", `"User Engagement"`, "True", "true", "None", "null")
	text := []byte{'{'}
	for _, call := range regexp.MustCompile(`(\w+)\(([^()]*)\)`).FindAllStringSubmatch(expression, -1) {
		names, known := arguments[call[1]]
		require.True(t, known, call[1])
		if kind := types[call[1]]; kind != "" {
			text = evaljson.AppendText(text, "type", string(kind))
		}
		var values []json.RawMessage
		require.NoError(t, json.Unmarshal([]byte("["+literals.Replace(call[2])+"]"), &values))
		require.Len(t, values, len(names))
		if call[1] == "with_resolution" {
			if width, height := string(values[0]), string(values[1]); width != "0" && height != "0" {
				text = evaljson.AppendText(text, "screenResolution", width+"x"+height)
			}
			continue
		}
		for i, name := range names {
			text = append(evaljson.AppendName(text, name), values[i]...)
		}
	}
	return append(text, '}')
}

func TestConsentHitVectors(t *testing.T) {
	type other struct {
		Name   string
		Body   any
		Bodies []any
	}
	for file, language := range map[string]sdk.Language{"hits_js": sdk.JavaScript, "hits_python": sdk.Python} {
		var f struct{ Other []other }
		datasynctest.Read(t, filepath.Join(vectorDir, file+".json"), &f)
		require.Len(t, f.Other, map[sdk.Language]int{sdk.JavaScript: 5, sdk.Python: 4}[language])
		for _, c := range f.Other {
			for _, body := range append(c.Bodies, c.Body) {
				if body != nil {
					t.Run(file+"/"+c.Name, func(t *testing.T) { checkBody(t, language, body) })
				}
			}
		}
	}
}

// checkBody makes the hits of a body anew and compares what they are sent as.
func checkBody(t *testing.T, language sdk.Language, body any) {
	t.Helper()
	batch := body.(object)
	list, activations := batch["batch"].([]any)
	if !activations {
		list = batch["h"].([]any)
	}
	var hits []Hit
	for _, element := range list {
		hits = append(hits, hitOf(t, language, element.(object)))
	}
	requireBody(t, body, bodyOf(t, language, activations, hits...))
}

// hitOf makes the hit that a vector shows as it was sent.
func hitOf(t *testing.T, language sdk.Language, sent object) (h Hit) {
	t.Helper()
	text := func(name string) string {
		s, _ := sent[name].(string)
		return s
	}
	subject := Subject{VisitorID: text("vid")}
	if sent["caid"] != nil {
		h = NewActivation(text("caid"), text("vaid"))
		subject.AnonymousID = text("aid")
	} else if account := text("cuid"); account != "" {
		subject = Subject{VisitorID: account, AnonymousID: text("vid")}
	}
	switch {
	case sent["caid"] != nil:
	case text("ea") == "fs_consent":
		client, consent, _ := strings.Cut(text("el"), ":")
		require.Equal(t, language.Client(), client)
		h = NewConsent(client, consent == "true")
		require.True(t, h.IsConsent())
	case text("t") == "SEGMENT":
		h = NewSegment(language, contextOf(t, sent["s"]))
	default:
		given := object{"type": sent["t"], "documentLocation": sent["dl"]}
		raw, err := json.Marshal(given)
		require.NoError(t, err)
		h, _, err = Read(raw, language)
		require.NoError(t, err)
		require.False(t, h.IsConsent())
	}
	h.Subject, h.Created, h.QA = subject, now-age, sent["qa"] == true
	return h
}

// contextOf is the context that a segment hit of the vectors was made of: it had a number, a boolean and texts.
func contextOf(t *testing.T, sent any) (context []eval.Attribute) {
	t.Helper()
	for name, value := range sent.(object) {
		raw, err := json.Marshal(value)
		require.NoError(t, err)
		if s, isText := value.(string); isText && (name == "age" || name == "vip" || name == "ratio") {
			raw = []byte(s)
		}
		context = append(context, eval.Attribute{Name: name, Value: evaljson.Value(raw)})
	}
	return context
}

// Of the sequences, what is sent and what is kept in the cache is compared here; in which order the calls come is not the
// concern of this package. Hits are always sent in batches, so that the requests of the SDKs' internal strategy without
// batches are left out.
func TestTrackingVectors(t *testing.T) {
	for file, language := range map[string]sdk.Language{"tracking_js": sdk.JavaScript, "tracking_python": sdk.Python} {
		var f struct {
			Scenarios []struct {
				Name   string
				Events [][]json.RawMessage
			}
		}
		datasynctest.Read(t, filepath.Join(vectorDir, file+".json"), &f)
		require.Len(t, f.Scenarios, map[sdk.Language]int{sdk.JavaScript: 22, sdk.Python: 17}[language])
		deviations := datasynctest.LoadDeviations(t, vectorDir, file+"/")
		sent, kept := 0, 0
		for _, scenario := range f.Scenarios {
			for i, step := range scenario.Events {
				var kind string
				if json.Unmarshal(step[0], &kind) != nil {
					continue
				}
				name := file + "/" + scenario.Name + "/" + strconv.Itoa(i)
				switch {
				case kind == "cacheHit" || kind == "cache_hits":
					var documents []json.RawMessage
					require.NoError(t, json.Unmarshal(step[1], &documents))
					for _, document := range documents {
						kept++
						t.Run(name, func(t *testing.T) { checkDocument(t, language, document) })
					}
				case strings.HasPrefix(kind, "HTTP") && !strings.Contains(string(step[1]), "/campaigns") &&
					(strings.Contains(string(step[2]), "batch") || strings.Contains(string(step[2]), "BATCH")):
					sent++
					t.Run(name, func(t *testing.T) {
						var body any
						datasynctest.Decode(t, step[2], &body)
						checkBody(t, language, deviations.Want(t, name, body))
					})
				}
			}
		}
		require.Equal(t, map[sdk.Language]int{sdk.JavaScript: 34, sdk.Python: 29}[language], sent)
		require.Equal(t, map[sdk.Language]int{sdk.JavaScript: 16, sdk.Python: 32}[language], kept)
		deviations.Done(t)
	}
}

// checkDocument reads a document of the hit cache and writes it again.
func checkDocument(t *testing.T, language sdk.Language, document []byte) {
	t.Helper()
	text := string(document)
	for placeholder, number := range map[string]string{
		`"<time>"`: strconv.Itoa(now), `"<createdAt>"`: strconv.Itoa(now - age), `"<timestamp>"`: strconv.Itoa(now - age),
	} {
		text = strings.ReplaceAll(text, placeholder, number)
	}
	// Python leaves the age of the first attempt in what it keeps after a failure.
	text = strings.ReplaceAll(text, `, "qt": "<qt>"`, "")
	h, key, err := ReadStored([]byte(text), language, now)
	require.NoError(t, err)
	require.NotEmpty(t, key)
	require.JSONEq(t, text, string(h.AppendStored(nil, language, key, now)))
	require.EqualValues(t, now-age, h.Created)
}
