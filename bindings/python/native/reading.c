#include "reading.h"

#include <math.h>
#include <stdio.h>

#include "attributes.h"
#include "cache.h"
#include "plain.h"

// The caller's default on its way to the engine.
typedef struct fallback {
  burgee_attribute item;
  PyObject *keep;  // what its text belongs to, or NULL
  char digits[32];
} fallback;

// From here on the engine writes doubles with an exponent.
#define EXPONENT 1e21

// What cannot be said in JSON is null in what the vendor is told.
static int pack_slowly(fallback *self, PyObject *value) {
  attributes attributes;
  attributes_start(&attributes);
  int failed = attributes_pack_value(&attributes, &self->item, Py_None, value);
  self->keep = attributes.keep;
  if (failed == 0) {
    return 0;
  }
  memset(&self->item, 0, sizeof self->item);
  return native_caught() ? 0 : -1;
}

// A whole number is written as a float, so that it comes back as one.
static void pack_float(fallback *self, double number) {
  self->item.kind = BURGEE_NUMBER;
  self->item.number = number;
  if (number == floor(number) && fabs(number) < EXPONENT) {
    self->item.text.data = self->digits;
    self->item.text.length = (size_t)snprintf(self->digits, sizeof self->digits, "%.0f.0", number);
  }
}

static void pack_json(fallback *self, const char *text) {
  self->item.kind = BURGEE_JSON;
  self->item.text.data = text;
  self->item.text.length = strlen(text);
}

// Runs no Python code for str, int, float, bool, None and what is empty. Returns 0, or -1 with an exception that nobody may
// catch.
static int pack(fallback *self, PyObject *value) {
  PyTypeObject *type = Py_TYPE(value);
  memset(&self->item, 0, sizeof self->item);
  self->keep = NULL;
  if (type == &PyUnicode_Type) {
    if (attributes_text(value, &self->item.text) == 0) {
      self->item.kind = BURGEE_STRING;
    } else {
      PyErr_Clear();
    }
  } else if (type == &PyBool_Type) {
    self->item.kind = BURGEE_BOOLEAN;
    self->item.integer = value == Py_True;
  } else if (type == &PyFloat_Type) {
    pack_float(self, PyFloat_AsDouble(value));
  } else if (type == &PyLong_Type) {
    int overflow;
    self->item.kind = BURGEE_INTEGER;
    self->item.integer = PyLong_AsLongLongAndOverflow(value, &overflow);
    return overflow == 0 ? 0 : pack_slowly(self, value);
  } else if (type == &PyDict_Type && PyDict_Size(value) == 0) {
    pack_json(self, "{}");
  } else if (type == &PyList_Type && PyList_Size(value) == 0) {
    pack_json(self, "[]");
  } else if (value != Py_None) {
    return pack_slowly(self, value);
  }
  return 0;
}

static int ask(reading *self, const VisitorObject *visitor, const burgee_visitor_request *request) {
  for (;;) {
    uint32_t code = visitor->library->visitor_flag_into(visitor->session->handle, request, &self->flag);
    if (UNLIKELY(code == BURGEE_FORKED)) {
      library_forked();  // in a way that ran no fork handlers
    }
    if (self->flag.length <= self->flag.capacity) {
      return 0;
    }
    PyMem_Free(self->owned);
    self->owned = PyMem_Malloc(self->flag.length);
    if (self->owned == NULL) {
      PyErr_NoMemory();
      return -1;
    }
    self->flag.buffer = self->owned;
    self->flag.capacity = self->flag.length;
  }
}

