package visitor

import (
	"time"

	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
)

// Mode says who decides.
type Mode uint8

// The modes.
const (
	API       Mode = iota // the vendor's server, asked for each visitor
	Bucketing             // this process, from a file that is polled
	Edge                  // this process, from a file that the host gave; only Flush sends what is pending
)

// Strategy says when the host's cache of hits is told.
type Strategy uint8

// The strategies.
const (
	Continuous Strategy = iota // of every hit, when it comes and when it is sent
	Periodic                   // of everything that is pending, after each batch
)

// Settings are what the SDKs can be configured to do. SettingsOf has the defaults of each.
type Settings struct {
	Language      sdk.Language
	Mode          Mode
	Hashes        sdk.HashInput
	Client        string        // what the SDK calls itself in contexts and consent hits
	Version       string        // its release, in contexts
	Timeout       time.Duration // of a request for decisions
	Buffering     time.Duration // a fetch so soon after a good one does nothing; 0: none does
	Deduplication time.Duration // the same hit of a visitor is not sent twice within it; 0: it is
	ThirdParty    bool          // attributes of other vendors are fetched with the flags
	QA            bool          // hits say that somebody is testing
	Exposures     bool          // the host hears of every activation that was sent
	CacheTimeout  time.Duration // how long a cache may take for a lookup
	Tracking      Tracking
}

// Tracking is how hits are sent.
type Tracking struct {
	PoolSize  int           // so many hits leave together; 0: each at once
	Interval  time.Duration // no hit waits longer for others; 0: for as long as it takes to fill the pool
	Strategy  Strategy
	Batched   bool // activations wait like hits
	KeepAtEnd bool // Stop leaves hits in the cache instead of sending them
}

// The defaults of both SDKs. JavaScript's are those on a server. Its cache has no limit of time, which would let a fetch
// hang; here it has one.
const (
	javaScriptBuffering     = 2 * time.Second
	javaScriptDeduplication = 2500 * time.Millisecond
	javaScriptPool          = 100
	javaScriptCacheTimeout  = 2 * time.Second
	pythonPool              = 20
	pythonCacheTimeout      = 100 * time.Millisecond
	defaultInterval         = 10 * time.Second
	defaultTimeout          = 2 * time.Second
)

// SettingsOf returns what the SDK of a language does unless it is told otherwise.
func SettingsOf(language sdk.Language) Settings {
	s := Settings{
		Language: language, Hashes: language.Hashes(), Client: language.Client(), Version: language.Version(),
		Timeout: defaultTimeout, Tracking: Tracking{PoolSize: pythonPool, Interval: defaultInterval},
		CacheTimeout: pythonCacheTimeout,
	}
	if language == sdk.JavaScript {
		s.Buffering, s.Deduplication = javaScriptBuffering, javaScriptDeduplication
		s.Tracking = Tracking{PoolSize: javaScriptPool, Interval: defaultInterval, Strategy: Periodic}
		s.CacheTimeout = javaScriptCacheTimeout
	}
	return s
}

// local reports whether decisions are made in this process.
func (s *Settings) local() bool { return s.Mode != API }

// batched reports whether activations wait for a batch.
func (s *Settings) batched() bool { return s.Tracking.Batched || s.Mode == Edge }
