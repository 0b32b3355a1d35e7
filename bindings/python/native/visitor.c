#include "visitor.h"

#include <stddef.h>
#include <structmember.h>

#include "reading.h"

PyTypeObject *visitor_type;

// Forgets the handle, and closes it unless its client is closed or died in a fork. Never raises.
static void let_go(VisitorObject *self) {
  if (visitor_check(self) == BURGEE_OK) {
    self->library->visitor_close(self->session->handle, self->handle);
  }
  self->handle = 0;
}

// _bind(session, handle): takes charge of a visitor of the session's client. The one before is closed; 0: there is none.
static PyObject *visitor_bind(PyObject *object, PyObject *args) {
  VisitorObject *self = (VisitorObject *)object;
  PyObject *session;
  unsigned long long handle;
  if (!PyArg_ParseTuple(args, "O!K:_bind", session_type, &session, &handle)) {
    return NULL;
  }
  let_go(self);
  SessionObject *before = self->session;
  Py_INCREF(session);
  self->session = (SessionObject *)session;
  self->library = self->session->library;
  self->handle = handle;
  Py_XDECREF(before);
  Py_RETURN_NONE;
}

// _read(key, fallback, expose): (code, status, fetch_status, fetch_reason, exposure, value, id). Value is None when there
// is none.
static PyObject *visitor_read(PyObject *object, PyObject *args) {
  PyObject *key;
  PyObject *fallback;
  int expose;
  reading reading;
  if (!PyArg_ParseTuple(args, "OOp:_read", &key, &fallback, &expose) ||
      reading_take(&reading, (VisitorObject *)object, key, fallback, expose != 0) != 0) {
    return NULL;
  }
  const burgee_visitor_flag *flag = &reading.flag;
  PyObject *value = reading_value(&reading);
  reading_release(&reading);
  if (value == NULL) {
    return NULL;
  }
  return Py_BuildValue("(IIIIINK)", flag->code, flag->status, flag->fetch_status, flag->fetch_reason, flag->exposure,
                       value, (unsigned long long)flag->id);
}

// _told(flag, code, status, fetch_status, exposure, value_matches): what FlagshipFlag calls. Those who want to know define
// it anew.
static PyObject *visitor_told(PyObject *object, PyObject *args) {
  (void)object;
  (void)args;
  Py_RETURN_NONE;
}

static PyObject *visitor_get_handle(PyObject *object, void *unused) {
  (void)unused;
  const VisitorObject *self = (const VisitorObject *)object;
  return PyLong_FromUnsignedLongLong(visitor_check(self) == BURGEE_FORKED ? 0 : self->handle);
}

static int visitor_traverse(PyObject *object, visitproc visit, void *arg) {
  Py_VISIT(Py_TYPE(object));
  Py_VISIT((PyObject *)((VisitorObject *)object)->session);
  return 0;
}

static int visitor_clear(PyObject *object) {
  VisitorObject *self = (VisitorObject *)object;
  let_go(self);
  Py_CLEAR(self->session);
  return 0;
}

static void visitor_dealloc(PyObject *object) {
  PyObject_GC_UnTrack(object);
  if (((VisitorObject *)object)->weak != NULL) {
    PyObject_ClearWeakRefs(object);
  }
  visitor_clear(object);
  native_free(object);
}

static PyMethodDef visitor_methods[] = {
    {"_bind", visitor_bind, METH_VARARGS, NULL},
    {"_read", visitor_read, METH_VARARGS, NULL},
    {"_told", visitor_told, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef visitor_properties[] = {
    {"_handle", visitor_get_handle, NULL, "0 when there is none, and in a process that was forked since.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef visitor_members[] = {
    {"_lenient", T_BOOL, offsetof(VisitorObject, lenient), 0, "Whether defaults accept more values."},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(VisitorObject, weak), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot visitor_slots[] = {
    {Py_tp_doc, "One visitor of AB Tasty Flagship."},
    {Py_tp_dealloc, visitor_dealloc},
    {Py_tp_traverse, visitor_traverse},
    {Py_tp_clear, visitor_clear},
    {Py_tp_methods, visitor_methods},
    {Py_tp_members, visitor_members},
    {Py_tp_getset, visitor_properties},
    {0, NULL},
};

static PyType_Spec visitor_spec = {"burgee._native.FlagshipVisitor", sizeof(VisitorObject), 0,
                                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, visitor_slots};

int visitor_add_type(PyObject *module) {
  return native_add_type(module, "FlagshipVisitor", &visitor_spec, NULL, &visitor_type);
}
