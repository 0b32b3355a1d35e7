/* library.h: libburgee, loaded at the first open and kept for the life of the process. */
#ifndef BURGEE_NODE_LIBRARY_H
#define BURGEE_NODE_LIBRARY_H

#include <stdint.h>

#include "burgee.h"

typedef struct library {
  char *(*open)(const char *options);
  char *(*call)(uint64_t client, const char *method, const char *params);
  char *(*wait)(uint64_t client, int64_t timeout_ms);
  char *(*close)(uint64_t client);
  void (*release)(char *reply);
  const char *(*version)(void);
  uint32_t (*resolve_into)(uint64_t client, const burgee_request *request, burgee_result *result);
  uint32_t (*visitor_flag_into)(uint64_t client, const burgee_visitor_request *request, burgee_visitor_flag *flag);
  uint32_t (*visitor_close)(uint64_t client, uint64_t visitor);
} library;

/* Loads the library at path, unless one is loaded already. Any thread may call it. Returns NULL and a problem to free()
 * when it cannot be loaded; a later call tries again. */
const library *library_load(const char *path, char **problem);

/* The loaded library, or NULL. */
const library *library_loaded(void);

#endif
