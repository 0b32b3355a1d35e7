package engine

import (
	"cmp"
	"encoding/base64"
	"errors"
	"io/fs"
	"sort"
	"strings"
	"time"

	"github.com/goccy/go-json"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/option"
	"github.com/burgee-flags/burgee/engine/source"
)

const defaultStartWait = 15 * time.Second

var errClosed error = &eval.Error{Code: eval.CodeNotReady, Msg: "the client is closed"}

// config is what the engine itself takes from the options.
type config struct {
	backend   string
	startWait time.Duration
	cachePath string
	maxBody   int64
	restore   *restored
	// given are all options as they came, for a copy of this client in another process.
	given map[string]json.RawMessage
}

// restored are the flags of the process that this one was forked from, in the option "restore".
type restored struct {
	Document string `json:"document"` // base64 of the gzipped update
	Format   string `json:"format"`
	Current  int64  `json:"current"` // when it was last known to be current, in Unix milliseconds
}

// configure reads the options and plans the backend. Every problem is named in the one error.
func (c *Client) configure(text []byte, host Host) error {
	opts, err := option.New(text)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &c.config.given); err != nil {
		return &eval.Error{Code: eval.CodeInvalidConfig, Op: "options", Msg: "not valid JSON", Err: err}
	}
	names := make([]string, 0, len(backends))
	for name := range backends {
		names = append(names, name)
	}
	sort.Strings(names)
	c.config.backend = opts.OneOf("backend", "flipt", names...)
	wait := host.StartWait
	if wait == 0 {
		wait = defaultStartWait
	}
	c.config.startWait = opts.Milliseconds("start_wait_ms", wait)
	if c.config.cachePath = opts.NonEmpty("cache_path"); c.config.cachePath != "" {
		if err := source.CheckCache(c.config.cachePath); err != nil {
			opts.Problem("cache_path", "cannot be used: "+err.Error())
		}
	}
	c.config.maxBody = backend.MaxBody(opts)
	level := opts.OneOf("log_level", "warn", levelNames[:]...)
	for i, name := range levelNames {
		if name == level {
			c.log.level = backend.Level(i) //nolint:gosec // four levels
		}
	}
	c.log.name = "burgee." + c.config.backend
	c.readRestore(opts)
	plan, err := backends[c.config.backend](opts, backend.Env{
		Log: &c.log, Getenv: host.Getenv, FailFast: host.FailFast, Tell: c.events.tell,
	})
	if err != nil {
		var known *eval.Error
		if !errors.As(err, &known) {
			return &eval.Error{Code: eval.CodeInvalidConfig, Op: "options", Msg: err.Error(), Err: err}
		}
		opts.Problem(known.Msg, "")
	}
	if plan != nil && plan.Events != nil {
		c.delivery.config = readDelivery(opts)
	}
	c.checkUnknown(opts, host.IgnoreUnknown)
	if err := opts.Err("options"); err != nil {
		if plan != nil && plan.Close != nil {
			plan.Close()
		}
		return err
	}
	c.plan = plan
	return nil
}

// checkUnknown makes options that have no effect problems, or only logs them.
func (c *Client) checkUnknown(opts *option.Reader, ignore bool) {
	var ignored []string
	for _, unknown := range opts.Unknown() {
		if ignore {
			ignored = append(ignored, unknown.String())
			continue
		}
		opts.Problem(unknown.Name, cmp.Or(unknown.Reason, "is not an option"))
	}
	if len(ignored) > 0 {
		c.log.Log(backend.Warn, "ignored unknown options: "+strings.Join(ignored, ", "))
	}
}

func (c *Client) readRestore(opts *option.Reader) {
	raw := opts.Raw("restore")
	if raw == nil {
		return
	}
	c.config.restore = new(restored)
	if err := json.Unmarshal(raw, c.config.restore); err != nil {
		opts.Problem("restore", "is not what burgee_saved_options returned")
	}
	delete(c.config.given, "restore")
	c.config.startWait = 0
}

// publishStored publishes what is at hand before the source runs: the flags of a parent process, the vendor's export
// given as an option, or the copy on disk.
func (c *Client) publishStored() {
	if c.config.restore != nil {
		c.publishRestored()
		return
	}
	if c.plan.Initial != nil {
		_, _ = c.apply(*c.plan.Initial, time.Now()) // a failure is in the status and in the log
	}
	if c.config.cachePath == "" {
		return
	}
	cached, err := source.LoadCache(c.config.cachePath, c.plan.Identity, c.config.maxBody)
	if err == nil {
		defer cached.Release()
		update := source.Update{Body: cached.Body(), Origin: source.FromCache, Format: cached.Format}
		_, _ = c.apply(update, cached.SavedAt)
		return
	}
	if !errors.Is(err, fs.ErrNotExist) {
		c.log.Log(backend.Warn, "cache_path: "+err.Error())
	}
}

func (c *Client) publishRestored() {
	packed, err := base64.StdEncoding.DecodeString(c.config.restore.Document)
	if err == nil {
		var body []byte
		if body, err = source.Unpack(packed, c.config.maxBody); err == nil {
			update := source.Update{Body: body, Origin: source.FromRestored, Format: c.config.restore.Format}
			_, err = c.apply(update, time.UnixMilli(c.config.restore.Current))
		}
	}
	if err != nil {
		c.log.Log(backend.Warn, "the flags of the parent process could not be taken over: "+err.Error())
	}
}
