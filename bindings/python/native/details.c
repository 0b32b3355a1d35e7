#include "details.h"

#include <stddef.h>
#include <structmember.h>

PyTypeObject *details_type;

static const char *const reason_names[] = {"UNKNOWN",  "TARGETING_MATCH", "SPLIT", "DEFAULT",
                                           "DISABLED", "ERROR",           "STATIC"};
static const char *const code_names[] = {"",
                                         "PROVIDER_NOT_READY",
                                         "PROVIDER_FATAL",
                                         "FLAG_NOT_FOUND",
                                         "PARSE_ERROR",
                                         "TYPE_MISMATCH",
                                         "TARGETING_KEY_MISSING",
                                         "INVALID_CONTEXT",
                                         "GENERAL",
                                         "INVALID_CONFIG",
                                         "INVALID_REQUEST",
                                         "INVALID_HANDLE",
                                         "UNKNOWN_METHOD",
                                         "FORKED",
                                         "TIMEOUT",
                                         "INTERNAL"};
static const char *const type_names[] = {"unknown", "boolean", "string", "number", "object", "variant"};
#define LENGTH(array) (sizeof(array) / sizeof *(array))

static PyObject *reasons[LENGTH(reason_names)];
static PyObject *codes[LENGTH(code_names)];

PyObject *details_reason(uint32_t reason) {
  PyObject *name = reasons[reason < LENGTH(reason_names) ? reason : 0];
  Py_INCREF(name);
  return name;
}

PyObject *details_code(uint32_t code) {
  PyObject *name = code == BURGEE_OK ? Py_None : codes[code < LENGTH(code_names) ? code : BURGEE_INTERNAL];
  Py_INCREF(name);
  return name;
}

DetailsObject *details_allocate(void) {
  static allocfunc alloc;
  if (alloc == NULL) {
    alloc = (allocfunc)PyType_GetSlot(details_type, Py_tp_alloc);
  }
  return (DetailsObject *)alloc(details_type, 0);
}

static PyObject *new_reference(PyObject *object) {
  Py_XINCREF(object);
  return object;
}

static PyObject *details_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  static char *names[] = {"flag_key",   "value",         "variant",       "reason",
                          "error_code", "error_message", "flag_metadata", NULL};
  PyObject *key;
  PyObject *value;
  PyObject *variant = Py_None;
  PyObject *reason = NULL;
  PyObject *code = Py_None;
  PyObject *message = Py_None;
  PyObject *metadata = Py_None;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "UO|OOOOO:ResolutionDetails", names, &key, &value, &variant, &reason,
                                   &code, &message, &metadata)) {
    return NULL;
  }
  PyObject *copy = PyDict_New();
  if (copy == NULL || (metadata != Py_None && PyDict_Update(copy, metadata) != 0)) {
    Py_XDECREF(copy);
    return NULL;
  }
  PyObject *view = PyDictProxy_New(copy);
  Py_DECREF(copy);
  allocfunc alloc = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
  DetailsObject *self = view == NULL ? NULL : (DetailsObject *)alloc(type, 0);
  if (self == NULL) {
    Py_XDECREF(view);
    return NULL;
  }
  self->flag_key = new_reference(key);
  self->value = new_reference(value);
  self->variant = new_reference(variant);
  self->reason = reason == NULL ? details_reason(BURGEE_REASON_UNKNOWN) : new_reference(reason);
  self->error_code = new_reference(code);
  self->error_message = new_reference(message);
  self->flag_metadata = view;
  return (PyObject *)self;
}

static int details_traverse(PyObject *object, visitproc visit, void *arg) {
  DetailsObject *self = (DetailsObject *)object;
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(self->value);
  Py_VISIT(self->flag_metadata);
  return 0;
}

static int details_clear(PyObject *object) {
  DetailsObject *self = (DetailsObject *)object;
  Py_CLEAR(self->value);
  Py_CLEAR(self->flag_metadata);
  return 0;
}

static void details_dealloc(PyObject *object) {
  DetailsObject *self = (DetailsObject *)object;
  PyObject_GC_UnTrack(object);
  Py_XDECREF(self->flag_key);
  Py_XDECREF(self->value);
  Py_XDECREF(self->variant);
  Py_XDECREF(self->reason);
  Py_XDECREF(self->error_code);
  Py_XDECREF(self->error_message);
  Py_XDECREF(self->flag_metadata);
  Py_XDECREF(self->segments);
  Py_XDECREF(self->attachment);
  Py_XDECREF(self->vendor_reason);
  Py_XDECREF(self->flag_name);
  Py_XDECREF(self->rule_name);
  native_free(object);
}

// Sets a member of the metadata to the value, a new reference or NULL with an exception.
static int describe_member(PyObject *metadata, const char *name, PyObject *value) {
  int failed = value == NULL || PyDict_SetItemString(metadata, name, value) != 0;
  Py_XDECREF(value);
  return failed ? -1 : 0;
}

// The same for a text that may be absent.
static int describe_text(PyObject *metadata, const char *name, PyObject *text) {
  return text == NULL ? 0 : describe_member(metadata, name, new_reference(text));
}

// The members and their names are those of the metadata in the reply to the method resolve of burgee_call.
static int describe(DetailsObject *self, PyObject *metadata) {
  if (self->segments == NULL) {
    return 0;
  }
  const char *type = self->flag_type < LENGTH(type_names) ? type_names[self->flag_type] : type_names[0];
  if (describe_member(metadata, "flagType", PyUnicode_FromString(type)) != 0 ||
      describe_member(metadata, "segments", PySequence_List(self->segments)) != 0) {
    return -1;
  }
  if (self->attachment != Py_None && describe_member(metadata, "attachment", new_reference(self->attachment)) != 0) {
    return -1;
  }
  if (describe_text(metadata, "vendorReason", self->vendor_reason) != 0 ||
      describe_text(metadata, "flagName", self->flag_name) != 0 ||
      describe_text(metadata, "ruleName", self->rule_name) != 0 ||
      (self->in_experiment && describe_member(metadata, "inExperiment", new_reference(Py_True)) != 0)) {
    return -1;
  }
  return describe_member(metadata, "version", PyLong_FromUnsignedLongLong(self->version));
}

