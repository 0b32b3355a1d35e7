/* calls.c: calls of open clients. What may block gets a thread of its own, not one of Node's pool, because process.exit
 * waits for that. */
#include <stdlib.h>

#include "clients.h"

typedef struct job { /* one blocking call */
  instance *self;
  uint32_t token;
  uint64_t handle;
  char *method, *params; /* method NULL: close */
} job;

static void job_free(job *job) {
  free(job->method);
  free(job->params);
  free(job);
}

static void work(void *data) {
  job *job = data;
  instance *self = job->self;
  const library *library = library_loaded();
  char *reply =
      job->method != NULL ? library->call(job->handle, job->method, job->params) : library->close(job->handle);
  post(self, (message){.kind = REPLY, .token = job->token, .awaited = true, .text = reply});
  job_free(job);
  leave(self);
}

static napi_value dispatch_job(napi_env env, instance *self, job *job, bool usable) {
  if (usable && library_loaded() != NULL && enter(self)) {
    await(self);
    if (platform_start(work, job)) {
      return NULL;
    }
    settled(self);
    leave(self);
  }
  if (job != NULL) {
    job_free(job);
  }
  return no_thread(env);
}

static bool handle_of(napi_env env, napi_value low, napi_value high, uint64_t *handle) {
  uint32_t lower = 0, upper = 0;
  bool usable =
      napi_get_value_uint32(env, low, &lower) == napi_ok && napi_get_value_uint32(env, high, &upper) == napi_ok;
  *handle = (uint64_t)upper << 32 | lower;
  return usable;
}

/* call(token, handleLow, handleHigh, method, params): on a thread of its own; dispatches REPLY. */
napi_value clients_call(napi_env env, napi_callback_info info) {
  ARGUMENTS(5)
  job *created = calloc(1, sizeof *created);
  bool usable = created != NULL;
  if (usable) {
    created->self = self;
    created->method = text_of(env, argv[3]);
    created->params = text_of(env, argv[4]);
    usable = napi_get_value_uint32(env, argv[0], &created->token) == napi_ok &&
             handle_of(env, argv[1], argv[2], &created->handle) && created->method != NULL && created->params != NULL;
  }
  return dispatch_job(env, self, created, usable);
}

/* close(token, clientToken, handleLow, handleHigh): on a thread of its own; dispatches REPLY. */
napi_value clients_close(napi_env env, napi_callback_info info) {
  ARGUMENTS(4)
  uint32_t closing = 0;
  job *created = calloc(1, sizeof *created);
  bool usable = created != NULL && napi_get_value_uint32(env, argv[1], &closing) == napi_ok;
  if (usable) {
    created->self = self;
    usable = napi_get_value_uint32(env, argv[0], &created->token) == napi_ok &&
             handle_of(env, argv[2], argv[3], &created->handle);
    platform_lock(&self->guard);
    for (client *client = self->clients; client != NULL; client = client->next) {
      if (client->token == closing) {
        client->closing = true;
      }
    }
    platform_wake_all(&self->changed);
    platform_unlock(&self->guard);
  }
  return dispatch_job(env, self, created, usable);
}

/* callNow(handleLow, handleHigh, method, params): for methods that do not block; returns the reply. */
napi_value clients_call_now(napi_env env, napi_callback_info info) {
  ARGUMENTS(4)
  uint64_t handle = 0;
  napi_value result = NULL;
  const library *library = library_loaded();
  char *method = text_of(env, argv[2]), *params = text_of(env, argv[3]);
  if (library != NULL && method != NULL && params != NULL && handle_of(env, argv[0], argv[1], &handle)) {
    char *reply = library->call(handle, method, params);
    if (reply != NULL) {
      napi_create_string_utf8(env, reply, NAPI_AUTO_LENGTH, &result);
      library->release(reply);
    }
  }
  free(method);
  free(params);
  return result;
}
