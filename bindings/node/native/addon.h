/* addon.h: what the files of the addon share. One `instance` exists per napi_env: one per realm that loads the addon,
 * in the main thread and in every worker. */
#ifndef BURGEE_NODE_ADDON_H
#define BURGEE_NODE_ADDON_H

#if !defined(NAPI_VERSION)
#define NAPI_VERSION 8
#endif
#include <node_api.h>

#include "library.h"
#include "platform.h"
#if defined(_WIN32)
#include "napi_windows.h"
#endif

typedef struct client client;
typedef struct hot hot;

typedef struct instance {
  napi_env env;
  const library *library; /* NULL until the first client is open */
  hot *hot;               /* resolve.c */

  napi_threadsafe_function tsfn; /* brings what threads find to the event loop; NULL before the first open */
  uint32_t awaited;              /* replies that keep the event loop alive; only touched on its thread */

  platform_mutex guard; /* for the rest */
  platform_condition changed;
  client *clients;
  uint32_t threads; /* that are running on behalf of this instance */
  bool closing;     /* the environment is going away: nothing may reach JavaScript any more */
} instance;

#define ARGUMENTS(count)                                                                             \
  size_t argc = (count);                                                                             \
  napi_value argv[(count)];                                                                          \
  instance *self = NULL;                                                                             \
  if (napi_get_cb_info(env, info, &argc, argv, NULL, (void **)&self) != napi_ok || argc < (count)) { \
    napi_throw_type_error(env, NULL, "burgee: the addon was called with too little");                \
    return NULL;                                                                                     \
  }

/* A copy of a JavaScript string as UTF-8 with a final NUL, to be released with free(). NULL when it is not a string. */
char *text_of(napi_env env, napi_value value);

/* clients.c */
bool clients_start(instance *self, napi_value dispatch);
void clients_stop(instance *self);
napi_value clients_open(napi_env env, napi_callback_info info);
napi_value clients_open_now(napi_env env, napi_callback_info info);
napi_value clients_call(napi_env env, napi_callback_info info);
napi_value clients_call_now(napi_env env, napi_callback_info info);
napi_value clients_close(napi_env env, napi_callback_info info);

/* resolve.c */
hot *hot_new(void);
void hot_free(napi_env env, hot *hot);
napi_value hot_bind(napi_env env, napi_callback_info info);
napi_value hot_resolve(napi_env env, napi_callback_info info);
napi_value hot_texts(napi_env env, napi_callback_info info);

/* visitor.c */
napi_value visitor_flag(napi_env env, napi_callback_info info);
napi_value visitor_text(napi_env env, napi_callback_info info);
napi_value visitor_close(napi_env env, napi_callback_info info);

#endif
