/* What the C files of this folder and main.go share. Nothing here is exported. */
#ifndef BURGEE_SHIM_H
#define BURGEE_SHIM_H

#include <stddef.h>
#include <stdint.h>

#define BURGEE_SHIM 1
#include "burgee.h"

/* cgo has no const; these names have. */
typedef const char burgee_bytes;
typedef const burgee_request burgee_const_request;
typedef const burgee_visitor_request burgee_const_visitor_request;

/* guard.c: 0 in a process that was forked after the library was loaded. Go does not survive fork(). */
extern volatile char *burgee_alive;

static inline int burgee_forked(void) { return *burgee_alive == 0; }

/* shim.c: a copy in C memory, to be freed; NULL when memory is exhausted. */
char *burgee_copy(const void *data, size_t size);

/* saved.c: the options that reopen a client, by handle, in memory that a forked child can read. text is copied; NULL
 * forgets. One caller at a time. */
void burgee_save_options(uint64_t client, const char *text, size_t length);

/* probe.c: copies the text at an address that may be no address at all. Returns NULL if it is not readable as text of
 * at most limit bytes. To be freed. */
char *burgee_probe_text(const void *address, size_t limit);

#endif /* BURGEE_SHIM_H */
