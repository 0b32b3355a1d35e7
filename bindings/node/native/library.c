#include "library.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform.h"

static platform_mutex guard = PLATFORM_MUTEX_INIT;
static library table;
static const library *loaded; /* set once, under guard */

/* Function pointers cannot be cast from void * in ISO C; every platform with dlsym allows copying the bits. */
static bool find(void *handle, const char *name, void *target) {
  void *address = platform_symbol(handle, name);
  memcpy(target, &address, sizeof address);
  return address != NULL;
}

static bool fill(void *handle, library *into) {
  return find(handle, "burgee_open", &into->open) && find(handle, "burgee_call", &into->call) &&
         find(handle, "burgee_wait", &into->wait) && find(handle, "burgee_close", &into->close) &&
         find(handle, "burgee_free", &into->release) && find(handle, "burgee_version", &into->version) &&
         find(handle, "burgee_resolve_into", &into->resolve_into) &&
         find(handle, "burgee_visitor_flag_into", &into->visitor_flag_into) &&
         find(handle, "burgee_visitor_close", &into->visitor_close);
}

const library *library_load(const char *path, char **problem) {
  char text[1024] = "";
  platform_lock(&guard);
  if (loaded == NULL) {
    void *handle = platform_load(path, text, sizeof text);
    if (handle != NULL) {
      if (fill(handle, &table)) {
        loaded = &table;
        platform_signals_on_alternate_stack();
      } else {
        snprintf(text, sizeof text, "%s is not a Burgee library of this version", path);
      }
    }
  }
  const library *result = loaded;
  platform_unlock(&guard);
  if (result == NULL) {
    size_t size = strlen(text) + 1;
    *problem = malloc(size);
    if (*problem != NULL) {
      memcpy(*problem, text, size);
    }
  }
  return result;
}

const library *library_loaded(void) {
  platform_lock(&guard);
  const library *result = loaded;
  platform_unlock(&guard);
  return result;
}
