package backend

import (
	"context"
	"time"

	"github.com/burgee-flags/burgee/engine/eval"
	"github.com/burgee-flags/burgee/engine/event"
	"github.com/burgee-flags/burgee/engine/option"
)

// Events is what a backend brings that tells its vendor of evaluations.
type Events struct {
	// Lanes are the ways to the vendor, each with a queue of its own. There is at least one.
	Lanes []Lane
	// Disabled says that the host wants nothing to be sent.
	Disabled bool
	// InMemory says that nothing may be put into a spool: the host keeps what is pending itself.
	InMemory bool
	// Exposures and Tracking are the lanes, by their index, of what Exposure and Track write.
	Exposures, Tracking int
	// Exposure appends the record of an evaluation to dst, and returns dst as it is when the vendor need not hear of it. It
	// is called on the thread that evaluates: it neither waits nor allocates. at is in Unix milliseconds. Outcomes that are
	// errors never come here.
	Exposure func(dst []byte, ec *eval.Context, out *eval.Outcome, at int64) []byte
	// Draft does what Exposure does, faster: it appends something that the queue's encoder turns into the record later, with
	// the time at which it was queued. It takes the place of Exposure where records do not outlive the process. May be nil.
	Draft func(dst []byte, ec *eval.Context, out *eval.Outcome) []byte
	// Track appends the record of something that a user did. The error is an *eval.Error for what the vendor would refuse.
	Track func(dst []byte, ec *eval.Context, tracked *Tracked, at int64) ([]byte, error)
	// Flush sends what is pending, and returns when it is sent or dropped, or with ctx's error. nil: lane by lane.
	Flush func(ctx context.Context) error
}

// Lane is one way to the vendor.
type Lane struct {
	// Name is what the lane is called in the status, and what tells its spool from others. The only lane of a backend
	// needs none.
	Name string
	// Queue says where records go and in which portions. The engine adds the spool and the reports.
	Queue event.Config
}

// Queues are the lanes of an open client, by their indexes. In a client that sends nothing every record is dropped. Its
// methods are safe for any number of goroutines.
type Queues interface {
	// Report takes a record, which is copied, without waiting. at is in Unix milliseconds. false: it was dropped.
	Report(lane int, at int64, record []byte) bool
	// Flush sends what was reported before the call, and returns when it is sent or dropped, or with ctx's error.
	Flush(ctx context.Context, lane int) error
}

// Tracked is one event of the host's own.
type Tracked struct {
	Name  string
	Value eval.Value // Kind Null: none was given
	Data  []byte     // JSON text of further details; nil: none
}

// Delivery reads the options with which the host limits the sending of events into a copy of defaults:
//
//	events_max_in_queue     how many may wait in memory
//	events_flush_interval   seconds that an event waits for others; 0: none
//	events_retry_interval   seconds before a failed request is made again, doubled each time
//	events_max_retries      how often; without it as often as it takes
//
// and disable_events, which is reported as the second result.
func Delivery(opts *option.Reader, defaults event.Config) (config event.Config, disabled bool) {
	config = defaults
	config.Events = int(opts.Whole("events_max_in_queue", int64(defaults.Events), 1, maxQueue))
	config.Bytes = max(event.DefaultBytes, config.Events*(event.DefaultBytes/event.DefaultEvents))
	config.Interval = opts.Seconds("events_flush_interval", defaults.Interval)
	config.RetryWait = max(opts.Seconds("events_retry_interval", defaults.RetryWait), time.Millisecond)
	if opts.Has("events_max_retries") {
		config.Attempts = int(opts.Whole("events_max_retries", 0, 0, maxRetries)) + 1
	}
	return config, opts.Bool("disable_events", false)
}

// maxQueue and maxRetries bound what an option may ask for.
const (
	maxQueue   = 4_000_000
	maxRetries = 1_000_000
)
