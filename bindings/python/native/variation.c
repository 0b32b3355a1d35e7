// The evaluation methods of the clients of FeatBit and featureflag.co.
#include "variation.h"

#include "arguments.h"
#include "decision.h"
#include "plain.h"
#include "session.h"
#include "user.h"

// What the two clients differ in.
typedef struct dialect {
  user_rules users;
  bool typed;           // a value's text becomes what the flag's type says; otherwise values are as in the data
  bool checks_default;  // a default must be a value that JSON has, and one that can be changed is returned as a copy
  bool numbered;        // the id of a variation is a number
} dialect;

static const dialect featbit = {{true, false, true}, true, true, false};
static const dialect featureflagco = {{false, true, false}, false, false, true};

typedef struct VariationObject {
  SessionObject session;
  const dialect *dialect;
  bool ready;                 // the vendor's client would say that it is initialized
  PyObject *defaults;         // a dict by flag key, or NULL: they count before the defaults of calls
  PyObject *levels;           // which levels the logger takes, as far as it knows; NULL: nothing is logged
  PyTypeObject *detail_type;  // a kind of Decision, which variation_detail returns
} VariationObject;

enum { KEY, USER, DEFAULT, ARGUMENTS };

static const char *const names[ARGUMENTS] = {"key", "user", "default"};
static PyObject *interned[ARGUMENTS];

// Reasons of evaluations that failed, in the vendors' words.
enum { NOT_READY, NOT_FOUND, NO_USER, BROKEN, FAILURES };

static const char *const failure_texts[FAILURES] = {"client not ready", "flag not found", "user not specified",
                                                    "error in evaluation"};
static PyObject *failures[FAILURES];
static PyObject *unknown_key;
static PyObject *unknown_name;
static PyObject *debug_level;
static PyObject *no_id;

// One evaluation on its way.
typedef struct evaluation {
  VariationObject *client;
  PyObject *arguments[ARGUMENTS];
  PyObject *fallback;  // the default that counts; a reference of its own
  PyObject *failure;   // one of failures; NULL when the flag was served
  answer answer;
} evaluation;

static PyObject *new_reference(PyObject *object) {
  Py_INCREF(object);
  return object;
}

static PyObject *call_module(const char *module, const char *name, PyObject *argument) {
  Py_INCREF(argument);  // an import may let other threads run
  PyObject *function = native_import(module, name);
  PyObject *result = function == NULL ? NULL : PyObject_CallFunctionObjArgs(function, argument, NULL);
  Py_XDECREF(function);
  Py_DECREF(argument);
  return result;
}

// Replaces an exception by the failure BROKEN, and lets the client log it. Returns 0, or -1 when nobody may catch it.
static int catch_broken(evaluation *self) {
  if (!PyErr_ExceptionMatches(PyExc_Exception)) {
    return -1;
  }
  PyObject *type;
  PyObject *error;
  PyObject *trace;
  PyErr_Fetch(&type, &error, &trace);
  PyErr_NormalizeException(&type, &error, &trace);
  PyObject *logged = PyObject_CallMethod((PyObject *)self->client, "_log_failure", "O", error);
  if (logged == NULL) {
    PyErr_WriteUnraisable((PyObject *)self->client);
  }
  Py_XDECREF(logged);
  Py_XDECREF(type);
  Py_XDECREF(error);
  Py_XDECREF(trace);
  self->failure = failures[BROKEN];
  return 0;
}

// The failure that the engine's answer is; NULL for none. A client that its vendor would call ready knows no flag as long
// as the engine has none.
static PyObject *failure_of(uint32_t code) {
  switch (code) {
    case BURGEE_OK:
      return NULL;
    case BURGEE_FLAG_NOT_FOUND:
    case BURGEE_PROVIDER_NOT_READY:
    case BURGEE_PROVIDER_FATAL:
      return failures[NOT_FOUND];
    case BURGEE_TARGETING_KEY_MISSING:
    case BURGEE_INVALID_CONTEXT:
      return failures[NO_USER];
    case BURGEE_INVALID_HANDLE:
      return failures[NOT_READY];
    default:
      return failures[BROKEN];
  }
}

