/* Notices a fork. A page that the kernel wipes in the child costs one load to look at, and sees every kind of fork,
 * also those that run no handlers; where there is no such page, a handler of fork() clears the mark. */
#include "shim.h"

static volatile char mark_without_page = 1;
volatile char *burgee_alive = &mark_without_page;

#if !defined(_WIN32) /* which has no fork */

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18 /* Linux 4.14; C libraries older than that do not know it */
#endif

static void in_child(void) { *burgee_alive = 0; }

__attribute__((constructor)) static void watch_for_forks(void) {
#if defined(__linux__)
  size_t size = (size_t)sysconf(_SC_PAGESIZE);
  void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page != MAP_FAILED) {
    if (madvise(page, size, MADV_WIPEONFORK) == 0) {
      *(volatile char *)page = 1;
      burgee_alive = page;
      return;
    }
    munmap(page, size);
  }
#endif
  pthread_atfork(NULL, NULL, in_child);
}

#endif
