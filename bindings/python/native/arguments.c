#include "arguments.h"

int parameters_intern(const parameters *self) {
  for (Py_ssize_t i = 0; i < self->count; i++) {
    self->interned[i] = PyUnicode_InternFromString(self->names[i]);
    if (self->interned[i] == NULL) {
      return -1;
    }
  }
  return 0;
}

static Py_ssize_t find(const parameters *self, PyObject *keyword) {
  for (Py_ssize_t i = 0; i < self->count; i++) {
    if (self->interned[i] == keyword) {
      return i;
    }
  }
  for (Py_ssize_t i = 0; i < self->count; i++) {
    if (PyUnicode_CompareWithASCIIString(keyword, self->names[i]) == 0) {
      return i;
    }
  }
  return -1;
}

int parameters_bind_slowly(const parameters *self, PyObject *const *args, Py_ssize_t given, PyObject *keywords,
                           PyObject **values) {
  if (given > self->positional) {
    PyErr_Format(PyExc_TypeError, "%s() takes at most %zd positional arguments (%zd given)", self->method,
                 self->positional, given);
    return -1;
  }
  uint32_t bound = 0;
  for (Py_ssize_t i = 0; i < given; i++) {
    values[i] = args[i];
    bound |= 1U << i;
  }
  Py_ssize_t named = keywords == NULL ? 0 : PyTuple_Size(keywords);
  for (Py_ssize_t i = 0; i < named; i++) {
    PyObject *keyword = PyTuple_GetItem(keywords, i);
    Py_ssize_t place = find(self, keyword);
    if (place < 0) {
      PyErr_Format(PyExc_TypeError, "%s() got an unexpected keyword argument %R", self->method, keyword);
      return -1;
    }
    if (bound & (1U << place)) {
      PyErr_Format(PyExc_TypeError, "%s() got multiple values for argument '%s'", self->method, self->names[place]);
      return -1;
    }
    values[place] = args[given + i];
    bound |= 1U << place;
  }
  for (Py_ssize_t i = 0; i < self->required; i++) {
    if (!(bound & (1U << i))) {
      PyErr_Format(PyExc_TypeError, "%s() missing required argument: '%s'", self->method, self->names[i]);
      return -1;
    }
  }
  return 0;
}
