package visitor

import (
	"fmt"
	"time"

	"github.com/burgee-flags/burgee/engine/backend/flagship/sdk"
	"github.com/burgee-flags/burgee/engine/option"
)

// What the SDKs accept as the size of the pool and as the interval. Beyond that they take the default.
const (
	javaScriptMinPool     = 5
	javaScriptMaxPool     = 1 << 20
	pythonMaxPool         = 5000
	javaScriptMinInterval = time.Second
	pythonMinInterval     = 200 * time.Millisecond
	maxInterval           = 10_800 * time.Second
)

// strategies and the ways to end, by the names of the options.
var strategies = map[string]Strategy{"continuous": Continuous, "periodic": Periodic}

// ReadOptions reads the options that concern visitors into the settings of a language. Times are in seconds:
//
//	fetch_timeout, fetch_flags_buffering_time, hit_deduplication_time, cache_timeout
//	fetch_third_party_data, qa_mode, report_exposures    booleans
//	tracking   {"pool_max_size", "batch_interval", "cache_strategy": "continuous" or "periodic",
//	           "batch_activations": boolean, "closing_strategy": "send" or "cache"}
//
// A pool size or an interval that the SDK would not take is replaced by its default; warnings says so.
func ReadOptions(opts *option.Reader, settings Settings) (read Settings, warnings []string) {
	s := settings
	if s.Timeout = opts.Seconds("fetch_timeout", s.Timeout); s.Timeout <= 0 {
		s.Timeout = settings.Timeout
	}
	s.Buffering = opts.Seconds("fetch_flags_buffering_time", s.Buffering)
	s.Deduplication = opts.Seconds("hit_deduplication_time", s.Deduplication)
	if s.CacheTimeout = opts.Seconds("cache_timeout", s.CacheTimeout); s.CacheTimeout <= 0 {
		s.CacheTimeout = settings.CacheTimeout
	}
	s.ThirdParty = opts.Bool("fetch_third_party_data", s.ThirdParty)
	s.QA = opts.Bool("qa_mode", s.QA)
	s.Exposures = opts.Bool("report_exposures", s.Exposures)
	tracking := opts.Object("tracking")
	if tracking == nil {
		return s, nil
	}
	least, most, shortest := int64(0), int64(pythonMaxPool), pythonMinInterval
	if s.Language == sdk.JavaScript {
		least, most, shortest = javaScriptMinPool, javaScriptMaxPool, javaScriptMinInterval
	}
	size := tracking.Whole("pool_max_size", int64(s.Tracking.PoolSize), -1<<53, 1<<53)
	if size < least || size > most {
		warnings = append(warnings, fmt.Sprintf("tracking.pool_max_size is %d, want %d to %d: it is %d instead",
			size, least, most, s.Tracking.PoolSize))
		size = int64(s.Tracking.PoolSize)
	}
	s.Tracking.PoolSize = int(size)
	interval := tracking.Seconds("batch_interval", s.Tracking.Interval)
	never := interval == 0 && s.Language == sdk.JavaScript
	if !never && (interval < shortest || interval > maxInterval) {
		warnings = append(warnings, fmt.Sprintf("tracking.batch_interval is %s, want %s to %s: it is %s instead",
			interval, shortest, maxInterval, s.Tracking.Interval))
		interval = s.Tracking.Interval
	}
	s.Tracking.Interval = interval
	fallback := "continuous"
	if s.Tracking.Strategy == Periodic {
		fallback = "periodic"
	}
	s.Tracking.Strategy = strategies[tracking.OneOf("cache_strategy", fallback, "continuous", "periodic")]
	s.Tracking.Batched = tracking.Bool("batch_activations", s.Tracking.Batched)
	s.Tracking.KeepAtEnd = tracking.OneOf("closing_strategy", "send", "send", "cache") == "cache"
	return s, warnings
}
