// The engine's shared library: loaded at the first open, and loaded anew in a forked child.
#ifndef BURGEE_NATIVE_LIBRARY_H
#define BURGEE_NATIVE_LIBRARY_H

#include "native.h"

// One loaded copy. It is never freed, because a Go library cannot be unloaded.
typedef struct library {
  uint32_t (*resolve_into)(uint64_t client, const burgee_request *request, burgee_result *result);
  uint32_t (*visitor_flag_into)(uint64_t client, const burgee_visitor_request *request, burgee_visitor_flag *flag);
  uint32_t (*visitor_close)(uint64_t client, uint64_t visitor);
  char *(*open)(const char *options);
  char *(*call)(uint64_t client, const char *method, const char *params);
  char *(*wait)(uint64_t client, int64_t timeout_ms);
  char *(*close)(uint64_t client);
  void (*free)(char *reply);
  const char *(*saved_options)(uint64_t client);
  const char *(*version)(void);
  uint32_t generation;  // how many forks lie between the process that loaded the first copy and this one
} library;

// The copy that this process may call; NULL before the first open and in a forked child that has not used it yet.
// A client whose library is another one was made before a fork.
extern const library *library_current;

// Sets library_current, loading the library if need be. Returns 0, or -1 with an exception. Needs the GIL.
int library_require(void);

// Sets the file to load. Has no effect on a copy that is loaded.
int library_set_path(const char *path);

// Forgets the loaded copy, which answered FORKED: the process was forked in a way that ran no fork handlers.
void library_forked(void);

// Installs the fork handlers. Returns 0, or -1 with an exception.
int library_install(void);

#endif
