// The evaluation methods of burgee.Client.
#include "client.h"

#include "arguments.h"
#include "details.h"
#include "session.h"

PyTypeObject *client_type;

enum { KEY, DEFAULT, CONTEXT, TARGETING_KEY, ARGUMENTS };

static const char *const names[ARGUMENTS] = {"key", "default", "context", "targeting_key"};
static PyObject *interned[ARGUMENTS];

// The wanted type is that of the default.
#define WANT_LIKE_DEFAULT UINT32_MAX

// One evaluation on its way.
typedef struct evaluation {
  SessionObject *session;
  PyObject *arguments[ARGUMENTS];
  uint32_t want;
  answer answer;
  PyObject *invalid;  // the InvalidContextError when the context could not be passed on
} evaluation;

// An error in the data of a context is an answer like others, not an exception.
static int catch_invalid(evaluation *self) {
  PyObject *type;
  PyObject *error;
  PyObject *trace;
  PyErr_Fetch(&type, &error, &trace);
  PyObject *invalid = native_import("errors", "InvalidContextError");
  if (invalid == NULL || !PyErr_GivenExceptionMatches(type, invalid)) {
    Py_XDECREF(invalid);
    PyErr_Restore(type, error, trace);
    return -1;
  }
  PyErr_NormalizeException(&type, &error, &trace);
  self->invalid = error;
  self->answer.owned = NULL;
  Py_DECREF(invalid);
  Py_XDECREF(type);
  Py_XDECREF(trace);
  return 0;
}

static int evaluate(evaluation *self) {
  attributes context;
  attributes_start(&context);
  self->invalid = NULL;
  int failed = attributes_pack(&context, self->arguments[CONTEXT], PACK_ALL);
  if (failed == 0 && UNLIKELY(self->arguments[TARGETING_KEY] != Py_None)) {
    failed = attributes_set_targeting_key(&context, self->arguments[TARGETING_KEY]);
  }
  burgee_text key;
  if (failed == 0 && attributes_text(self->arguments[KEY], &key) != 0) {
    failed = attributes_bad_text("the flag key", NULL);
  }
  if (failed == 0) {
    failed = session_resolve(self->session, key, &context, self->want, 0, &self->answer);
  }
  attributes_finish(&context);
  return UNLIKELY(failed != 0) ? catch_invalid(self) : 0;
}

static uint32_t want_like(PyObject *fallback) {
  if (PyBool_Check(fallback)) {
    return BURGEE_WANT_BOOLEAN;
  }
  if (PyUnicode_Check(fallback)) {
    return BURGEE_WANT_STRING;
  }
  if (PyLong_Check(fallback) || PyFloat_Check(fallback)) {
    return BURGEE_WANT_NUMBER;
  }
  if (PyDict_Check(fallback) || PyList_Check(fallback)) {
    return BURGEE_WANT_OBJECT;
  }
  return BURGEE_WANT_ANY;
}

static int start(evaluation *self, const parameters *parameters, PyObject *object, PyObject *const *args,
                 Py_ssize_t given, PyObject *keywords, uint32_t want) {
  self->session = (SessionObject *)object;
  self->arguments[CONTEXT] = Py_None;
  self->arguments[TARGETING_KEY] = Py_None;
  if (parameters_bind(parameters, args, given, keywords, self->arguments) != 0) {
    return -1;
  }
  if (UNLIKELY(Py_TYPE(self->arguments[KEY]) != &PyUnicode_Type && !PyUnicode_Check(self->arguments[KEY]))) {
    PyErr_Format(PyExc_TypeError, "the flag key must be a str, not %R", self->arguments[KEY]);
    return -1;
  }
  self->want = want == WANT_LIKE_DEFAULT ? want_like(self->arguments[DEFAULT]) : want;
  return evaluate(self);
}

static PyObject *load_json(PyObject *text) {
  Py_INCREF(text);  // the import may let another thread run, which may empty the cache
  PyObject *loads = native_import("_values", "loads");
  PyObject *value = loads == NULL ? NULL : PyObject_CallFunctionObjArgs(loads, text, NULL);
  Py_XDECREF(loads);
  Py_DECREF(text);
  return value;
}

static PyObject *new_reference(PyObject *object) {
  Py_INCREF(object);
  return object;
}

// The value of an answer whose objects are known; a new reference.
static PyObject *value_of(const evaluation *self, const cache_entry *objects) {
  const burgee_result *result = &self->answer.result;
  if (result->code != BURGEE_OK || result->value_kind == BURGEE_NULL) {
    return new_reference(self->arguments[DEFAULT]);
  }
  if (result->value_kind == BURGEE_BOOLEAN) {
    return new_reference(result->boolean ? Py_True : Py_False);
  }
  return result->value_kind == BURGEE_JSON ? load_json(objects->value) : new_reference(objects->value);
}

static PyObject *value(evaluation *self) {
  const burgee_result *result = &self->answer.result;
  if (UNLIKELY(self->invalid != NULL)) {
    Py_DECREF(self->invalid);
    return new_reference(self->arguments[DEFAULT]);
  }
  PyObject *value = NULL;
  if (result->code != BURGEE_OK || result->value_kind <= BURGEE_BOOLEAN) {
    value = value_of(self, NULL);
  } else {
    cache_entry own;
    const cache_entry *objects = session_objects(self->session, &self->answer, &own);
    if (objects != NULL) {
      value = value_of(self, objects);
      cache_entry_clear(&own);
    }
  }
  answer_release(&self->answer);
  return value;
}

