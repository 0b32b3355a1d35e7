#include "flag.h"

#include <stddef.h>
#include <structmember.h>

#include "arguments.h"
#include "reading.h"
#include "visitor.h"

typedef struct FlagObject {
  PyObject_HEAD VisitorObject *visitor;
  PyObject *key;
  PyObject *fallback;
} FlagObject;

// Tells the visitor's own class of something that people should hear of. Returns 0, or -1 with an exception that nobody
// may catch here.
static int tell(FlagObject *self, const burgee_visitor_flag *flag, bool matches) {
  PyObject *told = PyObject_CallMethod((PyObject *)self->visitor, "_told", "OIIIIO", (PyObject *)self, flag->code,
                                       flag->status, flag->fetch_status, flag->exposure, matches ? Py_True : Py_False);
  if (told == NULL) {
    if (!PyErr_ExceptionMatches(PyExc_Exception)) {
      return -1;
    }
    PyErr_WriteUnraisable((PyObject *)self->visitor);
  }
  Py_XDECREF(told);
  return 0;
}

// Reads. A visitor of the parent process can be made again by whoever is told of it.
static int take(FlagObject *self, bool expose, reading *reading) {
  if (reading_take(reading, self->visitor, self->key, self->fallback, expose) != 0) {
    return -1;
  }
  if (UNLIKELY(reading->flag.code == BURGEE_FORKED)) {
    if (tell(self, &reading->flag, false) != 0) {
      return -1;
    }
    return reading_take(reading, self->visitor, self->key, self->fallback, expose);
  }
  return 0;
}

// Sets *value to what the caller gets. Returns whether the default accepts the flag's value; -1 with an exception.
static int choose(FlagObject *self, reading *reading, PyObject **value) {
  bool lenient = self->visitor->lenient;
  PyObject *served = reading_value(reading);
  bool absent = lenient && served == Py_None;  // to the lenient, null is no value
  int matches = served == NULL ? -1 : reading->flag.code == BURGEE_OK;
  if (matches == 1 && !absent) {
    matches = reading_serves(served, self->fallback, lenient);
  }
  if (matches == 1 && !absent) {
    *value = served;
    return matches;
  }
  Py_XDECREF(served);
  Py_INCREF(self->fallback);
  *value = self->fallback;
  return matches;
}

static bool was_reported(uint32_t exposure) {
  return exposure == BURGEE_EXPOSURE_QUEUED || exposure == BURGEE_EXPOSURE_DUPLICATE;
}

enum { VISITOR_EXPOSED, USER_EXPOSED, ARGUMENTS };

static const char *const names[ARGUMENTS] = {"visitor_exposed", "user_exposed"};
static PyObject *interned[ARGUMENTS];
static const parameters value_parameters = {"value", names, interned, 0, ARGUMENTS, ARGUMENTS};

static PyObject *flag_value(PyObject *object, PyObject *const *args, Py_ssize_t given, PyObject *keywords) {
  FlagObject *self = (FlagObject *)object;
  PyObject *arguments[ARGUMENTS] = {Py_True, Py_None};
  if (parameters_bind(&value_parameters, args, given, keywords, arguments) != 0) {
    return NULL;
  }
  int expose = PyObject_IsTrue(arguments[arguments[USER_EXPOSED] == Py_None ? VISITOR_EXPOSED : USER_EXPOSED]);
  reading reading;
  if (expose < 0 || take(self, expose != 0, &reading) != 0) {
    return NULL;
  }
  PyObject *value;
  int matches = choose(self, &reading, &value);
  reading_release(&reading);
  const burgee_visitor_flag *flag = &reading.flag;
  bool silent = flag->code == BURGEE_FORKED || (matches == 1 && (!expose || was_reported(flag->exposure)));
  if (UNLIKELY(matches < 0 || (!silent && tell(self, flag, matches != 0) != 0))) {
    Py_DECREF(value);
    return NULL;
  }
  return value;
}

static PyObject *flag_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  static char *keywords[] = {"visitor", "key", "default", NULL};
  PyObject *visitor;
  PyObject *key;
  PyObject *fallback;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!OO:FlagshipFlag", keywords, visitor_type, &visitor, &key,
                                   &fallback)) {
    return NULL;
  }
  allocfunc alloc = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
  FlagObject *self = (FlagObject *)alloc(type, 0);
  if (self != NULL) {
    Py_INCREF(visitor);
    Py_INCREF(key);
    Py_INCREF(fallback);
    self->visitor = (VisitorObject *)visitor;
    self->key = key;
    self->fallback = fallback;
  }
  return (PyObject *)self;
}

static int flag_traverse(PyObject *object, visitproc visit, void *arg) {
  FlagObject *self = (FlagObject *)object;
  Py_VISIT(Py_TYPE(object));
  Py_VISIT((PyObject *)self->visitor);
  Py_VISIT(self->key);
  Py_VISIT(self->fallback);
  return 0;
}

static int flag_clear(PyObject *object) {
  FlagObject *self = (FlagObject *)object;
  Py_CLEAR(self->visitor);
  Py_CLEAR(self->key);
  Py_CLEAR(self->fallback);
  return 0;
}

static void flag_dealloc(PyObject *object) {
  PyObject_GC_UnTrack(object);
  flag_clear(object);
  native_free(object);
}

static PyMethodDef flag_methods[] = {
    {"value", (PyCFunction)(void (*)(void))flag_value, METH_FASTCALL | METH_KEYWORDS,
     "value($self, visitor_exposed=True, user_exposed=None)\n--\n\n"
     "The flag's value if it has the type of the default, otherwise the default. Reports that the visitor saw the "
     "flag\n"
     "unless visitor_exposed is false; user_exposed is another name for that. Never raises."},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef flag_members[] = {
    {"visitor", T_OBJECT_EX, offsetof(FlagObject, visitor), READONLY, NULL},
    {"key", T_OBJECT_EX, offsetof(FlagObject, key), READONLY, NULL},
    {"default_value", T_OBJECT_EX, offsetof(FlagObject, fallback), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot flag_slots[] = {
    {Py_tp_doc, "One flag of a visitor, with the default of the code that asked for it."},
    {Py_tp_new, flag_new},
    {Py_tp_dealloc, flag_dealloc},
    {Py_tp_traverse, flag_traverse},
    {Py_tp_clear, flag_clear},
    {Py_tp_methods, flag_methods},
    {Py_tp_members, flag_members},
    {0, NULL},
};

static PyType_Spec flag_spec = {"burgee._native.FlagshipFlag", sizeof(FlagObject), 0,
                                Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, flag_slots};

int flag_add_type(PyObject *module) {
  static PyTypeObject *type;
  return parameters_intern(&value_parameters) != 0 ? -1
                                                   : native_add_type(module, "FlagshipFlag", &flag_spec, NULL, &type);
}
