#include "engine.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FIRST_ENTITY = 100000, PLAIN_ROUNDS = 400 };

void fail(const char *what, const char *detail) {
  fprintf(stderr, "bench: %s: %s\n", what, detail);
  exit(1);
}

int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* POSIX makes this conversion valid, C does not have it. */
static void find(void *library, const char *name, void *function) {
  void *address = dlsym(library, name);
  if (address == NULL) {
    fail("function is missing", name);
  }
  memcpy(function, &address, sizeof address);
}

engine load_engine(const char *path, const char *context, size_t count) {
  engine e = {0};
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    fail("library cannot be loaded", dlerror());
  }
  find(library, "initialize_engine", &e.initialize);
  find(library, "evaluate_variant", &e.evaluate_variant);
  find(library, "destroy_engine", &e.destroy);
  find(library, "destroy_string", &e.destroy_string);
  e.request_count = count;
  e.requests = calloc(count + 1, sizeof *e.requests);
  for (size_t i = 0; i < count; i++) {
    size_t room = strlen(context) + 100;
    e.requests[i] = malloc(room);
    snprintf(e.requests[i], room, "{\"flag_key\":\"flag-%zu\",\"entity_id\":\"user-%zu\",\"context\":%s}", i,
             FIRST_ENTITY + i, context);
  }
  return e;
}

int64_t open_engine(engine *e, const char *options) {
  int64_t start = now_ns();
  e->handle = e->initialize(options);
  int64_t took = now_ns() - start;
  if (e->handle == NULL) {
    fail("engine does not open", options);
  }
  return took;
}

void check_engine(const engine *e) {
  for (size_t i = 0; i < e->request_count; i++) {
    char *reply = (char *)e->evaluate_variant(e->handle, e->requests[i]);
    if (strstr(reply, "\"status\":\"success\"") == NULL || strstr(reply, "\"match\":true") == NULL) {
      fail("no match", reply);
    }
    e->destroy_string(reply);
  }
}

uint32_t plain_work(uint32_t seed) {
  for (int i = 0; i < PLAIN_ROUNDS; i++) {
    seed = seed * 1664525u + 1013904223u;
  }
  return seed;
}
