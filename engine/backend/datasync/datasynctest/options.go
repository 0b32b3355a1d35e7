package datasynctest

import (
	"encoding/json"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/datasync/connect"
	"github.com/burgee-flags/burgee/engine/option"
)

// Env is a host without proxies whose log is Logged.
func Env(logged *Log) backend.Env {
	return backend.Env{Log: logged, Getenv: func(string) string { return "" }}
}

// Log keeps log records.
type Log struct{ Messages []string }

// Log implements backend.Logger.
func (l *Log) Log(_ backend.Level, message string) { l.Messages = append(l.Messages, message) }

// Problems opens a plan and returns what is wrong with its options.
func Problems(t testing.TB, open backend.Open, options string) string {
	t.Helper()
	opts, err := option.New([]byte(options))
	require.NoError(t, err)
	plan, err := open(opts, Env(&Log{}))
	require.NoError(t, err)
	require.NotNil(t, plan.Source)
	if plan.Close != nil {
		t.Cleanup(plan.Close)
	}
	for _, unknown := range opts.Unknown() {
		opts.Problem(unknown.Name, unknown.Reason)
	}
	if err := opts.Err("options"); err != nil {
		return err.Error()
	}
	return ""
}

// config is the file config.json of a vendor's vectors.
type config struct {
	Clamps []struct {
		Class, Option string
		Given         json.RawMessage
		Effective     float64
	}
	URIs []struct {
		EventURL     string `json:"event_url"`
		StreamingURL string `json:"streaming_url"`
		EventsURI    string `json:"events_uri"`
		StreamingURI string `json:"streaming_uri"`
	}
	Validate []struct {
		EnvSecret    json.RawMessage `json:"env_secret"`
		EventURL     json.RawMessage `json:"event_url"`
		StreamingURL json.RawMessage `json:"streaming_url"`
		Raises       *struct{ Message string }
	}
}

// RunConfig compares the options of connections with config.json. Those about events and their queue are clamped by the
// packages that have the vendor's API.
func RunConfig(t *testing.T, dir string, vendor *connect.Vendor, open backend.Open) {
	var file config
	Read(t, filepath.Join(dir, "config.json"), &file)
	read := func(t *testing.T, options map[string]any) *connect.Options {
		text, err := json.Marshal(options)
		require.NoError(t, err)
		opts, err := option.New(text)
		require.NoError(t, err)
		return vendor.ReadOptions(opts)
	}
	clamped := 0
	for _, c := range file.Clamps {
		names := map[string]string{
			"Config.streaming_first_retry_delay": "streaming_first_retry_delay", "WebSocketConfig.timeout": "websocket_timeout",
			"WebSocketConfig.ping_interval": "ping_interval", "HTTPConfig.connect_timeout": "connect_timeout",
			"HTTPConfig.read_timeout": "request_timeout",
		}
		name, ours := names[c.Class+"."+c.Option]
		if !ours {
			continue
		}
		clamped++
		t.Run(name+"/"+string(c.Given), func(t *testing.T) {
			o := read(t, map[string]any{name: c.Given})
			got := map[string]time.Duration{
				"streaming_first_retry_delay": o.FirstRetry, "websocket_timeout": o.Handshake, "ping_interval": o.Ping,
				"connect_timeout": o.ConnectTime, "request_timeout": o.RequestTime,
			}[name]
			require.InDelta(t, c.Effective, got.Seconds(), 1e-9)
		})
	}
	require.Greater(t, clamped, 20)
	for _, c := range file.URIs {
		o := read(t, map[string]any{"event_url": c.EventURL, "streaming_url": c.StreamingURL})
		require.Equal(t, c.EventsURI, o.EventURL+vendor.EventsPath)
		require.Equal(t, c.StreamingURI, o.StreamingURL+"/streaming")
	}
	deviations := LoadDeviations(t, dir, "options/")
	for i, c := range file.Validate {
		options := map[string]json.RawMessage{"env_secret": c.EnvSecret}
		if c.EventURL != nil {
			options["event_url"], options["streaming_url"] = c.EventURL, c.StreamingURL
		}
		text, err := json.Marshal(options)
		require.NoError(t, err)
		problems := Problems(t, open, string(text))
		message := ""
		if c.Raises != nil {
			message = c.Raises.Message
		}
		want := deviations.Want(t, "options/validate/"+strconv.Itoa(i), message).(string)
		if want == message && message != "" {
			require.Contains(t, problems, message, "case %d", i)
		} else {
			require.Equal(t, want, problems, "case %d", i)
		}
	}
	deviations.Done(t)
}
