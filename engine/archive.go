package engine

import (
	"encoding/base64"
	"sync"
	"time"

	"github.com/goccy/go-json"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/background"
	"github.com/burgee-flags/burgee/engine/source"
	"github.com/burgee-flags/burgee/engine/transport"
)

// archive keeps the last good document, compressed: for a copy of the client in a forked process, which has no other way
// to the flags of its parent, and for the copy on disk.
type archive struct {
	mu     sync.Mutex
	packed []byte
	format string
	at     time.Time // when it was received
	stored time.Time // when it was last written to the disk
	due    bool      // a newer one will be kept soon
}

func (a *archive) holds() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.packed != nil
}

// keepBeforeStart is up to how many bytes of a document are kept before Open returns: some ten milliseconds' work.
const keepBeforeStart = 1 << 20

// keep runs after the update was published, on the goroutine of the source.
func (c *Client) keep(u source.Update) {
	switch u.Origin {
	case source.FromServer, source.FromStream, source.FromHost:
		c.keepDocument(u.Body, u.Format)
	default: // a file or an inline document is in the options anyway
	}
}

// keepEvery is how often flags that change by patches are kept: putting them together and compressing them costs more
// than a patch.
const keepEvery = time.Second

// keepSoon keeps the flags as they are in a while, with all that changes until then.
func (c *Client) keepSoon() {
	c.archive.mu.Lock()
	defer c.archive.mu.Unlock()
	if c.archive.due {
		return
	}
	c.archive.due = true
	background.Go(nil, func() {
		// A client that was closed meanwhile writes nothing more: who comes next asks the server for what is missing.
		if transport.Wait(c.closing, keepEvery) == nil {
			c.keepPatched()
			c.store()
		}
	})
}

func (c *Client) keepPatched() {
	c.archive.mu.Lock()
	c.archive.due = false
	c.archive.mu.Unlock()
	c.compiling.Lock()
	patching, ok := c.plan.Compiler.(backend.Patching)
	var document []byte
	if ok {
		document = patching.Document()
	}
	c.compiling.Unlock()
	if ok {
		c.keepDocument(document, "")
	}
}

func (c *Client) keepDocument(body []byte, format string) {
	packed, err := source.Pack(body)
	if err != nil {
		c.log.Log(backend.Warn, "the flags could not be kept for a forked process: "+err.Error())
		return
	}
	c.archive.mu.Lock()
	c.archive.packed, c.archive.format, c.archive.at = packed, format, time.Now()
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
	err := source.StoreCache(c.config.cachePath, c.plan.Identity, format, packed, c.current.Load().current)
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
	if c.plan.WaitsForFlags {
		options["start_wait_ms"] = 0 // whoever opens it may hold up a whole process meanwhile, and has waited once
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
