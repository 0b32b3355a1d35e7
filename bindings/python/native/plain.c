#include "plain.h"

// How deep plain_is_json looks. Whatever is nested deeper is left to json.dumps.
#define DEEPEST 64

static PyObject *copy_dict(PyObject *dict) {
  // The keys are str, so copying as a whole hashes nothing, and replacing a value moves nothing.
  PyObject *copy = PyDict_Copy(dict);
  Py_ssize_t position = 0;
  PyObject *key;
  PyObject *value;
  while (copy != NULL && PyDict_Next(dict, &position, &key, &value)) {
    if (plain_is_mutable(value)) {
      PyObject *inner = plain_copy(value);
      if (inner == NULL || PyDict_SetItem(copy, key, inner) != 0) {
        Py_CLEAR(copy);
      }
      Py_XDECREF(inner);
    }
  }
  return copy;
}

static PyObject *copy_list(PyObject *list) {
  Py_ssize_t length = PyList_Size(list);
  PyObject *copy = PyList_New(length);
  for (Py_ssize_t i = 0; copy != NULL && i < length; i++) {
    PyObject *inner = plain_copy(PyList_GetItem(list, i));
    if (inner == NULL) {
      Py_CLEAR(copy);
    } else {
      PyList_SetItem(copy, i, inner);
    }
  }
  return copy;
}

PyObject *plain_copy(PyObject *value) {
  if (!plain_is_mutable(value)) {
    Py_INCREF(value);
    return value;
  }
  if (Py_EnterRecursiveCall(" while copying a flag's value") != 0) {
    return NULL;
  }
  PyObject *copy = Py_TYPE(value) == &PyDict_Type ? copy_dict(value) : copy_list(value);
  Py_LeaveRecursiveCall();
  return copy;
}

static bool is_scalar(PyObject *value) {
  PyTypeObject *type = Py_TYPE(value);
  return value == Py_None || type == &PyUnicode_Type || type == &PyBool_Type || type == &PyLong_Type ||
         type == &PyFloat_Type;
}

static bool is_json(PyObject *value, int depth) {
  if (is_scalar(value)) {
    return true;
  }
  if (depth == DEEPEST) {
    return false;
  }
  if (Py_TYPE(value) == &PyDict_Type) {
    Py_ssize_t position = 0;
    PyObject *key;
    PyObject *inner;
    while (PyDict_Next(value, &position, &key, &inner)) {
      if (!is_scalar(key) || !is_json(inner, depth + 1)) {
        return false;
      }
    }
    return true;
  }
  if (Py_TYPE(value) == &PyList_Type) {
    for (Py_ssize_t i = 0; i < PyList_Size(value); i++) {
      if (!is_json(PyList_GetItem(value, i), depth + 1)) {
        return false;
      }
    }
    return true;
  }
  return false;
}

bool plain_is_json(PyObject *value) { return is_json(value, 0); }