int reading_take(reading *self, const VisitorObject *visitor, PyObject *key, PyObject *value, bool expose) {
  burgee_visitor_request request;
  fallback fallback;
  fallback.keep = NULL;
  self->owned = NULL;
  // First, because it may run Python code, which may do anything to the visitor.
  if (expose && pack(&fallback, value) != 0) {
    Py_XDECREF(fallback.keep);
    return -1;
  }
  uint32_t code = visitor_check(visitor);
  if (UNLIKELY(!PyUnicode_Check(key))) {
    code = BURGEE_FLAG_NOT_FOUND;
  } else if (UNLIKELY(attributes_text(key, &request.key) != 0)) {
    PyErr_Clear();
    code = BURGEE_FLAG_NOT_FOUND;
  }
  int failed = 0;
  if (UNLIKELY(code != BURGEE_OK)) {
    memset(&self->flag, 0, sizeof self->flag);
    self->flag.code = code;
  } else {
    request.visitor = visitor->handle;
    request.flags = 0;
    if (expose) {
      request.fallback = fallback.item;
      request.flags = BURGEE_EXPOSE;
    }
    self->flag.buffer = self->stack;
    self->flag.capacity = sizeof self->stack;
    failed = ask(self, visitor, &request);
  }
  Py_XDECREF(fallback.keep);
  return failed;
}

// The values seen before, of all visitors: an id names one value for the life of the process. A forked child has a copy of
// the library of its own, which gives out ids of its own.
static cache values;
static const library *library_of_values;

static const cache_entry *find(uint64_t id) {
  if (UNLIKELY(library_of_values != library_current)) {
    cache_clear(&values);
    library_of_values = library_current;
  }
  return id == 0 ? NULL : cache_find(&values, id);
}

static PyObject *build(const burgee_visitor_flag *flag) {
  if (flag->value_kind == BURGEE_NUMBER) {
    return answer_number(flag->number, flag->buffer, flag->value_length);
  }
  PyObject *text = PyUnicode_DecodeUTF8(flag->buffer, (Py_ssize_t)flag->value_length, "replace");
  if (text == NULL || flag->value_kind == BURGEE_STRING) {
    return text;
  }
  PyObject *loads = native_import("_values", "loads");
  PyObject *value = loads == NULL ? NULL : PyObject_CallFunctionObjArgs(loads, text, NULL);
  Py_XDECREF(loads);
  Py_DECREF(text);
  return value;
}

// Takes the reference of the value.
static PyObject *remember(uint64_t id, PyObject *value) {
  cache_entry fresh = {.id = id, .value = value};
  if (id == 0 || find(id) != NULL) {  // making it has run Python code, and another thread was here first
    return value;
  }
  if (cache_add(&values, &fresh) == NULL) {
    Py_DECREF(value);
    return NULL;
  }
  return plain_copy(value);
}

PyObject *reading_value(reading *self) {
  burgee_visitor_flag *flag = &self->flag;
  if (flag->code != BURGEE_OK || flag->value_kind == BURGEE_NULL) {
    Py_RETURN_NONE;
  }
  if (flag->value_kind == BURGEE_BOOLEAN) {
    return PyBool_FromLong((long)flag->boolean);
  }
  const cache_entry *entry = find(flag->id);
  if (entry != NULL) {
    return plain_copy(entry->value);
  }
  PyObject *value = build(flag);
  if (value != NULL) {
    return remember(flag->id, value);
  }
  if (!native_caught()) {
    return NULL;
  }
  flag->code = BURGEE_PARSE_ERROR;
  Py_RETURN_NONE;
}

static int is_instance(PyObject *object, PyObject *of) {
  int is = PyObject_IsInstance(object, (PyObject *)Py_TYPE(of));
  return is < 0 && native_caught() ? 0 : is;
}

int reading_serves(PyObject *value, PyObject *fallback, bool lenient) {
  if (!lenient) {
    return is_instance(fallback, value);
  }
  if (fallback == Py_None) {
    return 1;
  }
  if (PyBool_Check(value) || PyBool_Check(fallback)) {
    return PyBool_Check(value) && PyBool_Check(fallback);
  }
  if (PyLong_Check(value) || PyFloat_Check(value)) {
    return PyLong_Check(fallback) || PyFloat_Check(fallback);
  }
  return is_instance(fallback, value);
}