// Asks whether there is a flag at all, for a user that cannot be evaluated.
static int resolve_nobody(evaluation *self, burgee_text key, PyObject *failure) {
  attributes nobody;
  attributes_start(&nobody);
  if (session_resolve(&self->client->session, key, &nobody, BURGEE_WANT_VENDOR, BURGEE_NO_EXPOSURE, &self->answer) !=
      0) {
    return -1;
  }
  self->failure = failure_of(self->answer.result.code);
  if (self->failure != failures[NOT_FOUND] && self->failure != failures[NOT_READY]) {
    self->failure = failure;
  }
  answer_release(&self->answer);
  return 0;
}

static int resolve(evaluation *self, uint32_t flags) {
  burgee_text key;
  if (attributes_text(self->arguments[KEY], &key) != 0) {
    return -1;
  }
  user user;
  user_state state = user_pack(&user, self->arguments[USER], &self->client->dialect->users);
  int failed = state == USER_FAILED ? -1 : 0;
  if (state == USER_VALID) {
    failed = session_resolve(&self->client->session, key, &user.attributes, BURGEE_WANT_VENDOR, flags, &self->answer);
    if (failed == 0) {
      self->failure = failure_of(self->answer.result.code);
      if (UNLIKELY(self->failure != NULL)) {
        answer_release(&self->answer);
      }
    }
  }
  attributes_finish(&user.attributes);
  if (state == USER_REFUSED || state == USER_BROKEN) {
    failed = resolve_nobody(self, key, failures[state == USER_REFUSED ? NO_USER : BROKEN]);
  }
  return failed;
}

static int check_default(evaluation *self) {
  PyObject *fallback = self->fallback;
  PyTypeObject *type = Py_TYPE(fallback);
  if (fallback == Py_None || type == &PyBool_Type || type == &PyUnicode_Type || type == &PyLong_Type ||
      type == &PyFloat_Type || plain_is_json(fallback)) {
    return 0;
  }
  PyObject *checked = call_module("featbit._defaults", "check", fallback);
  Py_XDECREF(checked);
  return checked == NULL ? -1 : 0;
}

static int choose_default(evaluation *self) {
  VariationObject *client = self->client;
  self->fallback = self->arguments[DEFAULT];
  if (client->defaults != NULL) {
    PyObject *configured = PyDict_GetItemWithError(client->defaults, self->arguments[KEY]);
    if (configured != NULL) {
      self->fallback = configured;
    } else {
      PyErr_Clear();  // a key that cannot be hashed
    }
  }
  Py_INCREF(self->fallback);
  return client->dialect->checks_default ? check_default(self) : 0;
}

// Evaluates. Returns 0, and the caller calls finish; or -1 with an exception.
static int evaluate(evaluation *self, uint32_t flags) {
  self->failure = NULL;
  if (choose_default(self) != 0) {
    Py_DECREF(self->fallback);
    return -1;
  }
  int failed = 0;
  if (!self->client->ready) {
    self->failure = failures[NOT_READY];
  } else if (!PyUnicode_Check(self->arguments[KEY])) {
    self->failure = failures[NOT_FOUND];
  } else {
    failed = resolve(self, flags);
  }
  if (UNLIKELY(failed != 0) && catch_broken(self) != 0) {
    Py_DECREF(self->fallback);
    return -1;
  }
  return 0;
}

static void finish(evaluation *self) {
  Py_DECREF(self->fallback);
  if (self->failure == NULL) {
    answer_release(&self->answer);
  }
}

