// What the files of the extension share.
//
// The extension uses the limited API of Python 3.9, so that one build serves every later version.
#ifndef BURGEE_NATIVE_H
#define BURGEE_NATIVE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "burgee.h"

#if Py_LIMITED_API + 0 < 0x030A0000
// Exported by every Python since 3.3, declared for the limited API only since 3.10.
PyAPI_FUNC(const char *) PyUnicode_AsUTF8AndSize(PyObject *text, Py_ssize_t *size);
#endif

#if !defined(METH_FASTCALL)
// The same: every Python since 3.7 understands it, the limited API names it since 3.10.
#define METH_FASTCALL 0x0080
#endif

#if defined(__GNUC__)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#else
#define UNLIKELY(condition) (condition)
#endif

// Adds the type to the module and to *type, which keeps a reference for the life of the process.
int native_add_type(PyObject *module, const char *name, PyType_Spec *spec, PyTypeObject *base, PyTypeObject **type);

// The object called name of the Python module burgee.<module>. A new reference, or NULL with an exception.
PyObject *native_import(const char *module, const char *name);

// Raises the error of burgee.errors for the code, with a message as by PyUnicode_FromFormat. Always returns -1.
int native_raise(const char *code, const char *format, ...);

// Raises the error that an {"error":...} reply holds. Always returns NULL.
PyObject *native_raise_reply(const char *reply);

// Clears an exception of the program's own, and returns whether it was one: not when memory is exhausted, and not those
// that are to end the program.
bool native_caught(void);

// Frees a heap type's instance and lets go of its type.
void native_free(PyObject *self);

#endif
