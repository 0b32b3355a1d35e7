package engine

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"runtime"
	"sync"
	"time"

	"github.com/goccy/go-json"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/source"
)

// archive keeps the last good document, compressed: for a copy of the client in a forked process, which has no other way
// to the flags of its parent, and for the copy on disk.
type archive struct {
	mu     sync.Mutex
	packed []byte
	format string
	at     time.Time // when it was received
	stored time.Time // when it was last written to the disk
}

func (a *archive) holds() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.packed != nil
}

// keepBeforeStart is up to how many bytes of a document are kept before Open returns: some ten milliseconds' work.
const keepBeforeStart = 1 << 20

// packAtOnce is how much is compressed before others may go first, in bytes.
const packAtOnce = 16 << 10

// keep runs after the update was published, on the goroutine of the source.
func (c *Client) keep(u source.Update) {
	if u.Origin != source.FromServer && u.Origin != source.FromStream {
		return // a file or an inline document is in the options anyway
	}
	packed, err := pack(u.Body)
	if err != nil {
		c.log.Log(backend.Warn, "the flags could not be kept for a forked process: "+err.Error())
		return
	}
	c.archive.mu.Lock()
	c.archive.packed, c.archive.format, c.archive.at = packed, u.Format, time.Now()
	c.archive.stored = time.Time{}
	c.archive.mu.Unlock()
	c.save()
}

// storeEvery is how often the copy on disk is written again while its flags stay the same, so that a later process knows
// how old they are.
const storeEvery = time.Minute

// store brings the copy on disk up to date.
func (c *Client) store() {
	if c.config.cachePath == "" {
		return
	}
	c.archive.mu.Lock()
	packed, format := c.archive.packed, c.archive.format
	due := packed != nil && time.Since(c.archive.stored) >= storeEvery
	if due {
		c.archive.stored = time.Now()
	}
	c.archive.mu.Unlock()
	if !due {
		return
	}
	body, err := unpack(packed, c.config.maxBody)
	if err == nil {
		err = source.StoreCache(c.config.cachePath, c.plan.Identity, format, body, c.current.Load().current)
	}
	if err != nil {
		c.log.Log(backend.Warn, "cache_path: "+err.Error())
	}
}

// save hands the host the options that open this client again as it is now.
func (c *Client) save() {
	c.archive.mu.Lock()
	defer c.archive.mu.Unlock()
	options := make(map[string]any, len(c.config.given)+2)
	for name, raw := range c.config.given {
		options[name] = raw
	}
	if c.plan.Overlay != nil {
		for name, value := range c.plan.Overlay() {
			options[name] = value
		}
	}
	switch {
	case c.archive.packed != nil:
		options["restore"] = restored{
			Document: base64.StdEncoding.EncodeToString(c.archive.packed), Format: c.archive.format,
			Current: c.archive.at.UnixMilli(),
		}
	case c.config.restore != nil:
		options["restore"] = c.config.restore
	}
	text, err := json.Marshal(options)
	if err != nil {
		c.log.Log(backend.Warn, "the options could not be kept for a forked process: "+err.Error())
		return
	}
	c.saved(text)
}

func pack(body []byte) ([]byte, error) {
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	for len(body) > 0 {
		n := min(len(body), packAtOnce)
		if _, err := w.Write(body[:n]); err != nil {
			return nil, err
		}
		body = body[n:]
		runtime.Gosched() // evaluation first
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return bytes.Clone(packed.Bytes()), nil
}

func unpack(packed []byte, limit int64) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(r, limit))
}
