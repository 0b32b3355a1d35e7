// One look at a flag of a visitor.
#ifndef BURGEE_NATIVE_READING_H
#define BURGEE_NATIVE_READING_H

#include "native.h"
#include "visitor.h"

// What the engine answered, and the memory of the value's text.
typedef struct reading {
  burgee_visitor_flag flag;
  char *owned;  // NULL while the text fits on the stack
  char stack[512];
} reading;

static inline void reading_release(reading *self) {
  if (UNLIKELY(self->owned != NULL)) {
    PyMem_Free(self->owned);
  }
}

// Looks at a flag, and with expose tells the vendor, with the caller's default, that the visitor saw it. What is wrong is
// in flag.code: BURGEE_FLAG_NOT_FOUND also for a key that is no text, BURGEE_INVALID_HANDLE for a visitor that is not bound
// or whose client is closed, BURGEE_FORKED for one of the parent process. Returns 0, and the caller releases the reading;
// or -1 with an exception that nobody may catch here, such as MemoryError or KeyboardInterrupt.
int reading_take(reading *self, const VisitorObject *visitor, PyObject *key, PyObject *fallback, bool expose);

// The value, None when there is none: a new reference, of a new object if it can be changed. A value that Python cannot
// hold is none either, and sets flag.code. NULL with an exception as above.
PyObject *reading_value(reading *self);

// Whether a default accepts a value. As in the vendor's SDK: if it is an instance of the value's type. Lenient: None
// accepts every value, numbers accept each other, and booleans are no numbers. Returns -1 with an exception as above.
int reading_serves(PyObject *value, PyObject *fallback, bool lenient);

#endif
