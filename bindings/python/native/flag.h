// FlagshipFlag: the base type of burgee.flagship's Flag.
#ifndef BURGEE_NATIVE_FLAG_H
#define BURGEE_NATIVE_FLAG_H

#include "native.h"

// visitor_add_type comes first.
int flag_add_type(PyObject *module);

#endif
