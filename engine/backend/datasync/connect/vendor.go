package connect

import (
	"time"

	"github.com/burgee-flags/burgee/engine/backend"
	"github.com/burgee-flags/burgee/engine/backend/datasync"
	"github.com/burgee-flags/burgee/engine/eval"
)

// Compiler is a *datasync.Compiler of either vendor.
type Compiler interface {
	backend.Patching
	// Since is from when on a server has to be asked for what is newer than what is held. Any goroutine may ask.
	Since() int64
}

// Vendor is what FeatBit and featureflag.co do differently.
type Vendor struct {
	Backend      string // its name; that of its methods begin with it
	SecretHeader string // carries the secret over HTTP
	EventsPath   string
	UserAgent    string // the vendor's client for Python
	Defaults     Defaults
	// CheckSecret says what is wrong with a secret that is not empty. May be nil.
	CheckSecret func(secret string) error
	Events      Events
	ErrorTypes  ErrorTypes
}

// Defaults are those of options that have others in the other vendor.
type Defaults struct {
	StreamingURL, EventURL string // empty: they have to be given
	WebSocketTimeout       time.Duration
	LongestPing            time.Duration // limit of ping_interval; 0: none
	FlushInterval          time.Duration
}

// Events writes the elements of the JSON array that is posted to EventsPath. The context is a user, as Check says. Times
// are Unix milliseconds.
type Events struct {
	// Check says what is wrong with a context as a user. code is empty for one.
	Check func(ec *eval.Context) (code eval.Code, problem string)
	// Evaluation appends what a user was served, the flags that were asked on the way first. It does not allocate.
	Evaluation func(dst []byte, ec *eval.Context, asked []eval.Exposure, own eval.Exposure, at int64) []byte
	// Metrics appends one event with all metrics that have no problem; nothing if none is left.
	Metrics func(dst []byte, ec *eval.Context, metrics []datasync.Metric, appType string, at int64) []byte
	// MetricProblem says why a metric is not sent; empty when it is.
	MetricProblem func(*datasync.Metric) string
	// Identify appends a user whom nobody evaluated anything for.
	Identify func(dst []byte, ec *eval.Context) []byte
}

// ErrorTypes are the vendor's names for kinds of failures where the two differ.
type ErrorTypes struct {
	Lost    string // a connection that ended without a close frame
	Refused string // the operating system could not connect
}
