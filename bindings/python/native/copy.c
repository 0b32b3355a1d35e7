#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE 1
#endif
#include "copy.h"

#include <stdio.h>

#if defined(_WIN32)

void *copy_open(const char *path, uint32_t generation, file_opener open_file, char *reason, size_t size) {
  (void)path;
  (void)generation;
  (void)open_file;
  snprintf(reason, size, "Windows has no fork");
  return NULL;
}

#else

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/syscall.h>
#endif

static int fill(int target, const char *path) {
  char chunk[65536];
  int source = open(path, O_RDONLY | O_CLOEXEC);
  if (source < 0) {
    return -1;
  }
  for (;;) {
    ssize_t got = read(source, chunk, sizeof chunk);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      int problem = errno;
      close(source);
      errno = problem;
      return got < 0 ? -1 : 0;
    }
    for (ssize_t done = 0; done < got;) {
      ssize_t put = write(target, chunk + done, (size_t)(got - done));
      if (put < 0 && errno == EINTR) {
        continue;
      }
      if (put <= 0) {
        int problem = put < 0 ? errno : ENOSPC;
        close(source);
        errno = problem;
        return -1;
      }
      done += put;
    }
  }
}

static void *open_in_memory(const char *path, uint32_t generation, file_opener open_file, char *reason, size_t size) {
#if defined(__linux__) && defined(SYS_memfd_create)
  const unsigned int close_on_exec = 1;
  int fd = (int)syscall(SYS_memfd_create, "libburgee", close_on_exec);
  if (fd < 0) {
    snprintf(reason, size, "memfd_create: %s", strerror(errno));
    return NULL;
  }
  void *module = NULL;
  if (fill(fd, path) != 0) {
    snprintf(reason, size, "copy to memory: %s", strerror(errno));
  } else {
    // The C library recognises a loaded library by its name before it looks at the file, and descriptor numbers repeat
    // in a grandchild. As many "./" as there were forks make the name one that no earlier copy has.
    const char *prefix = "/proc/self/fd/";
    size_t length = strlen(prefix) + 2 * (size_t)generation + 16;
    char *name = malloc(length);
    if (name == NULL) {
      snprintf(reason, size, "out of memory");
    } else {
      char *end = name + strlen(strcpy(name, prefix));
      for (uint32_t i = 0; i < generation; i++) {
        *end++ = '.';
        *end++ = '/';
      }
      snprintf(end, 16, "%d", fd);
      module = open_file(name, reason, size);
      free(name);
    }
  }
  close(fd);
  return module;
#else
  (void)path;
  (void)generation;
  (void)open_file;
  snprintf(reason, size, "no files in memory on this system");
  return NULL;
#endif
}

static void *open_in_file(const char *path, file_opener open_file, char *reason, size_t size) {
  const char *folder = getenv("TMPDIR");
  char name[4096];
  if (folder == NULL || *folder == '\0') {
    folder = "/tmp";
  }
  if ((size_t)snprintf(name, sizeof name, "%s/libburgee-XXXXXX", folder) >= sizeof name) {
    snprintf(reason, size, "TMPDIR is too long");
    return NULL;
  }
  int fd = mkstemp(name);
  if (fd < 0) {
    snprintf(reason, size, "%.200s: %s", name, strerror(errno));
    return NULL;
  }
  void *module = NULL;
  if (fill(fd, path) != 0) {
    snprintf(reason, size, "%.200s: %s", name, strerror(errno));
  } else {
    module = open_file(name, reason, size);
  }
  unlink(name);
  close(fd);
  return module;
}

void *copy_open(const char *path, uint32_t generation, file_opener open_file, char *reason, size_t size) {
  char first[512];
  char second[512];
  void *module = open_in_memory(path, generation, open_file, first, sizeof first);
  if (module == NULL) {
    module = open_in_file(path, open_file, second, sizeof second);
  }
  if (module == NULL) {
    snprintf(reason, size, "%.400s; %.400s", first, second);
  }
  return module;
}

#endif
