#include "records.h"

#include <stddef.h>
#include <stdio.h>
#include <structmember.h>
#include <time.h>

PyTypeObject *records_variant_type;
PyTypeObject *records_boolean_type;
PyObject *records_no_time;

void records_stamp(RecordObject *record) {
  struct timespec now;
  timespec_get(&now, TIME_UTC);
  record->seconds = (int64_t)now.tv_sec;
  record->nanoseconds = (int64_t)now.tv_nsec;
}

// The civil date of a day since 1970, in the proleptic Gregorian calendar.
static void date_of(int64_t day, int *year, int *month, int *day_of_month) {
  // Count from 1 March of the year 0, so that the leap day is the last of a year; 400 years have 146097 days.
  int64_t shifted = day + 719468;
  int64_t era = shifted / 146097;
  int64_t rest = shifted - era * 146097;
  int64_t of_era = (rest - rest / 1460 + rest / 36524 - rest / 146096) / 365;
  int64_t of_year = rest - (365 * of_era + of_era / 4 - of_era / 100);
  int64_t index = (5 * of_year + 2) / 153;
  *day_of_month = (int)(of_year - (153 * index + 2) / 5 + 1);
  *month = (int)(index < 10 ? index + 3 : index - 9);
  *year = (int)(of_era + era * 400 + (*month <= 2));
}

// RFC 3339 in UTC, with as many groups of three fractional digits as the time needs.
static PyObject *format_time(int64_t seconds, int64_t nanoseconds) {
  int year;
  int month;
  int day;
  date_of(seconds / 86400, &year, &month, &day);
  int of_day = (int)(seconds % 86400);
  char text[64];
  int length = snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, day, of_day / 3600,
                        of_day / 60 % 60, of_day % 60);
  char *end = text + length;
  size_t left = sizeof text - (size_t)length;
  if (nanoseconds == 0) {
    snprintf(end, left, "Z");
  } else if (nanoseconds % 1000000 == 0) {
    snprintf(end, left, ".%03dZ", (int)(nanoseconds / 1000000));
  } else if (nanoseconds % 1000 == 0) {
    snprintf(end, left, ".%06dZ", (int)(nanoseconds / 1000));
  } else {
    snprintf(end, left, ".%09dZ", (int)nanoseconds);
  }
  return PyUnicode_FromString(text);
}

static PyObject *new_reference(PyObject *object) {
  Py_INCREF(object);
  return object;
}

static PyObject *get_timestamp(PyObject *object, void *unused) {
  (void)unused;
  RecordObject *self = (RecordObject *)object;
  if (self->timestamp == NULL) {
    self->timestamp = format_time(self->seconds, self->nanoseconds);
    if (self->timestamp == NULL) {
      return NULL;
    }
  }
  return new_reference(self->timestamp);
}

// Flipt's model has a list here. Each response gets one of its own, so that a caller who changes it harms nobody.
static PyObject *get_segment_keys(PyObject *object, void *unused) {
  (void)unused;
  RecordObject *self = (RecordObject *)object;
  if (Py_TYPE(self->segment_keys) != &PyList_Type) {
    PyObject *list = PySequence_List(self->segment_keys);
    if (list == NULL) {
      return NULL;
    }
    Py_DECREF(self->segment_keys);
    self->segment_keys = list;
  }
  return new_reference(self->segment_keys);
}

static PyObject *get_decided(PyObject *object, void *unused) {
  (void)unused;
  return PyBool_FromLong(((RecordObject *)object)->decided);
}

static void record_dealloc(PyObject *object) {
  RecordObject *self = (RecordObject *)object;
  PyTypeObject *type = Py_TYPE(object);
  Py_XDECREF(self->flag_key);
  Py_XDECREF(self->segment_keys);
  Py_XDECREF(self->reason);
  Py_XDECREF(self->duration);
  Py_XDECREF(self->timestamp);
  Py_XDECREF(self->variant_key);
  Py_XDECREF(self->variant_attachment);
  PyObject_Free(object);
  Py_DECREF(type);
}

static int must_be(const char *member, const char *wanted) {
  PyObject *type = native_import("flipt.errors", "ValidationError");
  if (type != NULL) {
    PyErr_Format(type, "%s must be %s", member, wanted);
    Py_DECREF(type);
  }
  return -1;
}

static int check(PyObject *value, PyTypeObject *type, const char *member, const char *wanted) {
  return PyObject_TypeCheck(value, type) ? 0 : must_be(member, wanted);
}

static PyObject *segments_of(PyObject *given) {
  if (!PyList_Check(given) && !PyTuple_Check(given)) {
    must_be("segment_keys", "a list of str");
    return NULL;
  }
  PyObject *tuple = PySequence_Tuple(given);
  for (Py_ssize_t i = 0; tuple != NULL && i < PyTuple_Size(tuple); i++) {
    if (check(PyTuple_GetItem(tuple, i), &PyUnicode_Type, "segment_keys", "a list of str") != 0) {
      Py_CLEAR(tuple);
    }
  }
  return tuple;
}

