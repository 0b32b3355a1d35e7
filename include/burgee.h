/* burgee.h: the C interface of Burgee, a feature-flag evaluation engine.
 *
 * Load libburgee.so, libburgee.dylib or burgee.dll, or link against it. What is not declared here is not API.
 * Four groups of functions share one engine:
 *
 *   1. Flipt-compatible  a drop-in for Flipt's own engine library: its wrappers work with it unmodified
 *   2. JSON              everything the engine can do, JSON in and JSON out
 *   3. Fast              evaluation without JSON, for language bindings
 *   4. Visitors          flags of the visitors of AB Tasty Flagship without JSON, for language bindings
 *
 * Rules that hold for every function:
 *   - Any thread may call any function at any time, also with a handle that another thread is closing.
 *   - Strings are UTF-8 and end with NUL. Arguments are borrowed for the duration of the call.
 *   - A NULL argument, invalid JSON, invalid UTF-8, a closed or an invented handle is answered with an error; it never
 *     crashes, aborts or hangs the host.
 *   - Evaluation never blocks, takes no lock and does no I/O. What blocks says so below. There is one exception: a client of
 *     the backend "flagship" with decision_mode "decision_api" asks the vendor's server in each evaluation.
 *   - The library never writes to stdout or stderr, installs no signal handlers of its own beyond those of the Go
 *     runtime, and cannot be unloaded.
 *   - After fork() the child must not use the copy that the parent loaded: every call answers FORKED. Load a second copy
 *     of the file under another name and pass it what burgee_saved_options returns. The Python package does so by itself.
 */
#ifndef BURGEE_H
#define BURGEE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#define BURGEE_API __declspec(dllexport)
#else
#define BURGEE_API __attribute__((visibility("default")))
#endif

/* ---------------------------------------------------------------------------------------------------------------------
 * 1. Flipt-compatible
 *
 * Same names, requests, replies and error messages as flipt-engine-ffi 0.21. Every reply but that of get_snapshot is the
 * envelope
 *     {"status":"success","result":...,"error_message":null}
 *     {"status":"failure","result":null,"error_message":"invalid request: ..."}
 * and is released with destroy_string. With "backend" in the options the same calls evaluate another vendor's flags.
 * Each function exists a second time with the suffix _ffi.
 */

/* Opens an engine and waits for the first fetch to succeed or to fail for good, 30 s at most.
 * opts: {"url":"http://localhost:8080","namespace":"default","environment":"default","update_interval":120,
 *        "request_timeout":5,"reference":"main","fetch_mode":"polling"|"streaming"|"sse"|"none",
 *        "error_strategy":"fail"|"fallback",
 *        "authentication":{"client_token":"..."}|{"jwt_token":"..."}|"none","snapshot":"<base64>","tls_config":{...}}
 *       All members are optional. Intervals are in seconds. Further members: docs of the "flipt" backend in README.md.
 * Returns a handle (a number, not an address), also when the server cannot be reached or an option is invalid: then every
 * call on it answers what is wrong. NULL only for NULL, for text that is not UTF-8, in a forked child, and when more than
 * 1048576 clients are open.
 * The two-argument form (namespace, opts) of engines before 0.10 is understood as well. */
#ifndef BURGEE_SHIM /* the library defines it with a second parameter, which only old callers pass */
BURGEE_API void *initialize_engine(const char *opts);
BURGEE_API void *initialize_engine_ffi(const char *opts);
#endif

/* request: {"flag_key":"theme","entity_id":"u1","context":{"plan":"pro"}}; context values that are not strings are ignored.
 * result:  {"match":true,"segment_keys":["beta"],"reason":"MATCH_EVALUATION_REASON","flag_key":"theme",
 *           "variant_key":"amber","variant_attachment":"{}","request_duration_millis":0.0,"timestamp":"..."} */
BURGEE_API const char *evaluate_variant(void *engine, const char *request);
BURGEE_API const char *evaluate_variant_ffi(void *engine, const char *request);

