// EvaluationContext: a context that is packed once and evaluated often.
#ifndef BURGEE_NATIVE_CONTEXT_H
#define BURGEE_NATIVE_CONTEXT_H

#include "native.h"

typedef struct ContextObject {
  PyObject_HEAD PyObject *targeting_key;  // str or None
  PyObject *attributes;                   // a dict that nobody else has; it keeps the texts of items alive
  PyObject *keep;                         // a list or NULL, as in attributes
  burgee_attribute *items;
  size_t count;
  burgee_text text;  // of the targeting key
} ContextObject;

extern PyTypeObject *context_type;

int context_add_type(PyObject *module);

#endif