// Makes a record from the arguments of a constructor, which the caller has parsed. variant_key is NULL for a boolean.
static PyObject *make(PyTypeObject *type, bool decided, PyObject *flag_key, PyObject *reason, PyObject *segments,
                      PyObject *duration, PyObject *timestamp, PyObject *variant_key, PyObject *attachment) {
  PyObject *tuple = segments_of(segments);
  PyObject *number = tuple == NULL ? NULL : PyNumber_Float(duration);
  RecordObject *self = number == NULL ? NULL : PyObject_New(RecordObject, type);
  if (self == NULL) {
    Py_XDECREF(tuple);
    Py_XDECREF(number);
    return NULL;
  }
  self->decided = decided;
  self->flag_key = new_reference(flag_key);
  self->reason = new_reference(reason);
  self->segment_keys = tuple;
  self->duration = number;
  self->timestamp = new_reference(timestamp);
  self->seconds = 0;
  self->nanoseconds = 0;
  self->variant_key = variant_key;
  self->variant_attachment = attachment;
  Py_XINCREF(variant_key);
  Py_XINCREF(attachment);
  return (PyObject *)self;
}

static PyObject *variant_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  static char *names[] = {"match",       "segment_keys",       "reason",    "flag_key",
                          "variant_key", "variant_attachment", "timestamp", "request_duration_millis",
                          NULL};
  PyObject *match;
  PyObject *segments;
  PyObject *reason;
  PyObject *flag_key;
  PyObject *variant_key;
  PyObject *attachment = Py_None;
  PyObject *timestamp = NULL;
  PyObject *duration = records_no_time;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OOUUU|O$UO:VariantEvaluationResponse", names, &match, &segments,
                                   &reason, &flag_key, &variant_key, &attachment, &timestamp, &duration)) {
    return NULL;
  }
  if (timestamp == NULL) {
    PyErr_SetString(PyExc_TypeError, "VariantEvaluationResponse() missing required argument: 'timestamp'");
    return NULL;
  }
  if (check(match, &PyBool_Type, "match", "a bool") != 0 ||
      (attachment != Py_None && check(attachment, &PyUnicode_Type, "variant_attachment", "a str or None") != 0)) {
    return NULL;
  }
  return make(type, match == Py_True, flag_key, reason, segments, duration, timestamp, variant_key, attachment);
}

static PyObject *boolean_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  static char *names[] = {"enabled", "flag_key", "reason", "segment_keys", "timestamp", "request_duration_millis",
                          NULL};
  PyObject *enabled;
  PyObject *flag_key;
  PyObject *reason;
  PyObject *segments;
  PyObject *timestamp = NULL;
  PyObject *duration = records_no_time;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OUUO|$UO:BooleanEvaluationResponse", names, &enabled, &flag_key,
                                   &reason, &segments, &timestamp, &duration)) {
    return NULL;
  }
  if (timestamp == NULL) {
    PyErr_SetString(PyExc_TypeError, "BooleanEvaluationResponse() missing required argument: 'timestamp'");
    return NULL;
  }
  if (check(enabled, &PyBool_Type, "enabled", "a bool") != 0) {
    return NULL;
  }
  return make(type, enabled == Py_True, flag_key, reason, segments, duration, timestamp, NULL, NULL);
}

#define MEMBER(name, field, doc) {#name, T_OBJECT_EX, offsetof(RecordObject, field), READONLY, doc}
#define SHARED_MEMBERS                                                                          \
  MEMBER(flag_key, flag_key, "The key of the flag."),                                           \
      MEMBER(reason, reason, "MATCH_, DEFAULT_, FLAG_DISABLED_ or UNKNOWN_EVALUATION_REASON."), \
      MEMBER(request_duration_millis, duration, "How long the evaluation took, in whole milliseconds, as a float.")
#define SHARED_PROPERTIES                                                                                     \
  {"segment_keys", get_segment_keys, NULL, "The keys of the segments that matched, sorted; a list.", NULL}, { \
    "timestamp", get_timestamp, NULL, "When the evaluation took place: RFC 3339, UTC.", NULL                  \
  }

static PyMemberDef variant_members[] = {
    SHARED_MEMBERS,
    MEMBER(variant_key, variant_key, "The key of the variant; empty when there is none."),
    MEMBER(variant_attachment, variant_attachment, "The attachment of the variant, or None."),
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef variant_properties[] = {
    SHARED_PROPERTIES,
    {"match", get_decided, NULL, "Whether a rule matched.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot variant_slots[] = {
    {Py_tp_doc, "The answer of evaluate_variant. Immutable."},
    {Py_tp_new, variant_new},
    {Py_tp_dealloc, record_dealloc},
    {Py_tp_members, variant_members},
    {Py_tp_getset, variant_properties},
    {0, NULL},
};

static PyType_Spec variant_spec = {"burgee.flipt.models.VariantEvaluationResponse", sizeof(RecordObject), 0,
                                   Py_TPFLAGS_DEFAULT, variant_slots};

static PyMemberDef boolean_members[] = {
    SHARED_MEMBERS,
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef boolean_properties[] = {
    SHARED_PROPERTIES,
    {"enabled", get_decided, NULL, "The value of the flag.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot boolean_slots[] = {
    {Py_tp_doc, "The answer of evaluate_boolean. Immutable."},
    {Py_tp_new, boolean_new},
    {Py_tp_dealloc, record_dealloc},
    {Py_tp_members, boolean_members},
    {Py_tp_getset, boolean_properties},
    {0, NULL},
};

static PyType_Spec boolean_spec = {"burgee.flipt.models.BooleanEvaluationResponse", sizeof(RecordObject), 0,
                                   Py_TPFLAGS_DEFAULT, boolean_slots};

int records_add_types(PyObject *module) {
  records_no_time = PyFloat_FromDouble(0.0);
  if (records_no_time == NULL ||
      native_add_type(module, "VariantEvaluationResponse", &variant_spec, NULL, &records_variant_type) != 0) {
    return -1;
  }
  return native_add_type(module, "BooleanEvaluationResponse", &boolean_spec, NULL, &records_boolean_type);
}