/* result: {"enabled":true,"flag_key":"dark","reason":"DEFAULT_EVALUATION_REASON","request_duration_millis":0.0,
 *          "timestamp":"...","segment_keys":[]} */
BURGEE_API const char *evaluate_boolean(void *engine, const char *request);
BURGEE_API const char *evaluate_boolean_ffi(void *engine, const char *request);

/* requests: an array of requests. result: {"responses":[{"type":"VARIANT_EVALUATION_RESPONSE_TYPE",...}],...}. A flag that
 * does not exist is an entry of ERROR_EVALUATION_RESPONSE_TYPE with reason NOT_FOUND_ERROR_EVALUATION_REASON, one whose
 * definition makes no sense has reason UNKNOWN_ERROR_EVALUATION_REASON. */
BURGEE_API const char *evaluate_batch(void *engine, const char *requests);
BURGEE_API const char *evaluate_batch_ffi(void *engine, const char *requests);

/* result: [{"key":"theme","enabled":true,"type":"VARIANT_FLAG_TYPE","description":"..."}], by key. */
BURGEE_API const char *list_flags(void *engine);
BURGEE_API const char *list_flags_ffi(void *engine);

/* Returns the flags in the form of the option "snapshot": bare base64 without an envelope; on failure an envelope. */
BURGEE_API const char *get_snapshot(void *engine);
BURGEE_API const char *get_snapshot_ffi(void *engine);

/* auth_json: as the option "authentication". Counts from the next request on. result: null. */
BURGEE_API const char *update_authentication(void *engine, const char *auth_json);
BURGEE_API const char *update_authentication_ffi(void *engine, const char *auth_json);

/* Stops the engine: cancels its requests, ends its goroutines. Returns as burgee_close does. Harmless on NULL and on a
 * handle that was destroyed before. */
BURGEE_API void destroy_engine(void *engine);
BURGEE_API void destroy_engine_ffi(void *engine);

/* Releases a string that this library returned, once. Harmless on NULL. */
BURGEE_API void destroy_string(char *string);
BURGEE_API void destroy_string_ffi(char *string);

/* ---------------------------------------------------------------------------------------------------------------------
 * 2. JSON
 *
 * Every reply has exactly one member:
 *     {"ok":...}
 *     {"error":{"code":"INVALID_CONFIG","message":"flipt.options: update_interval is \"soon\", want seconds"}}
 * The codes are those of testdata/abi/error_codes.json. Replies are never NULL, except when memory is exhausted, and are
 * released once with burgee_free.
 */

/* Opens a client. Blocks until the first flags are there or the first fetch has failed, start_wait_ms at most (default
 * 15000; 0 returns at once).
 * options: {"backend":"flipt", ...}; an unknown or badly typed member is an error that names it.
 * ok: {"client":4294967297,"status":{...}}; the status is that of burgee_call(client, "status", "{}"). */
BURGEE_API char *burgee_open(const char *options);

