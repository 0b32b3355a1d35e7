#include "attributes.h"

#include <math.h>
#include <stdlib.h>

#include "context.h"

// What happened to one attribute.
enum { PACKED = 0, FAILED = -1, NEEDS_PYTHON = 1 };

int attributes_bad_text(const char *what, PyObject *name) {
  PyErr_Clear();
  if (name == NULL) {
    return native_raise("INVALID_CONTEXT", "%s is not valid Unicode: it holds a lone surrogate", what);
  }
  return native_raise("INVALID_CONTEXT", "%s %A is not valid Unicode: it holds a lone surrogate", what, name);
}

static int keep(attributes *self, PyObject *object) {
  if (self->keep == NULL) {
    self->keep = PyList_New(0);
    if (self->keep == NULL) {
      return -1;
    }
  }
  return PyList_Append(self->keep, object);
}

int attributes_keep(attributes *self, PyObject *object) {
  if (object == NULL) {
    return -1;
  }
  int failed = keep(self, object);
  Py_DECREF(object);
  return failed;
}

burgee_attribute *attributes_next(attributes *self) {
  if (UNLIKELY(self->count == self->capacity)) {
    size_t capacity = self->capacity * 4;
    size_t size = capacity * sizeof *self->items;
    burgee_attribute *items = self->owned ? realloc(self->items, size) : malloc(size);
    if (items == NULL) {
      PyErr_NoMemory();
      return NULL;
    }
    if (!self->owned) {
      memcpy(items, self->stack, sizeof self->stack);
    }
    self->items = items;
    self->capacity = capacity;
    self->owned = true;
  }
  return &self->items[self->count];
}

static int pack_integer(attributes *self, burgee_attribute *item, PyObject *value) {
  int overflow;
  long long integer = PyLong_AsLongLongAndOverflow(value, &overflow);
  if (overflow == 0) {
    if (integer == -1 && PyErr_Occurred()) {
      return FAILED;
    }
    item->kind = BURGEE_INTEGER;
    item->integer = integer;
    return PACKED;
  }
  PyObject *digits = PyNumber_ToBase(value, 10);
  if (attributes_keep(self, digits) != 0) {
    return FAILED;
  }
  item->kind = BURGEE_NUMBER;
  return attributes_text(digits, &item->text);
}

static int pack_float(burgee_attribute *item, PyObject *name, PyObject *value) {
  double number = PyFloat_AsDouble(value);
  if (number == -1.0 && PyErr_Occurred()) {
    return FAILED;
  }
  if (UNLIKELY(!isfinite(number))) {
    return native_raise("INVALID_CONTEXT", "attribute %R is %R, which is no number of JSON", name, value);
  }
  item->kind = BURGEE_NUMBER;
  item->number = number;
  return PACKED;
}

static int pack_json(attributes *self, burgee_attribute *item, PyObject *name, PyObject *value) {
  PyObject *dumps = native_import("_values", "dumps");
  if (dumps == NULL) {
    return FAILED;
  }
  PyObject *json = PyObject_CallFunctionObjArgs(dumps, name, value, NULL);
  Py_DECREF(dumps);
  if (attributes_keep(self, json) != 0) {
    return FAILED;
  }
  item->kind = BURGEE_JSON;
  return attributes_text(json, &item->text) == 0 ? PACKED : attributes_bad_text("attribute", name);
}

// Fills in the value. Without python it runs no Python code, and answers NEEDS_PYTHON for what would take some.
static int pack_value(attributes *self, burgee_attribute *item, PyObject *name, PyObject *value, bool python) {
  PyTypeObject *type = Py_TYPE(value);
  if (type == &PyUnicode_Type) {
    item->kind = BURGEE_STRING;
    return attributes_text(value, &item->text) == 0 ? PACKED : attributes_bad_text("attribute", name);
  }
  item->text.data = NULL;  // the engine looks at the text of every kind
  item->text.length = 0;
  if (type == &PyBool_Type) {
    item->kind = BURGEE_BOOLEAN;
    item->integer = value == Py_True;
    return PACKED;
  }
  if (type == &PyLong_Type) {
    return pack_integer(self, item, value);
  }
  if (type == &PyFloat_Type) {
    return pack_float(item, name, value);
  }
  if (value == Py_None) {
    item->kind = BURGEE_NULL;
    return PACKED;
  }
  if (!python) {
    return NEEDS_PYTHON;
  }
  if (type == &PyDict_Type || type == &PyList_Type || type == &PyTuple_Type) {
    return pack_json(self, item, name, value);
  }
  PyObject *convert = native_import("_values", "plain");
  if (convert == NULL) {
    return FAILED;
  }
  PyObject *plain = PyObject_CallFunctionObjArgs(convert, name, value, NULL);
  Py_DECREF(convert);
  if (attributes_keep(self, plain) != 0) {
    return FAILED;
  }
  return pack_value(self, item, name, plain, true);
}

