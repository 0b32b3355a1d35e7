#include "addon.h"

#include <stdlib.h>

char *text_of(napi_env env, napi_value value) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, NULL, 0, &length) != napi_ok) {
    return NULL;
  }
  char *text = malloc(length + 1);
  if (text != NULL && napi_get_value_string_utf8(env, value, text, length + 1, &length) != napi_ok) {
    free(text);
    return NULL;
  }
  return text;
}

static napi_value resignal(napi_env env, napi_callback_info info) {
  (void)env;
  (void)info;
  if (library_loaded() != NULL) {
    platform_signals_on_alternate_stack();
  }
  return NULL;
}

static napi_value version(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value text = NULL;
  const library *library = library_loaded();
  if (library != NULL) {
    napi_create_string_utf8(env, library->version(), NAPI_AUTO_LENGTH, &text);
  }
  return text;
}

/* Runs while the environment is torn down, before Node releases the threadsafe function, which was made earlier. */
static void tear_down(void *data) { clients_stop(data); }

/* stop(): closes every client and waits for that; nothing is dispatched any more. */
static napi_value stop(napi_env env, napi_callback_info info) {
  instance *self = NULL;
  (void)info;
  if (napi_get_instance_data(env, (void **)&self) == napi_ok) {
    clients_stop(self);
  }
  return NULL;
}

static napi_value start(napi_env env, napi_callback_info info) {
  ARGUMENTS(1)
  if (self->tsfn == NULL) {
    if (!clients_start(self, argv[0])) {
      napi_throw_error(env, NULL, "burgee: no threadsafe function could be made");
      return NULL;
    }
    napi_add_env_cleanup_hook(env, tear_down, self);
  }
  return NULL;
}

static void release(napi_env env, void *data, void *hint) {
  (void)hint;
  instance *self = data;
  hot_free(env, self->hot);
  platform_condition_destroy(&self->changed);
  platform_mutex_destroy(&self->guard);
  free(self);
}

static napi_value init(napi_env env, napi_value exports) {
#if defined(_WIN32)
  if (!napi_windows_bind()) {
    return NULL;
  }
#endif
  platform_pin_self();
  instance *self = calloc(1, sizeof *self);
  if (self == NULL || (self->hot = hot_new()) == NULL) {
    free(self);
    napi_throw_error(env, NULL, "burgee: out of memory");
    return NULL;
  }
  self->env = env;
  platform_mutex_init(&self->guard);
  platform_condition_init(&self->changed);
  napi_set_instance_data(env, self, release, NULL);
  const struct {
    const char *name;
    napi_callback function;
  } functions[] = {
      {"start", start},
      {"stop", stop},
      {"open", clients_open},
      {"openNow", clients_open_now},
      {"call", clients_call},
      {"callNow", clients_call_now},
      {"close", clients_close},
      {"bind", hot_bind},
      {"resolve", hot_resolve},
      {"texts", hot_texts},
      {"resignal", resignal},
      {"version", version},
      {"visitorFlag", visitor_flag},
      {"visitorText", visitor_text},
      {"visitorClose", visitor_close},
  };
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    napi_value function;
    if (napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].function, self, &function) !=
            napi_ok ||
        napi_set_named_property(env, exports, functions[i].name, function) != napi_ok) {
      return NULL;
    }
  }
  return exports;
}

NAPI_MODULE(NODE_GYP_MODULE_NAME, init)