/* Calls one method. params: a JSON object; NULL means {}.
 *
 *   method    params                                          ok
 *   resolve   {"key":"k","type":"boolean","default":false,    {"key":"k","value":true,"variant":"on","reason":"TARGETING_MATCH",
 *              "context":{"targetingKey":"u","plan":"pro"}}     "metadata":{"segments":["beta"],...}}; with "errorCode" and
 *                                                               "errorDetails" and the default as value when it fails.
 *                                                               type: boolean string number object any. The vendor hears
 *                                                               of the evaluation unless "exposure" is false
 *   all       {"context":{...}}                               {"flags":[as resolve with type any, ...]}
 *   flags     {}                                              {"flags":[{"key":"k","type":"boolean","enabled":true,...}]}
 *   explain   {"key":"k","context":{...}}                     {"trace":{...},"text":"..."}: every step of the decision
 *   status    {}                                              {"state":"READY","ageMs":12,"version":3,"flags":10,
 *                                                               "origin":"server","error":null,...}
 *   refresh   {"timeout_ms":30000}                            {"changed":true}: fetches now; blocks for one fetch. TIMEOUT
 *                                                               when it takes longer; the fetch goes on
 *   update    {"document":{...}}                              {"changed":true}: uses a document that the host has fetched;
 *                                                               INVALID_REQUEST for a client that fetches by itself
 *   track     {"event":"purchase","value":9.5,"context":{}}   {"accepted":true}: queued; false where the backend takes no
 *                                                               events, and when it was dropped. The context is the user
 *   flush     {"timeout_ms":30000}                            {"flushed":true}: all that was queued before is sent or dropped.
 *                                                               Blocks; false after the time-out
 *
 * Methods of one backend carry its name: flipt.snapshot {} -> {"snapshot":"<base64>"};
 * flipt.update_authentication {"authentication":{...}} -> null.
 *
 * Those of the backend "flagship", on a client that is an SDK: one without sdk_instance, or one with it and "start":false,
 * whose visitors outlive every other client with the same sdk_instance, each of which is a start of the SDK. V is the
 * handle of a visitor, a number below 2^53 that is never used twice; an unknown one is INVALID_HANDLE.
 *
 *   flagship.          params                                ok
 *   status             {}                                    {"status":100,"name":"READY","started":true}, in the vendor's
 *                                                            numbers and words for the option sdk
 *   document           {}                                    {"document":{...}}: the vendor's file, as it was last read
 *   flush              {"timeout_ms":30000}                  {"flushed":true}: as flush, hits and activations. Blocks
 *   cache.answer       {"id":N,"result":any}                 {"taken":true}: what an event cache_request asked for, or
 *                      {"id":N,"error":"why"}                why there is none; false when nobody waits any more
 *   visitor.new        {"id":"v","consent":true,             {"visitor":V,"id":"v","anonymousId":null,
 *                       "authenticated":false,                "status":"FETCH_REQUIRED","reason":"VISITOR_CREATED"}
 *                       "context":{...},"campaigns":[...],   Only consent must be given, and with sdk "python" id, too.
 *                       "flags":[...],"listens":true,        campaigns and flags are what the visitor has before a fetch;
 *                       "anonymous_id":"a","quiet":false}    listens asks for its events; quiet: the vendor is not told of
 *                                                            its consent. With sdk "python" and a visitor cache it waits
 *                                                            for that
 *   visitor.close      {"visitor":V}                         null: as burgee_visitor_close
 *   visitor.fetch      {"visitor":V,"wait":true}             {"done":true,"error":null}, or why it failed. Blocks, unless
 *                                                            wait is false: then {"done":false} says that it goes on, and
 *                                                            the event ready that it has ended
 *   visitor.flags      {"visitor":V}                         {"flags":[{"key":"k","value":1,"status":"FETCHED",
 *                                                            "metadata":{...},"hex":"..."}]}
 *   visitor.flag       {"visitor":V,"key":"k"}               {"exists":true,"status":"FETCHED","value":1,"metadata":{...}}
 *   visitor.expose     {"visitor":V,"key":"k","default":0}   {"exposure":"queued"}: the name of a burgee_exposure
 *   visitor.send       {"visitor":V,"hit":{"type":"EVENT",   {"sent":true,"refused":null,"why":null,"left_out":[]}; refused
 *                       "category":"c","action":"a"}}         is "invalid" or the name of a burgee_exposure
 *   visitor.consent    {"visitor":V,"consent":false}         null
 *   visitor.update_context {"visitor":V,"context":{...}}     {"refused":null,"context":{...}}: all that it has then;
 *   visitor.clear_context  {"visitor":V}                      refused is "panic" or "not_ready"
 *   visitor.authenticate   {"visitor":V,"id":"w"}            {"refused":null,"id":"w","anonymousId":"v"}; refused says why
 *   visitor.unauthenticate {"visitor":V}                      nothing has changed
 *   visitor.listen     {"visitor":V,"listens":true}          null
 *   visitor.state      {"visitor":V}                         {"id":"v","anonymousId":null,"consent":true,"status":"FETCHED",
 *                                                            "reason":"NONE","context":{...},"assignments":{...},
 *                                                            "exposed":["variation"]}: what was reported as seen */
