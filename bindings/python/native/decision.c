#include "decision.h"

#include <stddef.h>
#include <structmember.h>

PyTypeObject *decision_type;

DecisionObject *decision_allocate(PyTypeObject *type) {
  allocfunc alloc = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
  return (DecisionObject *)alloc(type, 0);
}

static int decision_traverse(PyObject *object, visitproc visit, void *arg) {
  DecisionObject *self = (DecisionObject *)object;
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(self->variation);
  Py_VISIT(self->key_name);
  return 0;
}

static int decision_clear(PyObject *object) {
  DecisionObject *self = (DecisionObject *)object;
  Py_CLEAR(self->id);
  Py_CLEAR(self->reason);
  Py_CLEAR(self->variation);
  Py_CLEAR(self->key_name);
  Py_CLEAR(self->name);
  return 0;
}

static void decision_dealloc(PyObject *object) {
  PyObject_GC_UnTrack(object);
  decision_clear(object);
  native_free(object);
}

#define MEMBER(name) {"_" #name, T_OBJECT, offsetof(DecisionObject, name), 0, NULL}

static PyMemberDef decision_members[] = {MEMBER(id),       MEMBER(reason), MEMBER(variation),
                                         MEMBER(key_name), MEMBER(name),   {NULL, 0, 0, 0, NULL}};

static PyType_Slot decision_slots[] = {
    {Py_tp_doc, "One decision. What is missing is None."},
    {Py_tp_dealloc, decision_dealloc},
    {Py_tp_traverse, decision_traverse},
    {Py_tp_clear, decision_clear},
    {Py_tp_members, decision_members},
    {0, NULL},
};

static PyType_Spec decision_spec = {"burgee._native.Decision", sizeof(DecisionObject), 0,
                                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, decision_slots};

int decision_add_type(PyObject *module) {
  return native_add_type(module, "Decision", &decision_spec, NULL, &decision_type);
}
