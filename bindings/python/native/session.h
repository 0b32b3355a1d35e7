// Session: what burgee.Client and burgee.flipt.FliptClient have in common. One open client of the engine.
#ifndef BURGEE_NATIVE_SESSION_H
#define BURGEE_NATIVE_SESSION_H

#include "attributes.h"
#include "cache.h"
#include "library.h"
#include "native.h"

typedef struct SessionObject {
  PyObject_HEAD const library *library;  // the copy that the handle belongs to
  uint64_t handle;                       // 0: not open yet, or closed
  cache seen;
} SessionObject;

extern PyTypeObject *session_type;

int session_add_type(PyObject *module);

// A result and the memory of its texts.
typedef struct answer {
  burgee_result result;
  char *owned;  // NULL while the texts fit on the stack
  char stack[512];
} answer;

static inline void answer_release(answer *self) {
  if (UNLIKELY(self->owned != NULL)) {
    PyMem_Free(self->owned);
  }
}

// Evaluates one flag into the answer, which the caller releases. In a forked child it opens the client anew first.
// A closed client is the code BURGEE_INVALID_HANDLE. flags are those of burgee_request. Returns 0, or -1 with an
// exception.
int session_resolve(SessionObject *self, burgee_text flag_key, const attributes *context, uint32_t want, uint32_t flags,
                    answer *answer);

// The Python objects of the answer's texts: those of the cache, or fresh ones in *own for an answer without an id,
// which the caller clears. NULL with an exception when memory is exhausted.
const cache_entry *session_objects(SessionObject *self, const answer *answer, cache_entry *own);

// Where the texts of a result stand; their lengths are in the result.
typedef struct answer_texts {
  const char *value;
  const char *variant;
  const char *attachment;
  const char *message;
  const char *segments;
  const char *reason;
  const char *flag_name;
  const char *rule_name;
} answer_texts;

answer_texts answer_read(const burgee_result *result);

// The number whose digits these are: an int if it is written as one, otherwise the double. A new reference.
PyObject *answer_number(double number, const char *digits, uint32_t length);

// The answer's error message; a new reference.
PyObject *answer_message(const answer *answer);

#endif