// The number that float() makes of a text, as an int when it is whole; the text itself when it makes none.
static PyObject *number_of(PyObject *text) {
  PyObject *number = PyFloat_FromString(text);
  if (number == NULL) {
    PyErr_Clear();
    return new_reference(text);
  }
  PyObject *whole = PyObject_CallMethod(number, "is_integer", NULL);
  if (whole == Py_True) {
    Py_DECREF(whole);
    double value = PyFloat_AsDouble(number);
    Py_DECREF(number);
    return PyLong_FromDouble(value);
  }
  Py_XDECREF(whole);
  if (whole == NULL) {
    Py_CLEAR(number);
  }
  return number;
}

// The value that Python's json makes of a text; the text itself when it makes none.
static PyObject *json_of(PyObject *text) {
  PyObject *value = call_module("_values", "loads", text);
  if (value == NULL && PyErr_ExceptionMatches(PyExc_Exception)) {
    PyErr_Clear();
    return new_reference(text);
  }
  return value;
}

static PyObject *convert(const dialect *dialect, const burgee_result *result, const char *data) {
  switch (result->value_kind) {
    case BURGEE_NULL:
      return new_reference(Py_None);
    case BURGEE_BOOLEAN:
      return PyBool_FromLong((long)result->boolean);
    case BURGEE_NUMBER:
      return answer_number(result->number, data, result->value_length);
    default:
      break;
  }
  PyObject *text = PyUnicode_DecodeUTF8(data, (Py_ssize_t)result->value_length, "replace");
  PyObject *value = text;
  if (text == NULL) {
    return NULL;
  }
  if (result->value_kind == BURGEE_JSON) {
    value = json_of(text);
  } else if (dialect->typed && result->flag_type == BURGEE_TYPE_NUMBER) {
    value = number_of(text);
  } else if (dialect->typed && (result->flag_type == BURGEE_TYPE_BOOLEAN || result->flag_type == BURGEE_TYPE_OBJECT)) {
    value = json_of(text);
  } else {
    return text;
  }
  Py_DECREF(text);
  return value;
}

static PyObject *decode_id(const dialect *dialect, const char *data, uint32_t length) {
  PyObject *id = PyUnicode_DecodeUTF8(data, (Py_ssize_t)length, "replace");
  if (id == NULL || !dialect->numbered) {
    return id;
  }
  PyObject *number = PyObject_CallFunctionObjArgs((PyObject *)&PyLong_Type, id, NULL);
  if (number == NULL) {
    PyErr_Clear();
    return id;
  }
  Py_DECREF(id);
  return number;
}

// Makes the objects of an answer: value, variant, reason and flag_name; the other members stay NULL.
static int build(const dialect *dialect, const burgee_result *result, cache_entry *entry) {
  answer_texts texts = answer_read(result);
  memset(entry, 0, sizeof *entry);
  entry->id = result->id;
  entry->value = convert(dialect, result, texts.value);
  entry->variant = decode_id(dialect, texts.variant, result->variant_length);
  entry->reason = PyUnicode_DecodeUTF8(texts.reason, (Py_ssize_t)result->vendor_reason_length, "replace");
  entry->flag_name = PyUnicode_DecodeUTF8(texts.flag_name, (Py_ssize_t)result->flag_name_length, "replace");
  if (entry->value != NULL && entry->variant != NULL && entry->reason != NULL && entry->flag_name != NULL) {
    return 0;
  }
  cache_entry_clear(entry);
  return -1;
}

// As session_objects.
static const cache_entry *objects_of(evaluation *self, cache_entry *own) {
  VariationObject *client = self->client;
  const burgee_result *result = &self->answer.result;
  memset(own, 0, sizeof *own);
  if (result->id != 0) {
    const cache_entry *entry = cache_find(&client->session.seen, result->id);
    if (entry != NULL) {
      return entry;
    }
  }
  cache_entry fresh;
  if (build(client->dialect, result, &fresh) != 0) {
    return NULL;
  }
  // Making a value runs Python code, and another thread may have got here first.
  const cache_entry *entry = result->id == 0 ? NULL : cache_find(&client->session.seen, result->id);
  if (entry != NULL || result->id == 0) {
    *own = fresh;
    return own;
  }
  entry = cache_add(&client->session.seen, &fresh);
  if (entry == NULL) {
    cache_entry_clear(&fresh);
  }
  return entry;
}

