#if !defined(_WIN32)
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE 1
#endif
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "platform.h"

void platform_mutex_init(platform_mutex *mutex) { pthread_mutex_init(mutex, NULL); }
void platform_mutex_destroy(platform_mutex *mutex) { pthread_mutex_destroy(mutex); }
void platform_lock(platform_mutex *mutex) { pthread_mutex_lock(mutex); }
void platform_unlock(platform_mutex *mutex) { pthread_mutex_unlock(mutex); }
void platform_condition_init(platform_condition *condition) { pthread_cond_init(condition, NULL); }
void platform_condition_destroy(platform_condition *condition) { pthread_cond_destroy(condition); }
void platform_wait(platform_condition *condition, platform_mutex *mutex) { pthread_cond_wait(condition, mutex); }
void platform_wake_all(platform_condition *condition) { pthread_cond_broadcast(condition); }

typedef struct start {
  void (*entry)(void *);
  void *argument;
} start;

static void *run(void *data) {
  start copy = *(start *)data;
  free(data);
  copy.entry(copy.argument);
  return NULL;
}

bool platform_start(void (*entry)(void *), void *argument) {
  start *data = malloc(sizeof *data);
  if (data == NULL) {
    return false;
  }
  data->entry = entry;
  data->argument = argument;
  pthread_attr_t attributes;
  pthread_t thread;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  /* Signals belong to the threads that Node and the Go runtime have for them. Faults must stay deliverable. */
  sigset_t all, before;
  sigfillset(&all);
  sigdelset(&all, SIGSEGV);
  sigdelset(&all, SIGBUS);
  sigdelset(&all, SIGFPE);
  sigdelset(&all, SIGILL);
  sigdelset(&all, SIGABRT);
  sigdelset(&all, SIGTRAP);
  sigdelset(&all, SIGURG); /* the Go runtime preempts its goroutines with it */
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int failed = pthread_create(&thread, &attributes, run, data);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  if (failed != 0) {
    free(data);
    return false;
  }
  return true;
}

void *platform_load(const char *path, char *problem, size_t capacity) {
  int flags = RTLD_NOW | RTLD_LOCAL;
#if defined(RTLD_NODELETE)
  flags |= RTLD_NODELETE;
#endif
  void *library = dlopen(path, flags);
  if (library == NULL) {
    const char *why = dlerror();
    snprintf(problem, capacity, "%s", why != NULL ? why : "dlopen failed");
  }
  return library;
}

void *platform_symbol(void *library, const char *name) { return dlsym(library, name); }

double platform_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (double)now.tv_sec * 1000 + (double)(now.tv_nsec / 1000000);
}

void platform_pin_self(void) {
#if defined(RTLD_NODELETE)
  Dl_info info;
  if (dladdr((void *)&platform_pin_self, &info) != 0 && info.dli_fname != NULL) {
    (void)dlopen(info.dli_fname, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  }
#endif
}

void platform_signals_on_alternate_stack(void) {
  for (int number = 1; number < 65; number++) {
    struct sigaction action;
    if (sigaction(number, NULL, &action) != 0) {
      continue; /* not a signal here, or one that belongs to the C library */
    }
    bool handled =
        (action.sa_flags & SA_SIGINFO) != 0 || (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN);
    if (handled && (action.sa_flags & SA_ONSTACK) == 0) {
      action.sa_flags |= SA_ONSTACK;
      sigaction(number, &action, NULL);
    }
  }
}
#else
typedef int platform_posix_is_empty;
#endif
