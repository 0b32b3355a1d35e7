/* clients.c: opening, following and stopping. Every client has a thread that opens it, unless the caller's thread did that,
 * and then waits for its events. Node's thread pool is not used, because process.exit waits for it. */
#include "clients.h"

#include <stdlib.h>
#include <string.h>

enum { UNREAD_EVENTS = 64 }; /* per client; then its thread waits, and the engine's own bounded queue takes over */

/* Guards `self` and `opening` of every client: opening may take as long as start_wait_ms, and an environment that goes
 * away does not wait for it. Taken after the guard of an instance, never before. */
static platform_mutex opening_guard = PLATFORM_MUTEX_INIT;

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

/* What the thread of an open client does until that is closed. */
static void follow(void *data) {
  client *client = data;
  instance *self = client->self;
  platform_lock(&opening_guard);
  uint64_t handle = client->handle; /* 0 once clients_stop has closed it */
  platform_unlock(&opening_guard);
  pump(library_loaded(), client, handle);
  post(self, (message){.kind = ENDED, .token = client->token});
  unlink_client(client);
  client_free(client);
  leave(self);
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
    follow(client);
    return;
  }
  unlink_client(client);
  client_free(client);
  leave(self);
}

/* Reads (token, path, options, ...). NULL when memory or the arguments do not allow it. */
static client *client_new(napi_env env, instance *self, const napi_value *argv) {
  client *created = calloc(1, sizeof *created);
  if (created == NULL) {
    return NULL;
  }
  created->self = self;
  created->path = text_of(env, argv[1]);
  created->options = text_of(env, argv[2]);
  if (napi_get_value_uint32(env, argv[0], &created->token) == napi_ok && created->path != NULL &&
      created->options != NULL) {
    return created;
  }
  client_free(created);
  return NULL;
}

static void link_client(client *created) {
  instance *self = created->self;
  platform_lock(&self->guard);
  created->next = self->clients;
  self->clients = created;
  platform_unlock(&self->guard);
}

/* open(token, path, options): dispatches OPENED with the reply, or with the plain reason why the library cannot load.
 */
napi_value clients_open(napi_env env, napi_callback_info info) {
  ARGUMENTS(3)
  client *created = client_new(env, self, argv);
  if (created == NULL || !enter(self)) {
    if (created != NULL) {
      client_free(created);
    }
    return no_thread(env);
  }
  created->opening = true;
  link_client(created);
  await(self);
  if (platform_start(live, created)) {
    return NULL;
  }
  settled(self);
  unlink_client(created);
  leave(self);
  client_free(created);
  return no_thread(env);
}

static napi_value opened_now(napi_env env, const char *text, uint64_t handle) {
  napi_value result = NULL, part = NULL;
  if (napi_create_array(env, &result) == napi_ok) {
    napi_create_string_utf8(env, text != NULL ? text : "", NAPI_AUTO_LENGTH, &part);
    napi_set_element(env, result, 0, part);
    napi_create_uint32(env, (uint32_t)handle, &part);
    napi_set_element(env, result, 1, part);
    napi_create_uint32(env, (uint32_t)(handle >> 32), &part);
    napi_set_element(env, result, 2, part);
  }
  return result;
}

/* openNow(token, path, options): opens on this thread, for options that wait for nothing. Returns [reply or the plain
 * reason why the library cannot load, handleLow, handleHigh]. Events are dispatched as of any client. */
napi_value clients_open_now(napi_env env, napi_callback_info info) {
  ARGUMENTS(3)
  client *created = client_new(env, self, argv);
  if (created == NULL) {
    return no_thread(env);
  }
  char *problem = NULL;
  const library *library = library_load(created->path, &problem);
  if (library == NULL) {
    napi_value result = opened_now(env, problem, 0);
    free(problem);
    client_free(created);
    return result;
  }
  self->library = library;
  char *reply = library->open(created->options);
  uint64_t handle = reply != NULL ? handle_in(reply) : 0;
  napi_value result = opened_now(env, reply, handle);
  library->release(reply);
  if (handle == 0) {
    client_free(created);
    return result;
  }
  created->handle = handle;
  if (enter(self)) {
    link_client(created);
    if (platform_start(follow, created)) {
      return result;
    }
    unlink_client(created);
    leave(self);
  }
  client_free(created);
  library->release(library->close(handle));
  return no_thread(env);
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