// The default as the caller gets it.
static PyObject *echo(evaluation *self) {
  PyObject *fallback = self->fallback;
  bool copied = self->client->dialect->checks_default && !PyUnicode_Check(fallback) && !PyLong_Check(fallback) &&
                !PyFloat_Check(fallback) && fallback != Py_None;
  return copied ? call_module("featbit._defaults", "echo", fallback) : new_reference(fallback);
}

static PyObject *value_of(evaluation *self) {
  if (UNLIKELY(self->failure != NULL)) {
    return echo(self);
  }
  cache_entry own;
  const cache_entry *objects = objects_of(self, &own);
  PyObject *value = objects == NULL ? NULL : plain_copy(objects->value);
  if (UNLIKELY(objects == &own)) {
    cache_entry_clear(&own);
  }
  return value;
}

static PyObject *key_name(PyObject *key) {
  int named = PyObject_IsTrue(key);
  return named < 0 ? NULL : new_reference(named ? key : unknown_key);
}

static PyObject *detail_of(evaluation *self) {
  DecisionObject *detail = decision_allocate(self->client->detail_type);
  if (detail == NULL) {
    return NULL;
  }
  if (UNLIKELY(self->failure != NULL)) {
    detail->id = new_reference(no_id);
    detail->reason = new_reference(self->failure);
    detail->key_name = key_name(self->arguments[KEY]);
    detail->name = new_reference(unknown_name);
    detail->variation = echo(self);
  } else {
    cache_entry own;
    const cache_entry *objects = objects_of(self, &own);
    if (objects != NULL) {
      detail->id = new_reference(objects->variant);
      detail->reason = new_reference(objects->reason);
      detail->key_name = new_reference(self->arguments[KEY]);
      detail->name = new_reference(objects->flag_name);
      detail->variation = plain_copy(objects->value);
      if (UNLIKELY(objects == &own)) {
        cache_entry_clear(&own);
      }
    }
  }
  if (UNLIKELY(detail->variation == NULL || detail->key_name == NULL)) {
    Py_DECREF(detail);
    return NULL;
  }
  return (PyObject *)detail;
}

// (success, reason, value, key, name, variation id, value as in the data, in an experiment)
static PyObject *describe(evaluation *self) {
  if (self->failure != NULL) {
    PyObject *value = echo(self);
    PyObject *key = value == NULL ? NULL : key_name(self->arguments[KEY]);
    if (key == NULL) {
      Py_XDECREF(value);
      return NULL;
    }
    return Py_BuildValue("(OONNOOOO)", Py_False, self->failure, value, key, unknown_name, Py_None, Py_None, Py_False);
  }
  static const dialect untyped = {.typed = false};
  const burgee_result *result = &self->answer.result;
  cache_entry own;
  PyObject *served = convert(&untyped, result, answer_read(result).value);
  const cache_entry *objects = served == NULL ? NULL : objects_of(self, &own);
  PyObject *value = objects == NULL ? NULL : plain_copy(objects->value);
  PyObject *tuple = NULL;
  if (value != NULL) {
    tuple = Py_BuildValue("(OONOOOOO)", Py_True, objects->reason, value, self->arguments[KEY], objects->flag_name,
                          objects->variant, served, result->in_experiment ? Py_True : Py_False);
  }
  if (objects == &own) {
    cache_entry_clear(&own);
  }
  Py_XDECREF(served);
  return tuple;
}

// Whether the logger takes messages of the level debug; true also when it has not been asked since its level changed.
static bool logs(const VariationObject *self) {
  if (self->levels == NULL) {
    return false;
  }
  PyObject *takes = PyDict_GetItemWithError(self->levels, debug_level);
  if (takes == NULL) {
    PyErr_Clear();
  }
  return takes != Py_False;
}

