package tracking

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/evaljson"
	"github.com/burgee-flags/burgee/engine/event"
)

const (
	// MaxAge is how old a hit may become before it is dropped instead of sent.
	MaxAge = 4 * time.Hour
	// MaxBatchBytes is how long the hits of one request may be together.
	MaxBatchBytes = 2_500_000
	// MaxActivations is how many activations one request may carry.
	MaxActivations = 100
)

// Encoder turns records into the requests of an SDK. It implements event.Encoder. The records of one Encoder are either all
// activations or all other hits, because these go to different addresses.
type Encoder struct {
	Language    sdk.Language
	Environment string // its id
	Activations bool
	URL         string
	Header      http.Header
	Auth        func() http.Header // the API key; nil: it is not sent
	Now         func() time.Time
}

// separator is between a hit and what is attached to it. No JSON text holds it.
const separator = 0x1e

// Attach appends something to the record of a hit that is not sent: it is for whoever hears what became of the record.
func Attach[Text []byte | string](record []byte, attachment Text) []byte {
	return append(append(record, separator), attachment...)
}

// Detach takes a record apart.
func Detach(record []byte) (hit, attachment []byte) {
	hit, attachment, _ = bytes.Cut(record, []byte{separator})
	return hit, attachment
}

// Encode implements event.Encoder. Records are what Hit.Append wrote; their time is when the hit was created.
func (e *Encoder) Encode(records []event.Record) (event.Request, error) {
	now := e.Now().UnixMilli()
	body := make([]byte, 0, 128+len(records)*256)
	list := "h"
	switch {
	case e.Activations:
		body = evaljson.AppendText(append(body, '{'), "cid", e.Environment)
		list = "batch"
	case e.Language == sdk.Python:
		body = evaljson.AppendText(append(body, '{'), "cid", e.Environment)
		body = evaljson.AppendText(body, "t", "BATCH")
		body = evaljson.AppendText(body, "ds", "APP")
	default:
		body = evaljson.AppendText(append(body, '{'), "ds", "APP")
		body = evaljson.AppendText(body, "cid", e.Environment)
		body = evaljson.AppendText(body, "t", "BATCH")
		body = append(evaljson.AppendName(body, "qt"), '0')
	}
	body = append(evaljson.AppendName(body, list), '[')
	for i, record := range records {
		if i > 0 {
			body = append(body, ',')
		}
		hit, _ := Detach(record.Data)
		end := len(hit) - 1
		if end < 2 || hit[0] != '{' || hit[end] != '}' {
			return event.Request{}, fmt.Errorf("record %d is no hit", i)
		}
		body = append(body, hit[:end]...)
		body = strconv.AppendInt(evaljson.AppendName(body, "qt"), max(0, now-record.Time), 10)
		body = append(body, '}')
	}
	return event.Request{URL: e.URL, Header: e.Header, Auth: e.Auth, Body: append(body, "]}"...)}, nil
}

// Judge implements event.Encoder. The SDKs send whatever failed again until it is too old. A request that can never succeed
// because of something in it is cut in two here instead, so that only that is lost.
func (e *Encoder) Judge(status int) event.Verdict {
	switch {
	case status < http.StatusBadRequest:
		return event.Accept
	case status == http.StatusBadRequest, status == http.StatusRequestEntityTooLarge, status == http.StatusUnprocessableEntity:
		return event.Split
	}
	return event.Retry
}
