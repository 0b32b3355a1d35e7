// Decision: what the EvalDetail of burgee.featbit and of burgee.featureflagco have in common.
#ifndef BURGEE_NATIVE_DECISION_H
#define BURGEE_NATIVE_DECISION_H

#include "native.h"

typedef struct DecisionObject {
  PyObject_HEAD PyObject *id;
  PyObject *reason;
  PyObject *variation;
  PyObject *key_name;
  PyObject *name;
} DecisionObject;

extern PyTypeObject *decision_type;

int decision_add_type(PyObject *module);

// An instance of a type that is decision_type or derived from it, whose __init__ is not called. All members are NULL.
DecisionObject *decision_allocate(PyTypeObject *type);

#endif
