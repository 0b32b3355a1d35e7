#ifndef BURGEE_NATIVE_VARIATION_H
#define BURGEE_NATIVE_VARIATION_H

#include "native.h"

// Adds the base type of burgee.featbit.client.FBClient and burgee.featureflagco.client.FFCClient. session_add_type comes
// first.
int variation_add_type(PyObject *module);

#endif
