/* clients.c: clients and what blocks. Every client has a thread that opens it and then waits for its events; every
 * other call that may block gets a short-lived thread. Node's thread pool is not used, because process.exit waits for
 * it. What a thread finds goes to the event loop through one threadsafe function, which does not keep the process alive
 * unless a promise depends on it. */
#include <stdlib.h>
#include <string.h>

#include "addon.h"

enum { UNREAD_EVENTS = 64 }; /* per client; then its thread waits, and the engine's own bounded queue takes over */

/* What a message is about. src/native.ts has the same list. */
enum message_kind { OPENED, EVENT, ENDED, REPLY };

struct client {
  instance *self; /* NULL once the instance has gone while it was opening; then it belongs to its thread alone */
  client *next;
  uint32_t token;  /* JavaScript's name for it */
  uint64_t handle; /* 0 before it is open and once clients_stop closes it */
  uint32_t unread;
  bool opening, closing;
  char *path, *options;
};

/* Guards `self` and `opening` of every client: opening may take as long as start_wait_ms, and an environment that goes
 * away does not wait for it. Taken after the guard of an instance, never before. */
static platform_mutex opening_guard = PLATFORM_MUTEX_INIT;

typedef struct job { /* one blocking call */
  instance *self;
  uint32_t token;
  uint64_t handle;
  char *method, *params; /* method NULL: close */
} job;

typedef struct message {
  enum message_kind kind;
  uint32_t token;
  uint64_t handle;
  client *origin; /* whose unread count it is in, or NULL; valid as long as the instance is not closing */
  bool awaited;   /* it settles a promise */
  char *text;
  bool own; /* text was made by malloc; otherwise by the library */
} message;

static void message_free(message *message) {
  if (message->own) {
    free(message->text);
  } else if (message->text != NULL) {
    library_loaded()->release(message->text);
  }
  free(message);
}

static void post(instance *self, message content) {
  message *copy = malloc(sizeof *copy);
  if (copy == NULL) {
    abort(); /* a promise would stay pending for ever, without a word */
  }
  *copy = content;
  platform_lock(&self->guard);
  bool closing = self->closing;
  platform_unlock(&self->guard);
  if (closing || napi_call_threadsafe_function(self->tsfn, copy, napi_tsfn_nonblocking) != napi_ok) {
    message_free(copy);
  }
}

/* Keeps the event loop alive while something is awaited. */
static void await(instance *self) {
  if (self->awaited++ == 0) {
    napi_ref_threadsafe_function(self->env, self->tsfn);
  }
}

static void settled(instance *self) {
  if (--self->awaited == 0) {
    napi_unref_threadsafe_function(self->env, self->tsfn);
  }
}

/* Brings one message to JavaScript: dispatch(token, kind, text, handleLow, handleHigh). Runs on the event loop. */
static void deliver(napi_env env, napi_value dispatch, void *context, void *data) {
  instance *self = context;
  message *message = data;
  if (env == NULL) {
    message_free(message);
    return;
  }
  if (message->awaited) {
    settled(self);
  }
  if (message->origin != NULL) {
    platform_lock(&self->guard);
    message->origin->unread--;
    platform_wake_all(&self->changed);
    platform_unlock(&self->guard);
  }
  napi_value arguments[5], receiver;
  napi_get_undefined(env, &receiver);
  napi_create_uint32(env, message->token, &arguments[0]);
  napi_create_uint32(env, message->kind, &arguments[1]);
  napi_create_string_utf8(env, message->text != NULL ? message->text : "", NAPI_AUTO_LENGTH, &arguments[2]);
  napi_create_uint32(env, (uint32_t)message->handle, &arguments[3]);
  napi_create_uint32(env, (uint32_t)(message->handle >> 32), &arguments[4]);
  if (message->kind == OPENED && self->library == NULL) {
    self->library = library_loaded();
  }
  message_free(message);
  napi_call_function(env, receiver, dispatch, 5, arguments, NULL);
}

static bool enter(instance *self) {
  platform_lock(&self->guard);
  bool allowed = !self->closing;
  if (allowed) {
    self->threads++;
  }
  platform_unlock(&self->guard);
  return allowed;
}

/* The last thing a thread does: self may be gone when this returns. */
static void leave(instance *self) {
  platform_lock(&self->guard);
  self->threads--;
  platform_wake_all(&self->changed);
  platform_unlock(&self->guard);
}

/* Reads the handle out of {"ok":{"client":4294967297,...}}; 0 when there is none. */
static uint64_t handle_in(const char *reply) {
  static const char start[] = "{\"ok\":{\"client\":";
  if (strncmp(reply, start, sizeof start - 1) != 0) {
    return 0;
  }
  return strtoull(reply + sizeof start - 1, NULL, 10);
}

static void unlink_client(client *gone) {
  instance *self = gone->self;
  platform_lock(&self->guard);
  while (gone->unread > 0 && !self->closing) {
    platform_wait(&self->changed, &self->guard); /* the messages on their way refer to it */
  }
  for (client **link = &self->clients; *link != NULL; link = &(*link)->next) {
    if (*link == gone) {
      *link = gone->next;
      break;
    }
  }
  platform_unlock(&self->guard);
}

