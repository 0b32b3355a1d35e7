/* Reads memory that may not be there. A caller of the one-argument initialize_engine leaves whatever it had in the
 * register of the second argument, so that must not be dereferenced: the kernel is asked to read it, and says EFAULT
 * where a load would end the process. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* pipe2 */
#endif
#include <stdlib.h>
#include <string.h>

#include "shim.h"

#define STEP \
  4096u /* no page is smaller, so a step that does not cross such a border is readable as a whole or not at all */

#if defined(_WIN32)

#include <windows.h>

typedef int reader; /* ReadProcessMemory needs nothing to be opened */

static int open_reader(reader *r) {
  *r = 0;
  return 1;
}

static void close_reader(reader *r) { (void)r; }

static int read_memory(reader *r, const char *from, char *to, size_t length) {
  SIZE_T got = 0;
  (void)r;
  return ReadProcessMemory(GetCurrentProcess(), from, to, length, &got) && got == length;
}

#else

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

typedef struct reader {
  int out, in;
} reader;

static int open_reader(reader *r) {
  int ends[2];
#if defined(__linux__)
  /* At once: another thread may start a program at any moment, which would inherit the pipe. */
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return 0;
  }
#else
  if (pipe(ends) != 0) {
    return 0;
  }
  fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  fcntl(ends[1], F_SETFD, FD_CLOEXEC);
#endif
  r->out = ends[0];
  r->in = ends[1];
  return 1;
}

static void close_reader(reader *r) {
  close(r->out);
  close(r->in);
}

static int move(int write_end, int fd, const char *from, char *to, size_t length) {
  size_t done = 0;
  while (done < length) {
    ssize_t n = write_end ? write(fd, from + done, length - done) : read(fd, to + done, length - done);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      return 0;
    }
    done += (size_t)n;
  }
  return 1;
}

/* The pipe is empty and holds a step at least, so neither end blocks. */
static int read_memory(reader *r, const char *from, char *to, size_t length) {
  return move(1, r->in, from, NULL, length) && move(0, r->out, NULL, to, length);
}

#endif

char *burgee_probe_text(const void *address, size_t limit) {
  uintptr_t at = (uintptr_t)address;
  reader r;
  if (at < STEP || !open_reader(&r)) {
    return NULL;
  }
  char *text = NULL;
  size_t length = 0;
  for (;;) {
    size_t step = STEP - (size_t)(at % STEP);
    char *grown = length < limit ? realloc(text, length + step) : NULL;
    if (grown == NULL) {
      break;
    }
    text = grown;
    if (!read_memory(&r, (const char *)at, text + length, step)) {
      break;
    }
    if (memchr(text + length, '\0', step) != NULL) {
      close_reader(&r);
      return text;
    }
    length += step;
    at += step;
  }
  free(text);
  close_reader(&r);
  return NULL;
}
