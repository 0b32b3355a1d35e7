// FlagshipVisitor: the base type of burgee.flagship's visitors. One visitor that the engine keeps.
#ifndef BURGEE_NATIVE_VISITOR_H
#define BURGEE_NATIVE_VISITOR_H

#include "native.h"
#include "session.h"

typedef struct VisitorObject {
  PyObject_HEAD SessionObject *session;  // whose client the handle belongs to; NULL: not bound yet
  const library *library;                // the copy that the handle belongs to
  uint64_t handle;                       // 0: not bound
  PyObject *weak;                        // weak references to this object
  char lenient;                          // which defaults accept a value: see reading_serves
} VisitorObject;

extern PyTypeObject *visitor_type;

int visitor_add_type(PyObject *module);

// Whether the engine can be asked: BURGEE_OK, BURGEE_INVALID_HANDLE, or BURGEE_FORKED for a visitor of the parent.
static inline uint32_t visitor_check(const VisitorObject *self) {
  if (UNLIKELY(self->handle == 0)) {
    return BURGEE_INVALID_HANDLE;
  }
  if (UNLIKELY(self->library != library_current)) {
    return BURGEE_FORKED;
  }
  return UNLIKELY(self->session->handle == 0) ? BURGEE_INVALID_HANDLE : BURGEE_OK;
}

#endif