static void log_evaluation(evaluation *self, PyObject *value) {
  PyObject *logged = PyObject_CallMethod((PyObject *)self->client, "_log_evaluation", "OOO", self->arguments[KEY],
                                         self->arguments[USER], value);
  if (logged == NULL) {
    PyErr_WriteUnraisable((PyObject *)self->client);
  }
  Py_XDECREF(logged);
}

// Most of an evaluation is memory for an answer, which is left as it is.
static void start(evaluation *self, PyObject *client, PyObject *key, PyObject *user) {
  self->client = (VariationObject *)client;
  self->arguments[KEY] = key;
  self->arguments[USER] = user;
  self->arguments[DEFAULT] = Py_None;
}

static const parameters variation_parameters = {"variation", names, interned, 2, 3, ARGUMENTS};

static PyObject *client_variation(PyObject *self, PyObject *const *args, Py_ssize_t given, PyObject *keywords) {
  evaluation evaluation;
  start(&evaluation, self, NULL, NULL);
  if (parameters_bind(&variation_parameters, args, given, keywords, evaluation.arguments) != 0 ||
      evaluate(&evaluation, 0) != 0) {
    return NULL;
  }
  PyObject *value = value_of(&evaluation);
  finish(&evaluation);
  if (UNLIKELY(logs(evaluation.client)) && value != NULL) {
    log_evaluation(&evaluation, value);
  }
  return value;
}

static const parameters detail_parameters = {"variation_detail", names, interned, 2, 3, ARGUMENTS};

static PyObject *client_variation_detail(PyObject *self, PyObject *const *args, Py_ssize_t given, PyObject *keywords) {
  evaluation evaluation;
  start(&evaluation, self, NULL, NULL);
  if (parameters_bind(&detail_parameters, args, given, keywords, evaluation.arguments) != 0 ||
      evaluate(&evaluation, 0) != 0) {
    return NULL;
  }
  PyObject *detail = detail_of(&evaluation);
  finish(&evaluation);
  if (UNLIKELY(logs(evaluation.client)) && detail != NULL) {
    log_evaluation(&evaluation, ((DecisionObject *)detail)->variation);
  }
  return detail;
}

// _evaluate(key, user, default, exposure): everything about one evaluation, as describe has it.
static PyObject *client_evaluate(PyObject *self, PyObject *args) {
  evaluation evaluation;
  start(&evaluation, self, NULL, NULL);
  PyObject **arguments = evaluation.arguments;
  int exposure;
  if (!PyArg_ParseTuple(args, "OOOp:_evaluate", &arguments[KEY], &arguments[USER], &arguments[DEFAULT], &exposure) ||
      evaluate(&evaluation, exposure ? 0 : BURGEE_NO_EXPOSURE) != 0) {
    return NULL;
  }
  PyObject *tuple = describe(&evaluation);
  finish(&evaluation);
  if (UNLIKELY(logs(evaluation.client)) && tuple != NULL) {
    log_evaluation(&evaluation, PyTuple_GetItem(tuple, 2));
  }
  return tuple;
}

// _knows(key): whether there is such a flag.
static PyObject *client_knows(PyObject *self, PyObject *key) {
  evaluation evaluation;
  burgee_text text;
  start(&evaluation, self, key, Py_None);
  if (!evaluation.client->ready || !PyUnicode_Check(key) || attributes_text(key, &text) != 0) {
    PyErr_Clear();
    Py_RETURN_FALSE;
  }
  if (resolve_nobody(&evaluation, text, failures[NO_USER]) != 0 && catch_broken(&evaluation) != 0) {
    return NULL;
  }
  return PyBool_FromLong(evaluation.failure == failures[NO_USER]);
}

