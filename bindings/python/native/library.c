#include "library.h"

#include <stdio.h>
#include <stdlib.h>

#include "copy.h"

#if defined(_WIN32)
#include <windows.h>
#else
#include <dlfcn.h>
#include <pthread.h>
#endif

const library *library_current;

static char *path_of_library;
static bool loaded;          // some copy is mapped, here or in an ancestor
static uint32_t generation;  // of this process

#if defined(_WIN32)

static void *open_file(const char *path, char *reason, size_t size) {
  wchar_t wide[32768];
  if (MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, 32768) == 0) {
    snprintf(reason, size, "the path is not valid UTF-8");
    return NULL;
  }
  HMODULE module = LoadLibraryExW(wide, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
  if (module == NULL) {
    snprintf(reason, size, "Windows error %lu", (unsigned long)GetLastError());
  }
  return (void *)module;
}

static void *find(void *module, const char *name) { return (void *)GetProcAddress((HMODULE)module, name); }

int library_install(void) { return 0; }

#else

static void *open_file(const char *path, char *reason, size_t size) {
  void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (module == NULL) {
    const char *problem = dlerror();
    snprintf(reason, size, "%s", problem != NULL ? problem : "dlopen failed");
  }
  return module;
}

static void *find(void *module, const char *name) { return dlsym(module, name); }

// Held while a copy is being loaded, so that no thread forks half way through dlopen. Nobody waits for the GIL while
// holding it. pthread_atfork rather than os.register_at_fork: it also sees forks that C code makes.
static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;

static void before_fork(void) { pthread_mutex_lock(&loading); }
static void after_fork_in_parent(void) { pthread_mutex_unlock(&loading); }

static void after_fork_in_child(void) {
  pthread_mutex_init(&loading, NULL);
  library_forked();
}

int library_install(void) {
  if (pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child) != 0) {
    PyErr_NoMemory();
    return -1;
  }
  return 0;
}

#endif

void library_forked(void) {
  if (loaded) {
    generation++;
  }
  library_current = NULL;
}

int library_set_path(const char *path) {
  size_t size = strlen(path) + 1;
  char *copy = malloc(size);
  if (copy == NULL) {
    PyErr_NoMemory();
    return -1;
  }
  memcpy(copy, path, size);
  free(path_of_library);
  path_of_library = copy;
  return 0;
}

static void *load(char *reason, size_t size) {
  void *module;
#if !defined(_WIN32)
  pthread_mutex_lock(&loading);
#endif
  if (loaded) {
    module = copy_open(path_of_library, generation, open_file, reason, size);
  } else {
    module = open_file(path_of_library, reason, size);
  }
#if !defined(_WIN32)
  pthread_mutex_unlock(&loading);
#endif
  return module;
}

// ISO C knows no conversion from void * to a function pointer; copying the bytes is what POSIX prescribes dlsym for.
static bool bind(void *module, const char *name, void *function) {
  void *address = find(module, name);
  memcpy(function, &address, sizeof address);
  return address != NULL;
}

int library_require(void) {
  char reason[1024];
  if (library_current != NULL) {
    return 0;
  }
  if (path_of_library == NULL) {
    return native_raise("INTERNAL", "the path of the library is not set");
  }
  void *module = load(reason, sizeof reason);
  if (module == NULL) {
    if (loaded) {
      return native_raise("FORKED",
                          "cannot load a fresh copy of %s after fork: %s; use the start method spawn or forkserver",
                          path_of_library, reason);
    }
    return native_raise("INVALID_CONFIG", "cannot load %s: %s", path_of_library, reason);
  }
  library *copy = calloc(1, sizeof *copy);
  if (copy == NULL) {
    PyErr_NoMemory();
    return -1;
  }
  if (!bind(module, "burgee_resolve_into", &copy->resolve_into) ||
      !bind(module, "burgee_visitor_flag_into", &copy->visitor_flag_into) ||
      !bind(module, "burgee_visitor_close", &copy->visitor_close) || !bind(module, "burgee_open", &copy->open) ||
      !bind(module, "burgee_call", &copy->call) || !bind(module, "burgee_wait", &copy->wait) ||
      !bind(module, "burgee_close", &copy->close) || !bind(module, "burgee_free", &copy->free) ||
      !bind(module, "burgee_saved_options", &copy->saved_options) || !bind(module, "burgee_version", &copy->version)) {
    free(copy);
    return native_raise("INVALID_CONFIG", "%s is not the library of Burgee: a function is missing", path_of_library);
  }
  copy->generation = generation;
  loaded = true;
  library_current = copy;
  return 0;
}