BURGEE_API char *burgee_call(uint64_t client, const char *method, const char *params);

/* Waits for the next event of the client, timeout_ms at most (0: not at all; negative: without limit). Blocks. Events are
 * queued, and each is handed to one call: one thread per client should wait. ok: null after a time-out, otherwise
 *   {"type":"status","status":{...}}                          the state changed
 *   {"type":"change","flags":["a","b"],"version":4}           flags were added, removed or redefined
 *   {"type":"log","level":"warn","logger":"burgee.flipt","message":"..."}
 *   {"type":"lost","count":3}                                 nobody waited: so many were dropped, the oldest, or of a
 *                                                             backend's own the newest
 *   {"type":"closed"}                                         the last event, for a thread that waits at that moment
 * and on a client of the backend "flagship" that is an SDK
 *   {"type":"sdk_status","status":100,"name":"READY"}         as flagship.status
 *   {"type":"bucketing_success","status":200}                 the vendor's file was read; 304: it is the same as before
 *   {"type":"bucketing_fail","error":"..."}                   it was not
 *   {"type":"bucketing_updated","modified":"..."}             it has changed; the time is that of the server's header
 *   {"type":"fetch_status","visitor":V,"status":"FETCHED","reason":"NONE"}     of a visitor that listens
 *   {"type":"ready","visitor":V}                              a fetch has ended; with "error" when it failed
 *   {"type":"visitor_exposed","exposure":{"exposedVisitor":{...},"fromFlag":{...}}}     with report_exposures: the vendor has
 *                                                             accepted that a visitor saw a flag
 *   {"type":"cache_request","operation":"lookupVisitor","id":N,"visitorId":"v"}     with visitor_cache or hit_cache: something
 *                                                             to do for the host's cache, in order. With id an answer is
 *                                                             waited for. Others: cacheVisitor (record), flushVisitor,
 *                                                             lookupHits, cacheHit (hits), flushHits (keys), flushAllHits
 * A waiting thread gets what is queued, one event a call. A call that begins after the client was closed answers
 * INVALID_HANDLE. */
BURGEE_API char *burgee_wait(uint64_t client, int64_t timeout_ms);

/* Closes the client, within milliseconds; when events are waiting, after they were sent, which takes the option
 * close_wait_ms at most (default 5000; 1000 with spool_path, where they are safe). ok: null, also when it was closed before;
 * {"lost":"..."} says which events the client lost in its life, for people. */
BURGEE_API char *burgee_close(uint64_t client);

/* Releases a reply, once. Harmless on NULL. */
BURGEE_API void burgee_free(char *reply);

/* What to pass to burgee_open of a fresh copy of the library in a forked child, to get the same client with the flags that
 * it had last: options JSON, with the flags in it. Works in the child. Returns NULL for an unknown handle. Not to be freed;
 * in the parent it is valid until the flags or the authentication change next, or the client is closed; in a forked child
 * for ever. */
BURGEE_API const char *burgee_saved_options(uint64_t client);

/* "1.2.3 go1.26.8 linux/amd64". Never NULL; not to be freed; works in a forked child. */
BURGEE_API const char *burgee_version(void);

/* ---------------------------------------------------------------------------------------------------------------------
 * 3. Fast
 */

/* Text by address and length, in bytes; need not end with NUL. data may be NULL if length is 0. Must be UTF-8. */
typedef struct burgee_text {
  const char *data;
  size_t length;
} burgee_text;

typedef enum burgee_kind {
  BURGEE_NULL = 0,
  BURGEE_BOOLEAN = 1, /* integer is 0 or 1 */
  BURGEE_NUMBER = 2,  /* text holds the digits as in JSON, or is empty and number holds the value */
  BURGEE_STRING = 3,  /* text */
  BURGEE_JSON = 4,    /* text: the JSON text of an object or array */
  BURGEE_INTEGER = 5  /* integer; only in attributes */
} burgee_kind;

/* One attribute of the evaluation context. */
typedef struct burgee_attribute {
  burgee_text name;
  burgee_text text;
  double number;
  int64_t integer;
  uint32_t kind; /* burgee_kind */
  uint32_t reserved;
} burgee_attribute;

