#include "context.h"

#include <stddef.h>
#include <stdlib.h>

#include "attributes.h"

PyTypeObject *context_type;

static int fill(ContextObject *self) {
  attributes packed;
  attributes_start(&packed);
  int failed = attributes_set_targeting_key(&packed, self->targeting_key) != 0 ||
               attributes_pack_dict(&packed, self->attributes, PACK_ALL, false) != 0;
  if (!failed) {
    size_t size = packed.count * sizeof *packed.items;
    self->items = malloc(size + 1);
    if (self->items == NULL) {
      PyErr_NoMemory();
      failed = 1;
    } else {
      memcpy(self->items, packed.items, size);
      self->count = packed.count;
      self->text = packed.targeting_key;
      self->keep = packed.keep;
      packed.keep = NULL;
    }
  }
  attributes_finish(&packed);
  return failed ? -1 : 0;
}

static PyObject *context_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  static char *names[] = {"targeting_key", "attributes", NULL};
  PyObject *key = Py_None;
  PyObject *given = Py_None;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OO:EvaluationContext", names, &key, &given)) {
    return NULL;
  }
  if (key != Py_None && !PyUnicode_Check(key)) {
    PyErr_Format(PyExc_TypeError, "targeting_key must be a str or None, not %R", key);
    return NULL;
  }
  PyObject *dict = PyDict_New();
  if (dict == NULL || (given != Py_None && PyDict_Update(dict, given) != 0)) {
    Py_XDECREF(dict);
    return NULL;
  }
  allocfunc alloc = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
  ContextObject *self = (ContextObject *)alloc(type, 0);
  if (self == NULL) {
    Py_DECREF(dict);
    return NULL;
  }
  Py_INCREF(key);
  self->targeting_key = key;
  self->attributes = dict;
  if (fill(self) != 0) {
    Py_DECREF(self);
    return NULL;
  }
  return (PyObject *)self;
}

static int context_traverse(PyObject *object, visitproc visit, void *arg) {
  ContextObject *self = (ContextObject *)object;
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(self->attributes);
  Py_VISIT(self->keep);
  return 0;
}

static void context_dealloc(PyObject *object) {
  ContextObject *self = (ContextObject *)object;
  PyObject_GC_UnTrack(object);
  free(self->items);
  Py_XDECREF(self->targeting_key);
  Py_XDECREF(self->attributes);
  Py_XDECREF(self->keep);
  native_free(object);
}

static PyObject *context_get_targeting_key(PyObject *object, void *unused) {
  (void)unused;
  PyObject *key = ((ContextObject *)object)->targeting_key;
  Py_INCREF(key);
  return key;
}

// A copy: the packed texts live in the dict's values.
static PyObject *context_get_attributes(PyObject *object, void *unused) {
  (void)unused;
  return PyDict_Copy(((ContextObject *)object)->attributes);
}

static PyObject *context_repr(PyObject *object) {
  ContextObject *self = (ContextObject *)object;
  return PyUnicode_FromFormat("EvaluationContext(targeting_key=%R, attributes=%R)", self->targeting_key,
                              self->attributes);
}

static PyObject *context_compare(PyObject *left, PyObject *right, int operation) {
  if (Py_TYPE(left) != Py_TYPE(right) || (operation != Py_EQ && operation != Py_NE)) {
    Py_INCREF(Py_NotImplemented);
    return Py_NotImplemented;
  }
  ContextObject *a = (ContextObject *)left;
  ContextObject *b = (ContextObject *)right;
  int same = PyObject_RichCompareBool(a->targeting_key, b->targeting_key, Py_EQ);
  if (same == 1) {
    same = PyObject_RichCompareBool(a->attributes, b->attributes, Py_EQ);
  }
  return same < 0 ? NULL : PyBool_FromLong(same == (operation == Py_EQ));
}

static PyObject *context_reduce(PyObject *object, PyObject *unused) {
  (void)unused;
  ContextObject *self = (ContextObject *)object;
  PyObject *attributes = PyDict_Copy(self->attributes);  // the packed array points into the texts of the original
  return attributes == NULL ? NULL : Py_BuildValue("O(ON)", Py_TYPE(object), self->targeting_key, attributes);
}

static PyMethodDef context_methods[] = {
    {"__reduce__", context_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef context_properties[] = {
    {"targeting_key", context_get_targeting_key, NULL, "Whom to decide for; None when not known.", NULL},
    {"attributes", context_get_attributes, NULL, "A copy of what is known about them.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot context_slots[] = {
    {Py_tp_doc,
     "EvaluationContext(targeting_key=None, attributes=None)\n--\n\n"
     "Whom to decide for, and what is known about them. Immutable; packed once, so that evaluating several flags with\n"
     "it is faster than with a dict. Raises InvalidContextError for nan, infinities and lone surrogates, and "
     "TypeError,\n"
     "naming the attribute, for a value that is not one of JSON, a date, a UUID, a Decimal or an Enum."},
    {Py_tp_new, context_new},
    {Py_tp_dealloc, context_dealloc},
    {Py_tp_traverse, context_traverse},
    {Py_tp_repr, context_repr},
    {Py_tp_richcompare, context_compare},
    {Py_tp_hash, PyObject_HashNotImplemented},
    {Py_tp_methods, context_methods},
    {Py_tp_getset, context_properties},
    {0, NULL},
};

static PyType_Spec context_spec = {"burgee.EvaluationContext", sizeof(ContextObject), 0,
                                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, context_slots};

int context_add_type(PyObject *module) {
  return native_add_type(module, "EvaluationContext", &context_spec, NULL, &context_type);
}
