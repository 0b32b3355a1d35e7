// burgee._native: the part of the package that calls the engine.
#include "client.h"
#include "context.h"
#include "decision.h"
#include "details.h"
#include "flag.h"
#include "flipt.h"
#include "library.h"
#include "native.h"
#include "records.h"
#include "session.h"
#include "variation.h"
#include "visitor.h"

// load(path): chooses the file, and loads it unless a copy is loaded.
static PyObject *native_load(PyObject *module, PyObject *args) {
  (void)module;
  PyObject *path;
  if (!PyArg_ParseTuple(args, "O&:load", PyUnicode_FSConverter, &path)) {
    return NULL;
  }
  int failed = library_current == NULL && (library_set_path(PyBytes_AsString(path)) != 0 || library_require() != 0);
  Py_DECREF(path);
  if (failed) {
    return NULL;
  }
  Py_RETURN_NONE;
}

static PyObject *take(const library *library, char *reply) {
  if (reply == NULL) {
    return PyErr_NoMemory();
  }
  PyObject *bytes = PyBytes_FromString(reply);
  library->free(reply);
  return bytes;
}

// open(options): burgee_open. load comes first. Blocks without the GIL.
static PyObject *native_open(PyObject *module, PyObject *args) {
  (void)module;
  const char *options;
  if (!PyArg_ParseTuple(args, "y:open", &options) || library_require() != 0) {
    return NULL;
  }
  const library *library = library_current;
  char *reply;
  Py_BEGIN_ALLOW_THREADS;
  reply = library->open(options);
  Py_END_ALLOW_THREADS;
  return take(library, reply);
}

// wait(handle, generation, timeout_ms): burgee_wait; None when the process was forked since. Blocks without the GIL.
static PyObject *native_wait(PyObject *module, PyObject *args) {
  (void)module;
  unsigned long long handle;
  unsigned int generation;
  long long timeout;
  if (!PyArg_ParseTuple(args, "KIL:wait", &handle, &generation, &timeout)) {
    return NULL;
  }
  const library *library = library_current;
  if (library == NULL || library->generation != generation) {
    Py_RETURN_NONE;
  }
  char *reply;
  Py_BEGIN_ALLOW_THREADS;
  reply = library->wait(handle, timeout);
  Py_END_ALLOW_THREADS;
  return take(library, reply);
}

// close(handle, generation): burgee_close. Returns the reply; None when the process was forked since: nothing is done.
static PyObject *native_close(PyObject *module, PyObject *args) {
  (void)module;
  unsigned long long handle;
  unsigned int generation;
  if (!PyArg_ParseTuple(args, "KI:close", &handle, &generation)) {
    return NULL;
  }
  const library *library = library_current;
  if (library != NULL && library->generation == generation) {
    char *reply;
    Py_BEGIN_ALLOW_THREADS;
    reply = library->close(handle);
    Py_END_ALLOW_THREADS;
    return take(library, reply);
  }
  Py_RETURN_NONE;
}

// version(): the library's version, or None while it is not loaded.
static PyObject *native_version(PyObject *module, PyObject *unused) {
  (void)module;
  (void)unused;
  if (library_current == NULL) {
    Py_RETURN_NONE;
  }
  return PyUnicode_FromString(library_current->version());
}

static PyMethodDef native_methods[] = {
    {"load", native_load, METH_VARARGS, NULL},      {"open", native_open, METH_VARARGS, NULL},
    {"wait", native_wait, METH_VARARGS, NULL},      {"close", native_close, METH_VARARGS, NULL},
    {"version", native_version, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL},
};

static struct PyModuleDef native_module = {PyModuleDef_HEAD_INIT,
                                           "burgee._native",
                                           "The part of the package that calls the engine.",
                                           -1,
                                           native_methods,
                                           NULL,
                                           NULL,
                                           NULL,
                                           NULL};

PyMODINIT_FUNC PyInit__native(void) {
  PyObject *module = PyModule_Create(&native_module);
  if (module == NULL) {
    return NULL;
  }
  if (library_install() != 0 || context_add_type(module) != 0 || details_add_type(module) != 0 ||
      records_add_types(module) != 0 || session_add_type(module) != 0 || client_add_type(module) != 0 ||
      flipt_add_type(module) != 0 || decision_add_type(module) != 0 || variation_add_type(module) != 0 ||
      visitor_add_type(module) != 0 || flag_add_type(module) != 0) {
    Py_DECREF(module);
    return NULL;
  }
  return module;
}