typedef enum burgee_want {
  BURGEE_WANT_ANY = 0,
  BURGEE_WANT_BOOLEAN = 1,
  BURGEE_WANT_STRING = 2,
  BURGEE_WANT_NUMBER = 3,
  BURGEE_WANT_OBJECT = 4,
  /* The rules and the error messages of evaluate_variant, evaluate_boolean and of an entry of evaluate_batch: attributes
   * that are not strings are ignored, and a flag of the other type is an error. With the error strategy "fallback" every
   * flag is unknown (FLAG_NOT_FOUND) as long as there are no flags. */
  BURGEE_WANT_FLIPT_VARIANT = 5,
  BURGEE_WANT_FLIPT_BOOLEAN = 6,
  BURGEE_WANT_FLIPT_ANY = 7,
  /* The value as the vendor's data has it, unconverted: FeatBit's numbers, booleans and JSON documents are texts there. */
  BURGEE_WANT_VENDOR = 8
} burgee_want;

/* Bits of burgee_request.flags. */
enum {
  BURGEE_NO_EXPOSURE = 1, /* the vendor does not hear of this evaluation */
  /* Nobody reads in_experiment, which may then be 0 for an evaluation that counts: where finding out takes a hash, that is
   * left to the delivery of what the vendor hears. */
  BURGEE_NO_EXPERIMENT = 2,
  /* The caller knows that all texts of the request are UTF-8, and they are not looked through. */
  BURGEE_VALID_TEXTS = 4,
  /* The texts of a result whose id stands in known are left out. */
  BURGEE_KNOWN_TEXTS = 8
};

typedef struct burgee_request {
  burgee_text flag_key;
  burgee_text targeting_key;
  const burgee_attribute *attributes;
  size_t attribute_count;
  uint32_t want;  /* burgee_want */
  uint32_t flags; /* the bits above, or 0 */
  /* Only with BURGEE_KNOWN_TEXTS: ids of results whose texts the caller keeps, 0 where there is none. An id is looked for at
   * the place (id >> 3) & (known_count - 1) alone; known_count is a power of two. */
  const uint64_t *known;
  size_t known_count;
} burgee_request;

typedef enum burgee_reason {
  BURGEE_REASON_UNKNOWN = 0,
  BURGEE_REASON_TARGETING_MATCH = 1,
  BURGEE_REASON_SPLIT = 2,
  BURGEE_REASON_DEFAULT = 3,
  BURGEE_REASON_DISABLED = 4,
  BURGEE_REASON_ERROR = 5,
  BURGEE_REASON_STATIC = 6
} burgee_reason;

typedef enum burgee_flag_type {
  BURGEE_TYPE_UNKNOWN = 0,
  BURGEE_TYPE_BOOLEAN = 1,
  BURGEE_TYPE_STRING = 2,
  BURGEE_TYPE_NUMBER = 3,
  BURGEE_TYPE_OBJECT = 4,
  BURGEE_TYPE_VARIANT = 5 /* Flipt: variant key and attachment */
} burgee_flag_type;

typedef enum burgee_code {
  BURGEE_OK = 0,
  BURGEE_PROVIDER_NOT_READY = 1,
  BURGEE_PROVIDER_FATAL = 2,
  BURGEE_FLAG_NOT_FOUND = 3,
  BURGEE_PARSE_ERROR = 4,
  BURGEE_TYPE_MISMATCH = 5,
  BURGEE_TARGETING_KEY_MISSING = 6,
  BURGEE_INVALID_CONTEXT = 7,
  BURGEE_GENERAL = 8,
  BURGEE_INVALID_CONFIG = 9,
  BURGEE_INVALID_REQUEST = 10,
  BURGEE_INVALID_HANDLE = 11,
  BURGEE_UNKNOWN_METHOD = 12,
  BURGEE_FORKED = 13,
  BURGEE_TIMEOUT = 14,
  BURGEE_INTERNAL = 15
} burgee_code;

#define BURGEE_ABSENT UINT32_MAX

