// The responses of burgee.flipt: what evaluate_variant and evaluate_boolean return.
#ifndef BURGEE_NATIVE_RECORDS_H
#define BURGEE_NATIVE_RECORDS_H

#include "native.h"

// Both responses. Only str, bool and tuples of str are in it, so no garbage collection is needed.
typedef struct RecordObject {
  PyObject_HEAD PyObject *flag_key;
  PyObject *segment_keys;  // a tuple, and a list of its own from the first look at it on
  PyObject *reason;
  PyObject *duration;
  PyObject *timestamp;  // NULL until it is read
  int64_t seconds;      // of the timestamp, since 1970
  int64_t nanoseconds;
  PyObject *variant_key;         // only of a variant
  PyObject *variant_attachment;  // only of a variant: str or None
  bool decided;                  // match of a variant, enabled of a boolean
} RecordObject;

extern PyTypeObject *records_variant_type;
extern PyTypeObject *records_boolean_type;

int records_add_types(PyObject *module);

// A record of the type with the time of now. The caller sets the other members.
static inline RecordObject *records_allocate(PyTypeObject *type);

// The duration of every evaluation: whole milliseconds, and none takes one.
extern PyObject *records_no_time;

void records_stamp(RecordObject *record);

static inline RecordObject *records_allocate(PyTypeObject *type) {
  RecordObject *record = PyObject_New(RecordObject, type);
  if (record != NULL) {
    Py_INCREF(records_no_time);
    record->duration = records_no_time;
    record->timestamp = NULL;
    records_stamp(record);
  }
  return record;
}

#endif
