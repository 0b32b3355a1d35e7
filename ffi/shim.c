/* The exported functions. Each looks whether the process was forked, then enters Go once. Replies are malloc'ed here
 * and written by Go, so that releasing one does not enter Go again. */
#include "shim.h"

#include <stdlib.h>
#include <string.h>

#include "_cgo_export.h"
#include "version.h"

/* Two names for every Flipt-compatible function. */
#define BOTH(type, name, parameters, arguments) \
  BURGEE_API type name parameters;              \
  BURGEE_API type name##_ffi parameters;        \
  type name##_ffi parameters { return name arguments; }

#define FORKED_MESSAGE                                                                                             \
  "the process was forked after the library was loaded; load a second copy of the library under another name and " \
  "open the client anew"

enum {
  REPLY_ROOM = 1000, /* most replies fit, and glibc's thread cache serves blocks of this size without a lock */
  BATCH_ROOM = 8000,
  PROBE_LIMIT = 64 << 20
};

static size_t length_of(const char *text) { return text == NULL ? 0 : strlen(text); }

char *burgee_copy(const void *data, size_t size) {
  char *copy = malloc(size);
  if (copy != NULL) {
    memcpy(copy, data, size);
  }
  return copy;
}

static char *copy_of(const char *text) { return burgee_copy(text, strlen(text) + 1); }

/* Go returns the buffer, or a block of its own when the reply did not fit. */
static char *finish(char *buffer, char *reply) {
  if (reply != buffer) {
    free(buffer);
  }
  return reply;
}

static size_t room_of(const char *buffer, size_t size) { return buffer == NULL ? 0 : size; }

/* -- 1. Flipt-compatible ------------------------------------------------------------------------------------------- */

static const char *forked_failure(void) {
  return copy_of("{\"status\":\"failure\",\"result\":null,\"error_message\":\"internal error: forked: " FORKED_MESSAGE
                 "\"}");
}

static int is_object(const char *text) {
  text += strspn(text, " \t\r\n");
  return *text == '{';
}

/* Engines before 0.10 took (namespace, opts). A caller of today's form leaves anything in the place of the second
 * argument, so that is looked at only when the first one cannot be options, and then with care. */
BOTH(void *, initialize_engine, (const char *opts, const char *older_opts), (opts, older_opts))
void *initialize_engine(const char *opts, const char *older_opts) {
  if (opts == NULL || burgee_forked()) {
    return NULL;
  }
  uintptr_t engine = 0;
  char *older = is_object(opts) ? NULL : burgee_probe_text(older_opts, PROBE_LIMIT);
  if (older != NULL && is_object(older)) {
    engine = burgeego_initialize_engine_legacy(opts, strlen(opts), older, strlen(older));
  } else {
    engine = burgeego_initialize_engine(opts, strlen(opts));
  }
  free(older);
  return (void *)engine; /* a number, never followed */
}

BOTH(const char *, evaluate_variant, (void *engine, const char *request), (engine, request))
const char *evaluate_variant(void *engine, const char *request) {
  if (burgee_forked()) {
    return forked_failure();
  }
  char *buffer = malloc(REPLY_ROOM);
  return finish(buffer, burgeego_evaluate_variant((uintptr_t)engine, request, length_of(request), buffer,
                                                  room_of(buffer, REPLY_ROOM)));
}

BOTH(const char *, evaluate_boolean, (void *engine, const char *request), (engine, request))
const char *evaluate_boolean(void *engine, const char *request) {
  if (burgee_forked()) {
    return forked_failure();
  }
  char *buffer = malloc(REPLY_ROOM);
  return finish(buffer, burgeego_evaluate_boolean((uintptr_t)engine, request, length_of(request), buffer,
                                                  room_of(buffer, REPLY_ROOM)));
}

BOTH(const char *, evaluate_batch, (void *engine, const char *requests), (engine, requests))
const char *evaluate_batch(void *engine, const char *requests) {
  if (burgee_forked()) {
    return forked_failure();
  }
  char *buffer = malloc(BATCH_ROOM);
  return finish(buffer, burgeego_evaluate_batch((uintptr_t)engine, requests, length_of(requests), buffer,
                                                room_of(buffer, BATCH_ROOM)));
}