static PyObject *details_get_metadata(PyObject *object, void *unused) {
  (void)unused;
  DetailsObject *self = (DetailsObject *)object;
  if (self->flag_metadata == NULL) {
    PyObject *metadata = PyDict_New();
    if (metadata == NULL || describe(self, metadata) != 0) {
      Py_XDECREF(metadata);
      return NULL;
    }
    self->flag_metadata = PyDictProxy_New(metadata);
    Py_DECREF(metadata);
  }
  return new_reference(self->flag_metadata);
}

// As a tuple in the order of the constructor's arguments; a new reference.
static PyObject *members(PyObject *object) {
  DetailsObject *self = (DetailsObject *)object;
  PyObject *view = details_get_metadata(object, NULL);
  PyObject *metadata = view == NULL ? NULL : PyDict_New();
  PyObject *tuple = NULL;
  if (metadata != NULL && PyDict_Update(metadata, view) == 0) {
    tuple = PyTuple_Pack(7, self->flag_key, self->value, self->variant, self->reason, self->error_code,
                         self->error_message, metadata);
  }
  Py_XDECREF(view);
  Py_XDECREF(metadata);
  return tuple;
}

static PyObject *details_repr(PyObject *object) {
  DetailsObject *self = (DetailsObject *)object;
  if (self->error_code != Py_None) {
    return PyUnicode_FromFormat("ResolutionDetails(flag_key=%R, value=%R, reason=%R, error_code=%R, error_message=%R)",
                                self->flag_key, self->value, self->reason, self->error_code, self->error_message);
  }
  return PyUnicode_FromFormat("ResolutionDetails(flag_key=%R, value=%R, variant=%R, reason=%R)", self->flag_key,
                              self->value, self->variant, self->reason);
}

static PyObject *details_compare(PyObject *left, PyObject *right, int operation) {
  if (Py_TYPE(left) != Py_TYPE(right) || (operation != Py_EQ && operation != Py_NE)) {
    return new_reference(Py_NotImplemented);
  }
  PyObject *a = members(left);
  PyObject *b = members(right);
  PyObject *same = a == NULL || b == NULL ? NULL : PyObject_RichCompare(a, b, operation);
  Py_XDECREF(a);
  Py_XDECREF(b);
  return same;
}

static PyObject *details_reduce(PyObject *object, PyObject *unused) {
  (void)unused;
  PyObject *args = members(object);
  return args == NULL ? NULL : Py_BuildValue("ON", Py_TYPE(object), args);
}

static int details_bool(PyObject *object) {
  (void)object;
  PyErr_SetString(PyExc_TypeError, "the truth of ResolutionDetails is ambiguous; use .value");
  return -1;
}

static PyMethodDef details_methods[] = {
    {"__reduce__", details_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

#define MEMBER(name, doc) {#name, T_OBJECT_EX, offsetof(DetailsObject, name), READONLY, doc}

static PyMemberDef details_members[] = {
    MEMBER(flag_key, "The key that was asked for."),
    MEMBER(value, "The flag's value, or the caller's default."),
    MEMBER(variant, "The key of the variant; None when there is none."),
    MEMBER(reason, "TARGETING_MATCH, SPLIT, DEFAULT, DISABLED, STATIC, ERROR or UNKNOWN."),
    MEMBER(error_code, "Why value is the caller's default, such as FLAG_NOT_FOUND; None when nothing failed."),
    MEMBER(error_message, "The same for people; None when nothing failed."),
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef details_properties[] = {
    {"flag_metadata", details_get_metadata, NULL, "What else the backend says, such as segments; read-only.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot details_slots[] = {
    {Py_tp_doc,
     "ResolutionDetails(flag_key, value, variant=None, reason='UNKNOWN', error_code=None, error_message=None,\n"
     "flag_metadata=None)\n\nOne decision. Immutable. It has no truth value, so that nobody takes it for the flag's."},
    {Py_tp_new, details_new},
    {Py_tp_dealloc, details_dealloc},
    {Py_tp_traverse, details_traverse},
    {Py_tp_clear, details_clear},
    {Py_tp_repr, details_repr},
    {Py_tp_richcompare, details_compare},
    {Py_tp_hash, PyObject_HashNotImplemented},
    {Py_nb_bool, details_bool},
    {Py_tp_methods, details_methods},
    {Py_tp_members, details_members},
    {Py_tp_getset, details_properties},
    {0, NULL},
};

static PyType_Spec details_spec = {"burgee.ResolutionDetails", sizeof(DetailsObject), 0,
                                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, details_slots};

static int intern(const char *const *names, PyObject **strings, size_t count) {
  for (size_t i = 0; i < count; i++) {
    strings[i] = PyUnicode_InternFromString(names[i]);
    if (strings[i] == NULL) {
      return -1;
    }
  }
  return 0;
}

int details_add_type(PyObject *module) {
  if (intern(reason_names, reasons, LENGTH(reason_names)) != 0 || intern(code_names, codes, LENGTH(code_names)) != 0) {
    return -1;
  }
  return native_add_type(module, "ResolutionDetails", &details_spec, NULL, &details_type);
}
