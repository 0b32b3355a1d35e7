// The evaluation methods of burgee.flipt.FliptClient.
#include "flipt.h"

#include "arguments.h"
#include "records.h"
#include "session.h"

PyTypeObject *flipt_type;

enum { FLAG_KEY, ENTITY_ID, CONTEXT, ARGUMENTS };

static const char *const names[ARGUMENTS] = {"flag_key", "entity_id", "context"};
static PyObject *interned[ARGUMENTS];

static PyObject *reason_match;
static PyObject *reason_default;
static PyObject *reason_disabled;
static PyObject *reason_unknown;
static PyObject *no_variant;  // the empty str

static PyObject *new_reference(PyObject *object) {
  Py_INCREF(object);
  return object;
}

static int raise(const char *class, PyObject *message) {
  PyObject *type = message == NULL ? NULL : native_import("flipt.errors", class);
  if (type != NULL) {
    PyErr_SetObject(type, message);
    Py_DECREF(type);
  }
  Py_XDECREF(message);
  return -1;
}

// Sets the text of a key. Refuses None and blank ones, as Flipt's client does. The first byte decides for nearly every
// key.
static int check_key(PyObject *key, const char *name, burgee_text *text) {
  if (UNLIKELY(Py_TYPE(key) != &PyUnicode_Type && !PyUnicode_Check(key))) {
    if (key == Py_None) {
      return raise("ValidationError", PyUnicode_FromFormat("%s cannot be empty or null", name));
    }
    return raise("ValidationError", PyUnicode_FromFormat("%s must be a str, not %R", name, key));
  }
  if (attributes_text(key, text) != 0) {
    PyErr_Clear();
    return raise("ValidationError",
                 PyUnicode_FromFormat("%s %A is not valid Unicode: it holds a lone surrogate", name, key));
  }
  unsigned char first = text->length == 0 ? 0 : (unsigned char)text->data[0];
  if (first > ' ' && first < 0x7F) {
    return 0;
  }
  PyObject *stripped = PyObject_CallMethod(key, "strip", NULL);
  if (stripped == NULL) {
    return -1;
  }
  Py_ssize_t length = PyUnicode_GetLength(stripped);
  Py_DECREF(stripped);
  return length > 0 ? 0 : raise("ValidationError", PyUnicode_FromFormat("%s cannot be empty or null", name));
}

// A context that cannot be passed on is a ValidationError here, with the text of the InvalidContextError.
static int translate_invalid(void) {
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
  PyObject *message = PyObject_Str(error);
  Py_DECREF(invalid);
  Py_XDECREF(type);
  Py_XDECREF(error);
  Py_XDECREF(trace);
  return raise("ValidationError", message);
}

static int evaluate(SessionObject *self, PyObject *const *values, uint32_t want, answer *answer) {
  burgee_text flag_key;
  burgee_text entity_id;
  if (check_key(values[FLAG_KEY], "flag_key", &flag_key) != 0 ||
      check_key(values[ENTITY_ID], "entity_id", &entity_id) != 0) {
    return -1;
  }
  attributes context;
  attributes_start(&context);
  int failed = attributes_pack(&context, values[CONTEXT], PACK_STRINGS);
  if (failed == 0) {
    context.targeting_key = entity_id;
    failed = session_resolve(self, flag_key, &context, want, 0, answer);
  }
  attributes_finish(&context);
  return UNLIKELY(failed != 0) ? translate_invalid() : 0;
}

// Raises EvaluationError for an answer that is an error. Always returns NULL.
static PyObject *raise_answer(answer *answer) {
  PyObject *message = answer->result.code == BURGEE_INVALID_HANDLE ? PyUnicode_FromString("error engine null pointer")
                                                                   : answer_message(answer);
  answer_release(answer);
  raise("EvaluationError", message);
  return NULL;
}

static PyObject *reason_of(const burgee_result *result) {
  if (result->matched) {
    return new_reference(reason_match);
  }
  switch (result->reason) {
    case BURGEE_REASON_TARGETING_MATCH:
    case BURGEE_REASON_SPLIT:
      return new_reference(reason_match);
    case BURGEE_REASON_DEFAULT:
    case BURGEE_REASON_STATIC:
      return new_reference(reason_default);
    case BURGEE_REASON_DISABLED:
      return new_reference(reason_disabled);
    default:
      return new_reference(reason_unknown);
  }
}

static PyObject *variant_record(PyObject *flag_key, const burgee_result *result, const cache_entry *objects) {
  RecordObject *record = records_allocate(records_variant_type);
  if (record != NULL) {
    record->flag_key = new_reference(flag_key);
    record->segment_keys = new_reference(objects->segments);
    record->reason = reason_of(result);
    record->variant_key = new_reference(result->value_kind == BURGEE_STRING ? objects->value : no_variant);
    record->variant_attachment = new_reference(objects->attachment);
    record->decided = result->matched != 0;
  }
  return (PyObject *)record;
}

static PyObject *boolean_record(PyObject *flag_key, const burgee_result *result, const cache_entry *objects) {
  RecordObject *record = records_allocate(records_boolean_type);
  if (record != NULL) {
    record->flag_key = new_reference(flag_key);
    record->segment_keys = new_reference(objects->segments);
    record->reason = reason_of(result);
    record->variant_key = NULL;
    record->variant_attachment = NULL;
    record->decided = result->boolean != 0;
  }
  return (PyObject *)record;
}

