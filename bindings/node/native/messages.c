/* messages.c: what a thread finds goes to the event loop through one threadsafe function, which does not keep the process
 * alive unless a promise depends on it. */
#include <stdlib.h>

#include "clients.h"

static void message_free(message *message) {
  if (message->own) {
    free(message->text);
  } else if (message->text != NULL) {
    library_loaded()->release(message->text);
  }
  free(message);
}

void post(instance *self, message content) {
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

void await(instance *self) {
  if (self->awaited++ == 0) {
    napi_ref_threadsafe_function(self->env, self->tsfn);
  }
}

void settled(instance *self) {
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

bool enter(instance *self) {
  platform_lock(&self->guard);
  bool allowed = !self->closing;
  if (allowed) {
    self->threads++;
  }
  platform_unlock(&self->guard);
  return allowed;
}

void leave(instance *self) {
  platform_lock(&self->guard);
  self->threads--;
  platform_wake_all(&self->changed);
  platform_unlock(&self->guard);
}

napi_value no_thread(napi_env env) {
  napi_throw_error(env, NULL, "burgee: no thread could be started");
  return NULL;
}

/* Makes the threadsafe function, which calls dispatch. */
bool clients_start(instance *self, napi_value dispatch) {
  napi_value name;
  return napi_create_string_utf8(self->env, "burgee", NAPI_AUTO_LENGTH, &name) == napi_ok &&
         napi_create_threadsafe_function(self->env, dispatch, NULL, name, 0, 1, NULL, NULL, self, deliver,
                                         &self->tsfn) == napi_ok &&
         napi_unref_threadsafe_function(self->env, self->tsfn) == napi_ok;
}