// _configure(vendor, defaults, levels, detail_type): the name of the backend, a dict or None each, and a kind of Decision.
static PyObject *client_configure(PyObject *object, PyObject *args) {
  VariationObject *self = (VariationObject *)object;
  const char *vendor;
  PyObject *given[2];
  PyObject *type;
  if (!PyArg_ParseTuple(args, "sOOO!:_configure", &vendor, &given[0], &given[1], &PyType_Type, &type)) {
    return NULL;
  }
  if (!PyType_IsSubtype((PyTypeObject *)type, decision_type)) {
    PyErr_Format(PyExc_TypeError, "%R is not a kind of Decision", type);
    return NULL;
  }
  PyTypeObject *earlier = self->detail_type;
  self->detail_type = (PyTypeObject *)new_reference(type);
  Py_XDECREF(earlier);
  self->dialect = strcmp(vendor, "featbit") == 0 ? &featbit : &featureflagco;
  PyObject **members[2] = {&self->defaults, &self->levels};
  for (int i = 0; i < 2; i++) {
    PyObject *before = *members[i];
    *members[i] = PyDict_Check(given[i]) ? new_reference(given[i]) : NULL;
    Py_XDECREF(before);
  }
  Py_RETURN_NONE;
}

static PyObject *client_get_ready(PyObject *self, void *unused) {
  (void)unused;
  return PyBool_FromLong(((VariationObject *)self)->ready);
}

static int client_set_ready(PyObject *self, PyObject *value, void *unused) {
  (void)unused;
  ((VariationObject *)self)->ready = value == Py_True;
  return 0;
}

static PyObject *client_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  (void)args;
  (void)kwargs;
  allocfunc alloc = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
  VariationObject *self = (VariationObject *)alloc(type, 0);
  if (self != NULL) {
    self->dialect = &featbit;
    self->detail_type = (PyTypeObject *)new_reference((PyObject *)decision_type);
  }
  return (PyObject *)self;
}

static void client_dealloc(PyObject *object) {
  VariationObject *self = (VariationObject *)object;
  Py_XDECREF(self->defaults);
  Py_XDECREF(self->levels);
  Py_XDECREF(self->detail_type);
  cache_clear(&self->session.seen);
  native_free(object);
}

static PyMethodDef client_methods[] = {
    {"variation", (PyCFunction)(void (*)(void))client_variation, METH_FASTCALL | METH_KEYWORDS,
     "variation($self, key, user, default=None)\n--\n\n"
     "The flag's value for the user, or default when there is none. Never raises for a flag or a user."},
    {"variation_detail", (PyCFunction)(void (*)(void))client_variation_detail, METH_FASTCALL | METH_KEYWORDS,
     "variation_detail($self, key, user, default=None)\n--\n\n"
     "The same with how it came about. Never raises for a flag or a user."},
    {"_evaluate", client_evaluate, METH_VARARGS, NULL},
    {"_knows", client_knows, METH_O, NULL},
    {"_configure", client_configure, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef client_properties[] = {
    {"_ready", client_get_ready, client_set_ready, "Whether evaluation asks the engine at all.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot client_slots[] = {
    {Py_tp_doc, "The evaluation methods of the clients of FeatBit and featureflag.co."},
    {Py_tp_new, client_new},
    {Py_tp_dealloc, client_dealloc},
    {Py_tp_methods, client_methods},
    {Py_tp_getset, client_properties},
    {0, NULL},
};

static PyType_Spec client_spec = {"burgee._native.VariationClient", sizeof(VariationObject), 0,
                                  Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, client_slots};

int variation_add_type(PyObject *module) {
  static PyTypeObject *type;
  for (int i = 0; i < FAILURES; i++) {
    failures[i] = PyUnicode_InternFromString(failure_texts[i]);
    if (failures[i] == NULL) {
      return -1;
    }
  }
  unknown_key = PyUnicode_InternFromString("flag key unknown");
  unknown_name = PyUnicode_InternFromString("flag name unknown");
  debug_level = PyLong_FromLong(10);
  no_id = PyLong_FromLong(-1);
  if (unknown_key == NULL || unknown_name == NULL || debug_level == NULL || no_id == NULL ||
      parameters_intern(&variation_parameters) != 0) {
    return -1;
  }
  return native_add_type(module, "VariationClient", &client_spec, session_type, &type);
}