/* The caller sets buffer and capacity; the rest is filled in. The texts stand in buffer one after the other without
 * separators, in the order of their lengths below; each segment is a 4-byte length in host order and its bytes. */
typedef struct burgee_result {
  char *buffer;
  size_t capacity;
  /* Bytes used; when it exceeds capacity, buffer is untouched: call again with a larger one. 0 when the texts were left out
   * (BURGEE_KNOWN_TEXTS), and then only id, version and code hold. */
  size_t length;
  /* Not 0: names everything below except error messages, for the life of the process and across clients. A caller may keep
   * what it made of the texts, and skip reading them when it sees the id again. */
  uint64_t id;
  uint64_t version;      /* counts the rule sets of this client */
  double number;         /* value_kind NUMBER: the value as a double */
  uint32_t code;         /* burgee_code: BURGEE_OK, or why the caller's default applies */
  uint32_t reason;       /* burgee_reason */
  uint32_t flag_type;    /* burgee_flag_type */
  uint32_t value_kind;   /* burgee_kind; NULL: there is no value, and the caller's default applies */
  uint32_t boolean;      /* value_kind BOOLEAN: 0 or 1 */
  uint32_t matched;      /* 1 when a rule or rollout decided */
  uint32_t value_length; /* value_kind NUMBER, STRING or JSON */
  /* For BURGEE_WANT_FLIPT_*, where the value is the variant: the flag's own key if it is not the one asked for, which
   * happens only in snapshots made by hand; otherwise 0. */
  uint32_t variant_length;
  uint32_t attachment_length; /* BURGEE_ABSENT: none */
  uint32_t message_length;    /* error message; for BURGEE_WANT_FLIPT_* in the words of Flipt's engine */
  uint32_t segment_count;
  uint32_t vendor_reason_length; /* the vendor's own words for the reason, such as "rule match"; also with an error */
  uint32_t flag_name_length;     /* the flag's name for people */
  uint32_t rule_name_length;     /* of the rule that matched */
  uint32_t in_experiment;        /* 1 when the evaluation counts for an experiment of the vendor */
  uint32_t reserved;
} burgee_result;

/* Evaluates one flag, and queues what its vendor should hear of that if the result fits into the buffer. Never blocks,
 * except as said at the top. Returns result->code, so 0 is success. When the flag yields a value of another type than wanted
 * the code is BURGEE_TYPE_MISMATCH. An unknown client is BURGEE_INVALID_HANDLE. */
BURGEE_API uint32_t burgee_resolve_into(uint64_t client, const burgee_request *request, burgee_result *result);

/* ---------------------------------------------------------------------------------------------------------------------
 * 4. Visitors
 *
 * Visitors are made by burgee_call(client, "flagship.visitor.new", ...) and hold the decisions of their last fetch.
 */

/* Bits of burgee_visitor_request.flags. */
enum {
  BURGEE_EXPOSE = 1 /* the vendor hears that the visitor saw the flag */
};

typedef struct burgee_visitor_request {
  uint64_t visitor;
  burgee_text key;
  /* The caller's default; its name is not looked at. With BURGEE_EXPOSE it is part of what the vendor is told, and tells one
   * report from another. A number that is not finite is null there, because JSON has none. */
  burgee_attribute fallback;
  uint32_t flags; /* 0, or BURGEE_EXPOSE */
  uint32_t reserved;
} burgee_visitor_request;

/* Of one flag. */
typedef enum burgee_flag_status {
  BURGEE_STATUS_NOT_FOUND = 0,
  BURGEE_STATUS_FETCHED = 1,
  BURGEE_STATUS_FETCH_REQUIRED = 2, /* the visitor has changed since */
  BURGEE_STATUS_PANIC = 3
} burgee_flag_status;

/* Of all flags of a visitor. */
typedef enum burgee_fetch_status {
  BURGEE_FETCH_REQUIRED = 0,
  BURGEE_FETCHING = 1,
  BURGEE_FETCHED = 2,
  BURGEE_FETCH_PANIC = 3,
  BURGEE_FETCH_INITIAL_DATA = 4 /* flags that the host gave */
} burgee_fetch_status;

