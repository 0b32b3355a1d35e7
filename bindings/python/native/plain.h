// Values of JSON: dict, list, str, int, float, bool and None, nested.
#ifndef BURGEE_NATIVE_PLAIN_H
#define BURGEE_NATIVE_PLAIN_H

#include "native.h"

// Whether others could change the value.
static inline bool plain_is_mutable(PyObject *value) {
  return Py_TYPE(value) == &PyDict_Type || Py_TYPE(value) == &PyList_Type;
}

// A copy that shares nothing that can be changed, of what json.loads has made. A new reference, or NULL with an exception.
PyObject *plain_copy(PyObject *value);

// Whether json.dumps takes the value, as far as can be seen without running Python code: false may be wrong.
bool plain_is_json(PyObject *value);

#endif
