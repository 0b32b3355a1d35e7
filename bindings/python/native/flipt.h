#ifndef BURGEE_NATIVE_FLIPT_H
#define BURGEE_NATIVE_FLIPT_H

#include "native.h"

extern PyTypeObject *flipt_type;

// Adds the base type of burgee.flipt.FliptClient. session_add_type and records_add_types come first.
int flipt_add_type(PyObject *module);

#endif
