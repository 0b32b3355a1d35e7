package event

import (
	"net/http"
	"time"

	"github.com/burgee-flags/burgee/engine/transport"
)

// Record is one event, in whatever form its Encoder wants.
type Record struct {
	Time int64 // when it happened, in milliseconds since 1970
	Data []byte
	// Adopted says that a process that has ended left it in the spool.
	Adopted bool

	end uint64 // the position behind it, where it came from
}

// Encoder is what a vendor brings. Its methods are called from several goroutines when Parallel is above 1.
type Encoder interface {
	// Encode builds the request for a batch, again for every few attempts. The records are valid until it returns. An error
	// says that they make no sense: a batch is then cut in two, and a single record is dropped.
	Encode(records []Record) (Request, error)
	// Judge says what a status means.
	Judge(status int) Verdict
}

// Request is one batch, ready to be posted.
type Request struct {
	URL     string
	Header  http.Header
	Auth    func() http.Header // headers that prove who we are; not sent to another host
	Body    []byte
	Omitted int // records that were left out on purpose; they count as dropped. If all were, nothing is sent
}

// Verdict is what becomes of a batch.
type Verdict int8

// The verdicts. Retry is the zero value, because it loses nothing.
const (
	Retry  Verdict = iota // later, again
	Accept                // the vendor has it
	Refuse                // the vendor will never take it: it is dropped
	Split                 // the vendor takes the batch only without something in it: try halves; a single record is dropped
)

// Defaults of Config.
const (
	DefaultEvents        = 10_000
	DefaultBytes         = 4 << 20
	DefaultBatchEvents   = 500
	DefaultBatchBytes    = 512 << 10
	DefaultRetryWait     = time.Second
	DefaultLongestWait   = 30 * time.Second
	DefaultReportEvery   = 10 * time.Second
	DefaultSyncInterval  = time.Second
	DefaultSpoolMaxBytes = 64 << 20
)

// Config is what a Queue is built from. Client and Encoder must be there; a zero takes the default.
type Config struct {
	Client  *transport.Client
	Encoder Encoder

	Events int // that may wait in memory, at most 4 million
	Bytes  int // of memory for them, rounded up to a power of two

	BatchEvents int           // most records of one request
	BatchBytes  int           // most bytes of records of one request
	Interval    time.Duration // how long a record waits for others; 0: not at all
	EarlyEvents int           // so many waiting records leave before Interval is over; 0: BatchEvents
	EarlyBytes  int           // as do so many bytes; 0: BatchBytes
	Parallel    int           // requests at the same time; 0: one. With more, batches may arrive in another order

	RetryWait   time.Duration // before the first retry: random in [w/2, w), then twice as long each time
	LongestWait time.Duration // no wait is longer, unless the server asks for it with Retry-After (at most 30 s)
	Attempts    int           // requests for one batch before it is dropped; 0: no limit. Without meaning with a spool
	MaxAge      time.Duration // older records are dropped instead of sent; 0: no limit
	// Merge makes a batch that failed go out again together with records that came meanwhile, as far as there is room, and
	// without Interval as soon as one comes. It has no meaning with a spool, or with Parallel above 1.
	Merge bool

	// Withdrawn is asked before every request whether a record is not to be sent any more. nil: none is.
	Withdrawn func(Record) bool
	// Hear is told what became of records: Accept after the request that the server took, Retry after one that failed and
	// will be made again (without Merge after a few of them), Refuse when they are dropped instead. Those of one queue come
	// in their order, unless Parallel is above 1. The delivery waits for it; the records are valid until it returns. nil:
	// nobody is told.
	Hear func([]Record, Verdict)

	Spool *Spool // nil: memory only
	// Report hears what the user should know, from one goroutine at a time. Each kind comes at most once per ReportEvery.
	Report      func(Notice)
	ReportEvery time.Duration
}

// Spool keeps records in files until they are sent.
type Spool struct {
	// Path is a folder, which is created. Queues with the same Path and Identity share their files, in whatever process.
	Path string
	// Identity is everything that decides who may send the records and whereto: backend, address, environment. Queues with
	// different identities never touch each other's files: each identity has a folder of its own in Path, named by hash.
	Identity string
	MaxBytes int64 // limit on all files of the identity, at least 1 MiB
	// SyncInterval is how often files are forced to the disk: what a power cut may cost.
	SyncInterval time.Duration
}

// Kind is what a Notice is about.
type Kind int8

// The kinds.
const (
	Dropped     Kind = iota // records were lost: no room, refused, too old, or tried too often
	Failing                 // requests fail; the records are kept
	Recovered               // requests succeed again
	SpoolFailed             // the spool cannot take records; they stay in memory
	SpoolWorks              // it can again
	Adopted                 // files of a process that has ended were taken over
	Damaged                 // part of a file was unreadable and was left out
)

// Notice is something the user should know.
type Notice struct {
	Kind    Kind
	Count   uint64 // Dropped: records since the last one. Adopted: files. Damaged: bytes
	Message string
}

// Stats is what has happened so far. The numbers of one moment fit together only when nothing is under way.
type Stats struct {
	Accepted   uint64 `json:"accepted"`   // records that Add and AddDurable took
	Sent       uint64 `json:"sent"`       // records that the server took, those of ended processes included
	Pending    uint64 `json:"pending"`    // records that Add and AddDurable took and that are neither sent nor dropped
	Dropped    Drops  `json:"dropped"`    // records that will never be sent
	Retried    uint64 `json:"retried"`    // requests that failed and were made again
	SpoolBytes int64  `json:"spoolBytes"` // on disk and not sent, of this process and those it took over from
	SpoolError string `json:"spoolError,omitempty"`
	LastError  string `json:"lastError,omitempty"` // why the last request failed; empty after a success
}

// Drops counts lost records by reason.
type Drops struct {
	Full    uint64 `json:"full"`    // no room, or larger than a record may be
	Closed  uint64 `json:"closed"`  // added after Close, or still in memory when Close ran out of time
	Refused uint64 `json:"refused"` // by the server or the encoder
	Expired uint64 `json:"expired"` // older than MaxAge
	GaveUp  uint64 `json:"gaveUp"`  // tried Attempts times
	// Withdrawn were taken back by the backend, which is no loss and makes no notice.
	Withdrawn uint64 `json:"withdrawn,omitempty"`
}
