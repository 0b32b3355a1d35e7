// ResolutionDetails: one decision with everything that is known about it.
#ifndef BURGEE_NATIVE_DETAILS_H
#define BURGEE_NATIVE_DETAILS_H

#include "native.h"

typedef struct DetailsObject {
  PyObject_HEAD PyObject *flag_key;
  PyObject *value;
  PyObject *variant;        // str or None
  PyObject *reason;         // str
  PyObject *error_code;     // str or None
  PyObject *error_message;  // str or None
  PyObject *flag_metadata;  // a read-only mapping; NULL until it is read
  PyObject *segments;       // tuple of str; what flag_metadata is made of
  PyObject *attachment;     // str or None
  PyObject *vendor_reason;  // str; NULL where the vendor has none, as the next two
  PyObject *flag_name;      // str
  PyObject *rule_name;      // str
  uint32_t flag_type;       // burgee_flag_type
  uint64_t version;
  bool in_experiment;
} DetailsObject;

extern PyTypeObject *details_type;

int details_add_type(PyObject *module);

// An instance with all members NULL, to be filled in.
DetailsObject *details_allocate(void);

// The names of burgee_reason and burgee_code, as new references; None for BURGEE_OK.
PyObject *details_reason(uint32_t reason);
PyObject *details_code(uint32_t code);

#endif