// The record of an answer that is no error.
static PyObject *record_of(SessionObject *self, PyObject *flag_key, answer *answer, bool variant) {
  cache_entry own;
  PyObject *record = NULL;
  const cache_entry *objects = session_objects(self, answer, &own);
  if (objects != NULL) {
    if (UNLIKELY(answer->result.variant_length != 0)) {
      flag_key = objects->variant;  // the flag's own key, where it is not the one asked for
    }
    record = variant ? variant_record(flag_key, &answer->result, objects)
                     : boolean_record(flag_key, &answer->result, objects);
    if (UNLIKELY(objects == &own)) {
      cache_entry_clear(&own);
    }
  }
  answer_release(answer);
  return record;
}

static PyObject *flipt_evaluate_variant(PyObject *self, PyObject *const *args, Py_ssize_t given, PyObject *keywords) {
  static const parameters parameters = {"evaluate_variant", names, interned, 2, 3, ARGUMENTS};
  PyObject *values[ARGUMENTS] = {NULL, NULL, Py_None};
  answer answer;
  if (parameters_bind(&parameters, args, given, keywords, values) != 0 ||
      evaluate((SessionObject *)self, values, BURGEE_WANT_FLIPT_VARIANT, &answer) != 0) {
    return NULL;
  }
  if (UNLIKELY(answer.result.code != BURGEE_OK)) {
    return raise_answer(&answer);
  }
  return record_of((SessionObject *)self, values[FLAG_KEY], &answer, true);
}

static PyObject *flipt_evaluate_boolean(PyObject *self, PyObject *const *args, Py_ssize_t given, PyObject *keywords) {
  static const parameters parameters = {"evaluate_boolean", names, interned, 2, 3, ARGUMENTS};
  PyObject *values[ARGUMENTS] = {NULL, NULL, Py_None};
  answer answer;
  if (parameters_bind(&parameters, args, given, keywords, values) != 0 ||
      evaluate((SessionObject *)self, values, BURGEE_WANT_FLIPT_BOOLEAN, &answer) != 0) {
    return NULL;
  }
  if (UNLIKELY(answer.result.code != BURGEE_OK)) {
    return raise_answer(&answer);
  }
  return record_of((SessionObject *)self, values[FLAG_KEY], &answer, false);
}

// _evaluate_entry(flag_key, entity_id, context): one entry of a batch. A response, or None for an unknown flag.
static PyObject *flipt_evaluate_entry(PyObject *self, PyObject *const *args, Py_ssize_t given, PyObject *keywords) {
  static const parameters parameters = {"_evaluate_entry", names, interned, 3, 3, ARGUMENTS};
  PyObject *values[ARGUMENTS] = {NULL, NULL, Py_None};
  answer answer;
  if (parameters_bind(&parameters, args, given, keywords, values) != 0 ||
      evaluate((SessionObject *)self, values, BURGEE_WANT_FLIPT_ANY, &answer) != 0) {
    return NULL;
  }
  if (answer.result.code == BURGEE_FLAG_NOT_FOUND) {
    answer_release(&answer);
    Py_RETURN_NONE;
  }
  if (answer.result.code != BURGEE_OK) {
    return raise_answer(&answer);
  }
  bool variant = answer.result.flag_type != BURGEE_TYPE_BOOLEAN;
  return record_of((SessionObject *)self, values[FLAG_KEY], &answer, variant);
}

// PyMethodDef holds methods of every kind as PyCFunction; the flags tell how to call them.
#define METHOD(name, doc) {#name, (PyCFunction)(void (*)(void))flipt_##name, METH_FASTCALL | METH_KEYWORDS, doc}

static PyMethodDef flipt_methods[] = {
    METHOD(evaluate_variant,
           "evaluate_variant($self, flag_key, entity_id, context=None)\n--\n\n"
           "Evaluates a variant flag. Raises ValidationError for a blank key, EvaluationError for what the engine\n"
           "cannot answer: an unknown flag, a flag of another type, flags that could not be fetched."),
    METHOD(evaluate_boolean,
           "evaluate_boolean($self, flag_key, entity_id, context=None)\n--\n\n"
           "Evaluates a boolean flag. Raises as evaluate_variant does."),
    {"_evaluate_entry", (PyCFunction)(void (*)(void))flipt_evaluate_entry, METH_FASTCALL | METH_KEYWORDS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot flipt_slots[] = {
    {Py_tp_doc, "The evaluation methods of burgee.flipt.FliptClient."},
    {Py_tp_methods, flipt_methods},
    {0, NULL},
};

static PyType_Spec flipt_spec = {"burgee._native.FliptClient", sizeof(SessionObject), 0,
                                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, flipt_slots};

int flipt_add_type(PyObject *module) {
  static const parameters parameters = {"evaluate_variant", names, interned, 2, 3, ARGUMENTS};
  reason_match = PyUnicode_InternFromString("MATCH_EVALUATION_REASON");
  reason_default = PyUnicode_InternFromString("DEFAULT_EVALUATION_REASON");
  reason_disabled = PyUnicode_InternFromString("FLAG_DISABLED_EVALUATION_REASON");
  reason_unknown = PyUnicode_InternFromString("UNKNOWN_EVALUATION_REASON");
  no_variant = PyUnicode_InternFromString("");
  if (no_variant == NULL || reason_match == NULL || reason_default == NULL || reason_disabled == NULL ||
      reason_unknown == NULL || parameters_intern(&parameters) != 0) {
    return -1;
  }
  return native_add_type(module, "FliptClient", &flipt_spec, session_type, &flipt_type);
}