int attributes_pack_value(attributes *self, burgee_attribute *item, PyObject *name, PyObject *value) {
  return pack_value(self, item, name, value, true);
}

// Whether Flipt's client would send the value as something else than a string.
static bool never_a_string(PyObject *value) {
  PyTypeObject *type = Py_TYPE(value);
  return type == &PyBool_Type || type == &PyLong_Type || type == &PyFloat_Type || type == &PyDict_Type ||
         type == &PyList_Type || type == &PyTuple_Type || value == Py_None;
}

static bool is_targeting_key(burgee_text name) {
  return name.length == 12 && memcmp(name.data, "targetingKey", 12) == 0;
}

static int pack_member(attributes *self, PyObject *name, PyObject *value, packing mode, bool targeting, bool python) {
  if (UNLIKELY(Py_TYPE(name) != &PyUnicode_Type)) {
    if (!PyUnicode_Check(name)) {
      PyErr_Format(PyExc_TypeError, "attribute names must be str, not %R", name);
      return FAILED;
    }
  }
  if (mode == PACK_STRINGS && Py_TYPE(value) != &PyUnicode_Type && never_a_string(value)) {
    return PACKED;
  }
  burgee_attribute *item = attributes_next(self);
  if (UNLIKELY(item == NULL)) {
    return FAILED;
  }
  if (attributes_text(name, &item->name) != 0) {
    return attributes_bad_text("attribute name", name);
  }
  if (targeting && is_targeting_key(item->name)) {
    return attributes_set_targeting_key(self, value);
  }
  int outcome = pack_value(self, item, name, value, python);
  if (outcome != PACKED) {
    return outcome;
  }
  if (mode == PACK_ALL || item->kind == BURGEE_STRING) {
    self->count++;
  }
  return PACKED;
}

int attributes_pack_dict(attributes *self, PyObject *dict, packing mode, bool targeting) {
  Py_ssize_t position = 0;
  PyObject *name;
  PyObject *value;
  bool python = false;
  while (PyDict_Next(dict, &position, &name, &value)) {
    int outcome = pack_member(self, name, value, mode, targeting, python);
    if (outcome == FAILED) {
      return -1;
    }
    if (outcome == NEEDS_PYTHON) {
      // A conversion may run any code, also code that changes the dict. Start again with a copy that nobody else has.
      dict = PyDict_Copy(dict);
      if (attributes_keep(self, dict) != 0) {
        return -1;
      }
      python = true;
      position = 0;
      self->count = 0;
    }
  }
  return 0;
}

int attributes_set_targeting_key(attributes *self, PyObject *key) {
  if (Py_TYPE(key) != &PyUnicode_Type) {
    if (key == Py_None) {
      return 0;
    }
    if (!PyUnicode_Check(key)) {
      return native_raise("INVALID_CONTEXT", "the targeting key must be a str, not %R", key);
    }
  }
  if (attributes_text(key, &self->targeting_key) != 0) {
    return attributes_bad_text("the targeting key", NULL);
  }
  self->has_targeting_key = true;
  return 0;
}

static int pack_prepared(attributes *self, ContextObject *context) {
  // The array of an EvaluationContext never changes, so it is used where it lies.
  self->items = context->items;
  self->count = context->count;
  self->targeting_key = context->text;
  self->has_targeting_key = context->targeting_key != Py_None;
  return 0;
}

static int pack_foreign(attributes *self, PyObject *context, packing mode) {
  PyObject *parts = native_import("_values", "context_parts");
  if (parts == NULL) {
    return -1;
  }
  PyObject *dict = PyObject_CallFunctionObjArgs(parts, context, NULL);
  Py_DECREF(parts);
  if (attributes_keep(self, dict) != 0) {
    return -1;
  }
  return attributes_pack_dict(self, dict, mode, mode == PACK_ALL);
}

int attributes_pack(attributes *self, PyObject *context, packing mode) {
  if (Py_TYPE(context) == &PyDict_Type) {
    return attributes_pack_dict(self, context, mode, mode == PACK_ALL);
  }
  if (context == Py_None) {
    return 0;
  }
  if (Py_TYPE(context) == context_type) {
    return pack_prepared(self, (ContextObject *)context);
  }
  return pack_foreign(self, context, mode);
}

void attributes_release(attributes *self) {
  Py_CLEAR(self->keep);
  if (self->owned) {
    free(self->items);
    self->items = self->stack;
    self->owned = false;
  }
}