BOTH(const char *, list_flags, (void *engine), (engine))
const char *list_flags(void *engine) {
  return burgee_forked() ? forked_failure() : burgeego_list_flags((uintptr_t)engine);
}

BOTH(const char *, get_snapshot, (void *engine), (engine))
const char *get_snapshot(void *engine) {
  return burgee_forked() ? forked_failure() : burgeego_get_snapshot((uintptr_t)engine);
}

BOTH(const char *, update_authentication, (void *engine, const char *auth_json), (engine, auth_json))
const char *update_authentication(void *engine, const char *auth_json) {
  return burgee_forked() ? forked_failure()
                         : burgeego_update_authentication((uintptr_t)engine, auth_json, length_of(auth_json));
}

void destroy_engine(void *engine) {
  if (!burgee_forked()) {
    burgeego_destroy_engine((uintptr_t)engine);
  }
}

void destroy_engine_ffi(void *engine) { destroy_engine(engine); }

void destroy_string(char *string) { free(string); }

void destroy_string_ffi(char *string) { free(string); }

/* -- 2. JSON ------------------------------------------------------------------------------------------------------- */

static char *forked_error(void) {
  return copy_of("{\"error\":{\"code\":\"FORKED\",\"message\":\"" FORKED_MESSAGE "\"}}");
}

char *burgee_open(const char *options) {
  return burgee_forked() ? forked_error() : burgeego_open(options, length_of(options));
}

char *burgee_call(uint64_t client, const char *method, const char *params) {
  if (burgee_forked()) {
    return forked_error();
  }
  char *buffer = malloc(REPLY_ROOM);
  return finish(buffer, burgeego_call(client, method, length_of(method), params, length_of(params), buffer,
                                      room_of(buffer, REPLY_ROOM)));
}

char *burgee_wait(uint64_t client, int64_t timeout_ms) {
  return burgee_forked() ? forked_error() : burgeego_wait(client, timeout_ms);
}

char *burgee_close(uint64_t client) { return burgee_forked() ? copy_of("{\"ok\":null}") : burgeego_close(client); }

void burgee_free(char *reply) { free(reply); }

const char *burgee_version(void) { return BURGEE_VERSION " " BURGEE_GO_VERSION " " BURGEE_OS "/" BURGEE_ARCH; }

/* -- 3. Fast ------------------------------------------------------------------------------------------------------- */

static uint32_t forked_result(burgee_result *result) {
  if (result == NULL) {
    return BURGEE_FORKED;
  }
  burgee_result none = {0};
  none.buffer = result->buffer;
  none.capacity = result->capacity;
  none.length = sizeof FORKED_MESSAGE - 1;
  none.code = BURGEE_FORKED;
  none.reason = BURGEE_REASON_ERROR;
  none.attachment_length = BURGEE_ABSENT;
  none.message_length = sizeof FORKED_MESSAGE - 1;
  *result = none;
  if (result->buffer != NULL && result->capacity >= result->length) {
    memcpy(result->buffer, FORKED_MESSAGE, result->length);
  }
  return BURGEE_FORKED;
}

uint32_t burgee_resolve_into(uint64_t client, const burgee_request *request, burgee_result *result) {
  return burgee_forked() ? forked_result(result) : burgeego_resolve_into(client, request, result);
}

/* -- 4. Visitors --------------------------------------------------------------------------------------------------- */

static uint32_t forked_flag(burgee_visitor_flag *flag) {
  if (flag != NULL) {
    *flag = (burgee_visitor_flag){.buffer = flag->buffer, .capacity = flag->capacity, .code = BURGEE_FORKED};
  }
  return BURGEE_FORKED;
}

uint32_t burgee_visitor_flag_into(uint64_t client, const burgee_visitor_request *request, burgee_visitor_flag *flag) {
  return burgee_forked() ? forked_flag(flag) : burgeego_visitor_flag_into(client, request, flag);
}

uint32_t burgee_visitor_close(uint64_t client, uint64_t visitor) {
  return burgee_forked() ? BURGEE_FORKED : burgeego_visitor_close(client, visitor);
}
