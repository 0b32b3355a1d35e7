// Arguments of METH_FASTCALL methods.
#ifndef BURGEE_NATIVE_ARGUMENTS_H
#define BURGEE_NATIVE_ARGUMENTS_H

#include "native.h"

typedef struct parameters {
  const char *method;
  const char *const *names;
  PyObject **interned;  // the names as objects, filled in by parameters_intern
  Py_ssize_t required;
  Py_ssize_t positional;
  Py_ssize_t count;
} parameters;

int parameters_intern(const parameters *self);

// As parameters_bind, for calls with keywords or with a wrong number of arguments.
int parameters_bind_slowly(const parameters *self, PyObject *const *args, Py_ssize_t given, PyObject *keywords,
                           PyObject **values);

// Sets values, which hold the defaults, to the arguments; borrowed. Returns 0, or -1 with a TypeError.
static inline int parameters_bind(const parameters *self, PyObject *const *args, Py_ssize_t given, PyObject *keywords,
                                  PyObject **values) {
  if (UNLIKELY(keywords != NULL || given < self->required || given > self->positional)) {
    return parameters_bind_slowly(self, args, given, keywords, values);
  }
  for (Py_ssize_t i = 0; i < given; i++) {
    values[i] = args[i];
  }
  return 0;
}

#endif