typedef enum burgee_fetch_reason {
  BURGEE_FETCH_NONE = 0,
  BURGEE_FETCH_VISITOR_CREATED = 1,
  BURGEE_FETCH_UPDATE_CONTEXT = 2,
  BURGEE_FETCH_AUTHENTICATE = 3,
  BURGEE_FETCH_UNAUTHENTICATE = 4,
  BURGEE_FETCH_ERROR = 5,
  BURGEE_FETCH_READ_FROM_CACHE = 6
} burgee_fetch_reason;

/* What became of the report that a visitor saw a flag; in brackets its name in JSON. */
typedef enum burgee_exposure {
  BURGEE_EXPOSURE_NONE = 0,       /* not asked for, or the result did not fit */
  BURGEE_EXPOSURE_QUEUED = 1,     /* [queued] */
  BURGEE_EXPOSURE_NOT_READY = 2,  /* [not_ready] the SDK is not started */
  BURGEE_EXPOSURE_PANIC = 3,      /* [panic] the vendor has switched everything off */
  BURGEE_EXPOSURE_NO_CONSENT = 4, /* [no_consent] the visitor does not agree to be tracked */
  BURGEE_EXPOSURE_NOT_FOUND = 5,  /* [not_found] the visitor has no such flag */
  BURGEE_EXPOSURE_DUPLICATE = 6,  /* [duplicate] the same was reported a moment ago */
  BURGEE_EXPOSURE_DROPPED = 7     /* [dropped] the queue is full or closed */
} burgee_exposure;

/* The caller sets buffer and capacity; the rest is filled in. */
typedef struct burgee_visitor_flag {
  char *buffer; /* the text of the value: value_kind NUMBER, STRING or JSON */
  size_t capacity;
  size_t length; /* bytes used; when it exceeds capacity, buffer is untouched: call again with a larger one */
  /* Not 0: names the value and the metadata of the flag for the life of the process and across clients. An id of
   * burgee_result may be the same number and has nothing to do with it. */
  uint64_t id;
  double number;         /* value_kind NUMBER: the value as a double */
  uint32_t code;         /* burgee_code: BURGEE_OK, also when the value is null, or why there is no flag */
  uint32_t value_kind;   /* burgee_kind; NULL: there is no value, and the caller's default applies */
  uint32_t boolean;      /* value_kind BOOLEAN: 0 or 1 */
  uint32_t value_length; /* value_kind NUMBER, STRING or JSON */
  uint32_t status;       /* burgee_flag_status */
  uint32_t fetch_status; /* burgee_fetch_status */
  uint32_t fetch_reason; /* burgee_fetch_reason */
  uint32_t exposure;     /* burgee_exposure */
} burgee_visitor_flag;

/* Reads one flag of a visitor, and with BURGEE_EXPOSE queues that the visitor saw it if the result fits into the buffer. Never
 * blocks. Returns flag->code: BURGEE_OK when the visitor has the flag; BURGEE_FLAG_NOT_FOUND when not;
 * BURGEE_PROVIDER_NOT_READY when neither, because the SDK is not started; BURGEE_INVALID_HANDLE for a client or a visitor that
 * is unknown or closed, and for clients of other backends; BURGEE_INVALID_REQUEST for texts that are not UTF-8 or a fallback that
 * is none; BURGEE_FORKED; BURGEE_INTERNAL for a defect of Burgee. */
BURGEE_API uint32_t burgee_visitor_flag_into(uint64_t client, const burgee_visitor_request *request,
                                             burgee_visitor_flag *flag);

/* Makes the handle of a visitor invalid and forgets the visitor; what it has reported is sent nevertheless. Never blocks.
 * Returns BURGEE_OK, or BURGEE_INVALID_HANDLE for a client or a visitor that is unknown or closed, which is harmless. */
BURGEE_API uint32_t burgee_visitor_close(uint64_t client, uint64_t visitor);

#ifdef __cplusplus
}
#endif

#endif /* BURGEE_H */
