#ifndef BURGEE_NATIVE_CLIENT_H
#define BURGEE_NATIVE_CLIENT_H

#include "native.h"

extern PyTypeObject *client_type;

// Adds the base type of burgee.Client. session_add_type comes first.
int client_add_type(PyObject *module);

#endif