/* Passes events on until the client is closed. */
static void pump(const library *library, client *client, uint64_t handle) {
  instance *self = client->self;
  for (;;) {
    char *text = library->wait(handle, -1);
    if (text == NULL || strncmp(text, "{\"error\"", 8) == 0) {
      library->release(text);
      return;
    }
    if (strcmp(text, "{\"ok\":null}") == 0) {
      library->release(text);
      continue;
    }
    platform_lock(&self->guard);
    while (client->unread >= UNREAD_EVENTS && !self->closing && !client->closing) {
      platform_wait(&self->changed, &self->guard);
    }
    client->unread++;
    platform_unlock(&self->guard);
    post(self, (message){.kind = EVENT, .token = client->token, .origin = client, .text = text});
  }
}

static void client_free(client *client) {
  free(client->path);
  free(client->options);
  free(client);
}

/* Ends the opening. Returns the instance, or NULL when it has gone meanwhile. */
static instance *opened(client *client, uint64_t handle) {
  platform_lock(&opening_guard);
  instance *self = client->self;
  client->opening = false;
  client->handle = handle;
  platform_unlock(&opening_guard);
  return self;
}

static void live(void *data) {
  client *client = data;
  char *problem = NULL;
  const library *library = library_load(client->path, &problem);
  char *reply = library != NULL ? library->open(client->options) : NULL;
  uint64_t handle = reply != NULL ? handle_in(reply) : 0;
  instance *self = opened(client, handle);
  if (self == NULL) {
    if (handle != 0) {
      library->release(library->close(handle));
    }
    if (library != NULL) {
      library->release(reply);
    }
    free(problem);
    client_free(client);
    return;
  }
  post(self, (message){.kind = OPENED,
                       .token = client->token,
                       .handle = handle,
                       .awaited = true,
                       .text = library != NULL ? reply : problem,
                       .own = library == NULL});
  if (handle != 0) {
    pump(library, client, handle);
    post(self, (message){.kind = ENDED, .token = client->token});
  }
  unlink_client(client);
  client_free(client);
  leave(self);
}

/* open(token, path, options): dispatches OPENED with the reply, or with the plain reason why the library cannot load.
 */
napi_value clients_open(napi_env env, napi_callback_info info) {
  ARGUMENTS(3)
  client *created = calloc(1, sizeof *created);
  if (created == NULL) {
    napi_throw_error(env, NULL, "burgee: out of memory");
    return NULL;
  }
  created->self = self;
  created->path = text_of(env, argv[1]);
  created->options = text_of(env, argv[2]);
  bool usable = napi_get_value_uint32(env, argv[0], &created->token) == napi_ok && created->path != NULL &&
                created->options != NULL && enter(self);
  if (usable) {
    platform_lock(&self->guard);
    created->opening = true;
    created->next = self->clients;
    self->clients = created;
    platform_unlock(&self->guard);
    await(self);
    if (platform_start(live, created)) {
      return NULL;
    }
    settled(self);
    unlink_client(created);
    leave(self);
  }
  client_free(created);
  napi_throw_error(env, NULL, "burgee: no thread could be started");
  return NULL;
}

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
  napi_throw_error(env, NULL, "burgee: no thread could be started");
  return NULL;
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

/* Makes the threadsafe function, which calls dispatch. */
bool clients_start(instance *self, napi_value dispatch) {
  napi_value name;
  return napi_create_string_utf8(self->env, "burgee", NAPI_AUTO_LENGTH, &name) == napi_ok &&
         napi_create_threadsafe_function(self->env, dispatch, NULL, name, 0, 1, NULL, NULL, self, deliver,
                                         &self->tsfn) == napi_ok &&
         napi_unref_threadsafe_function(self->env, self->tsfn) == napi_ok;
}

/* Leaves the clients that are still opening to their threads. */
static void disown(instance *self) {
  platform_lock(&opening_guard);
  client **link = &self->clients;
  while (*link != NULL) {
    client *each = *link;
    if (!each->opening) {
      link = &each->next;
      continue;
    }
    *link = each->next;
    each->self = NULL;
    self->threads--;
  }
  platform_unlock(&opening_guard);
}

/* Takes the handle of a client that is to be closed; 0 when there is none. */
static uint64_t take_handle(instance *self) {
  uint64_t handle = 0;
  platform_lock(&opening_guard);
  for (client *each = self->clients; each != NULL && handle == 0; each = each->next) {
    handle = each->handle;
    each->handle = 0;
  }
  platform_unlock(&opening_guard);
  return handle;
}

/* Closes every client, which ends whatever blocks, and returns when no thread refers to the instance any more. */
void clients_stop(instance *self) {
  const library *library = library_loaded();
  platform_lock(&self->guard);
  self->closing = true;
  platform_wake_all(&self->changed);
  disown(self);
  while (self->threads > 0) {
    uint64_t handle = take_handle(self);
    if (handle == 0) {
      platform_wait(&self->changed, &self->guard);
      continue;
    }
    platform_unlock(&self->guard);
    library->release(library->close(handle));
    platform_lock(&self->guard);
  }
  platform_unlock(&self->guard);
}
