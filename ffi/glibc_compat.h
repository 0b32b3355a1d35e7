/* Forced into every C file of a Linux build by build.sh, those of the Go runtime included. It does two things where the
 * C library is glibc, and nothing elsewhere.
 *
 * 1. The library loads on glibc 2.17. glibc 2.32 to 2.34 gave a few functions of threads a new version; without being
 * told otherwise the linker takes the newest version of the machine that builds. The old ones are still there.
 *
 * 2. pthread_getattr_np of the calling thread is asked once for each thread. When a call arrives on a stack that Go
 * does not know, as from foreign function interfaces with stacks of their own, Go asks for the bounds of the thread's
 * stack every time, and on the main thread glibc finds them by reading /proc/self/maps. */
#if defined(__linux__) && !defined(__ASSEMBLER__)
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <features.h>
#ifdef __GLIBC__

#include <errno.h>
#include <pthread.h>

#if defined(__x86_64__)
#define BURGEE_OLD_GLIBC "GLIBC_2.2.5"
#elif defined(__aarch64__)
#define BURGEE_OLD_GLIBC "GLIBC_2.17"
#endif

#ifdef BURGEE_OLD_GLIBC
#define BURGEE_OLD(name) __asm__(".symver " #name ", " #name "@" BURGEE_OLD_GLIBC);
BURGEE_OLD(pthread_attr_getstack)
BURGEE_OLD(pthread_attr_getstacksize)
BURGEE_OLD(pthread_attr_setstack)
BURGEE_OLD(pthread_create)
BURGEE_OLD(pthread_detach)
BURGEE_OLD(pthread_getattr_np)
BURGEE_OLD(pthread_getspecific)
BURGEE_OLD(pthread_key_create)
BURGEE_OLD(pthread_setspecific)
BURGEE_OLD(pthread_sigmask)
#undef BURGEE_OLD
#endif

/* A thread's stack does not move, so the bounds are good for its life. */
__attribute__((unused)) static int burgee_getattr_np(pthread_t thread, pthread_attr_t *attr) {
  static __thread void *lowest;
  static __thread size_t size;
  int failed = 0;
  if (!pthread_equal(thread, pthread_self())) {
    return pthread_getattr_np(thread, attr);
  }
  if (size == 0) {
    pthread_attr_t found;
    void *at = NULL;
    size_t bytes = 0;
    failed = pthread_getattr_np(thread, &found);
    if (failed != 0) {
      return failed;
    }
    failed = pthread_attr_getstack(&found, &at, &bytes);
    pthread_attr_destroy(&found);
    if (failed != 0 || bytes == 0) {
      return failed != 0 ? failed : ENOENT;
    }
    lowest = at;
    size = bytes;
  }
  failed = pthread_attr_init(attr);
  return failed != 0 ? failed : pthread_attr_setstack(attr, lowest, size);
}
#define pthread_getattr_np burgee_getattr_np

#endif
#endif
