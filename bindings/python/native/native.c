#include "native.h"

int native_add_type(PyObject *module, const char *name, PyType_Spec *spec, PyTypeObject *base, PyTypeObject **type) {
  PyObject *bases = NULL;
  if (base != NULL) {
    bases = PyTuple_Pack(1, base);
    if (bases == NULL) {
      return -1;
    }
  }
  *type = (PyTypeObject *)PyType_FromSpecWithBases(spec, bases);
  Py_XDECREF(bases);
  if (*type == NULL) {
    return -1;
  }
  Py_INCREF(*type);
  if (PyModule_AddObject(module, name, (PyObject *)*type) != 0) {
    Py_DECREF(*type);
    return -1;
  }
  return 0;
}

PyObject *native_import(const char *module, const char *name) {
  PyObject *full = PyUnicode_FromFormat("burgee.%s", module);
  if (full == NULL) {
    return NULL;
  }
  PyObject *imported = PyImport_Import(full);
  Py_DECREF(full);
  if (imported == NULL) {
    return NULL;
  }
  // PyImport_Import answers the module itself, not the package, for a dotted name.
  PyObject *object = PyObject_GetAttrString(imported, name);
  Py_DECREF(imported);
  return object;
}

static void set_error(PyObject *error) {
  if (error != NULL) {
    PyErr_SetObject((PyObject *)Py_TYPE(error), error);
    Py_DECREF(error);
  }
}

int native_raise(const char *code, const char *format, ...) {
  va_list values;
  va_start(values, format);
  PyObject *message = PyUnicode_FromFormatV(format, values);
  va_end(values);
  PyObject *make = message == NULL ? NULL : native_import("errors", "error");
  if (make != NULL) {
    set_error(PyObject_CallFunction(make, "sO", code, message));
    Py_DECREF(make);
  }
  Py_XDECREF(message);
  return -1;
}

PyObject *native_raise_reply(const char *reply) {
  PyObject *make = native_import("errors", "from_reply");
  if (make != NULL) {
    set_error(PyObject_CallFunction(make, "y", reply));
    Py_DECREF(make);
  }
  return NULL;
}

bool native_caught(void) {
  if (!PyErr_ExceptionMatches(PyExc_Exception) || PyErr_ExceptionMatches(PyExc_MemoryError)) {
    return false;
  }
  PyErr_Clear();
  return true;
}

void native_free(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
  release(self);
  Py_DECREF(type);
}