static PyObject *details_of_invalid(evaluation *self) {
  DetailsObject *details = details_allocate();
  if (details != NULL) {
    details->flag_key = new_reference(self->arguments[KEY]);
    details->value = new_reference(self->arguments[DEFAULT]);
    details->variant = new_reference(Py_None);
    details->reason = details_reason(BURGEE_REASON_ERROR);
    details->error_code = details_code(BURGEE_INVALID_CONTEXT);
    details->error_message = PyObject_Str(self->invalid);
  }
  Py_DECREF(self->invalid);
  return (PyObject *)details;
}

static int fill(DetailsObject *details, evaluation *self, const cache_entry *objects) {
  const burgee_result *result = &self->answer.result;
  bool failed = result->code != BURGEE_OK;
  details->flag_key = new_reference(self->arguments[KEY]);
  details->variant = new_reference(result->variant_length == 0 ? Py_None : objects->variant);
  details->reason = details_reason(result->reason);
  details->error_code = details_code(result->code);
  details->error_message = failed ? answer_message(&self->answer) : new_reference(Py_None);
  details->segments = new_reference(objects->segments);
  details->attachment = new_reference(objects->attachment);
  Py_XINCREF(objects->reason);
  details->vendor_reason = objects->reason;
  Py_XINCREF(objects->flag_name);
  details->flag_name = objects->flag_name;
  Py_XINCREF(objects->rule_name);
  details->rule_name = objects->rule_name;
  details->in_experiment = result->in_experiment != 0;
  details->flag_type = result->flag_type;
  details->version = result->version;
  // Last, because it may run Python code: the objects of the cache are not looked at after it.
  details->value = value_of(self, objects);
  return details->value == NULL || details->error_message == NULL ? -1 : 0;
}

static PyObject *details(evaluation *self) {
  if (UNLIKELY(self->invalid != NULL)) {
    return details_of_invalid(self);
  }
  cache_entry own;
  const cache_entry *objects = session_objects(self->session, &self->answer, &own);
  DetailsObject *details = objects == NULL ? NULL : details_allocate();
  if (details != NULL && fill(details, self, objects) != 0) {
    Py_CLEAR(details);
  }
  if (objects == &own) {
    cache_entry_clear(&own);
  }
  answer_release(&self->answer);
  return (PyObject *)details;
}

#define VALUE_METHOD(name, want)                                                                                       \
  static const parameters name##_parameters = {#name, names, interned, 2, 3, ARGUMENTS};                               \
  static PyObject *client_##name(PyObject *self, PyObject *const *args, Py_ssize_t given, PyObject *keywords) {        \
    evaluation evaluation;                                                                                             \
    return start(&evaluation, &name##_parameters, self, args, given, keywords, want) != 0 ? NULL : value(&evaluation); \
  }

VALUE_METHOD(boolean, BURGEE_WANT_BOOLEAN)
VALUE_METHOD(string, BURGEE_WANT_STRING)
VALUE_METHOD(number, BURGEE_WANT_NUMBER)
VALUE_METHOD(object, BURGEE_WANT_OBJECT)

static PyObject *client_details(PyObject *self, PyObject *const *args, Py_ssize_t given, PyObject *keywords) {
  static const parameters details_parameters = {"details", names, interned, 2, 3, ARGUMENTS};
  evaluation evaluation;
  return start(&evaluation, &details_parameters, self, args, given, keywords, WANT_LIKE_DEFAULT) != 0
             ? NULL
             : details(&evaluation);
}

// PyMethodDef holds methods of every kind as PyCFunction; the flags tell how to call them.
#define METHOD(name, doc) {#name, (PyCFunction)(void (*)(void))client_##name, METH_FASTCALL | METH_KEYWORDS, doc}
#define SIGNATURE(name) #name "($self, key, default, context=None, *, targeting_key=None)\n--\n\n"

static PyMethodDef client_methods[] = {
    METHOD(boolean, SIGNATURE(boolean) "The flag's boolean, or default when it has none. Never raises for a flag."),
    METHOD(string, SIGNATURE(string) "The flag's string, or default when it has none. Never raises for a flag."),
    METHOD(number, SIGNATURE(number) "The flag's int or float, or default when it has none. Never raises for a flag."),
    METHOD(object, SIGNATURE(object) "The flag's dict or list, or default when it has none. Never raises for a flag."),
    METHOD(details, SIGNATURE(details) "The decision about a value of the type of default; any type for None."),
    {NULL, NULL, 0, NULL},
};

static PyType_Slot client_slots[] = {
    {Py_tp_doc, "The evaluation methods of burgee.Client."},
    {Py_tp_methods, client_methods},
    {0, NULL},
};

static PyType_Spec client_spec = {"burgee._native.Client", sizeof(SessionObject), 0,
                                  Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, client_slots};

int client_add_type(PyObject *module) {
  if (parameters_intern(&boolean_parameters) != 0) {
    return -1;
  }
  return native_add_type(module, "Client", &client_spec, session_type, &client_type);
}
