#include "session.h"

#include <stdlib.h>

PyTypeObject *session_type;

// Tells the Python side that this process has another copy of the client, so that it waits for events again.
static void announce(SessionObject *self, const char *reply) {
  PyObject *outcome = PyObject_CallMethod((PyObject *)self, "_revived", "y", reply);
  if (outcome == NULL) {
    PyErr_WriteUnraisable((PyObject *)self);
  }
  Py_XDECREF(outcome);
}

// Opens the client anew in a forked child, with the flags that it had. The GIL is held throughout, so no second thread
// does the same; the saved options do not make the engine wait.
static int revive(SessionObject *self) {
  const library *dead = self->library;
  if (library_require() != 0) {
    return -1;
  }
  if (dead == library_current) {
    return 0;
  }
  const char *options = dead->saved_options(self->handle);
  cache_clear(&self->seen);
  if (options == NULL) {
    self->handle = 0;
    return 0;
  }
  const char *mark = "\"client\":";
  char *reply = library_current->open(options);
  if (reply == NULL) {
    PyErr_NoMemory();
    return -1;
  }
  const char *found = strncmp(reply, "{\"ok\"", 5) == 0 ? strstr(reply, mark) : NULL;
  if (found == NULL) {
    native_raise_reply(reply);
    library_current->free(reply);
    return -1;
  }
  self->handle = strtoull(found + strlen(mark), NULL, 10);
  self->library = library_current;
  announce(self, reply);
  self->library->free(reply);
  return 0;
}

static inline int session_check(SessionObject *self) {
  return UNLIKELY(self->library != library_current) && self->handle != 0 ? revive(self) : 0;
}

static void closed(burgee_result *result) {
  memset(result, 0, sizeof *result);
  result->code = BURGEE_INVALID_HANDLE;
  result->reason = BURGEE_REASON_ERROR;
  result->attachment_length = BURGEE_ABSENT;
}

static int resolve_again(SessionObject *self, const burgee_request *request, answer *answer) {
  bool reloaded = false;
  for (;;) {
    if (answer->result.code == BURGEE_FORKED) {
      if (reloaded) {
        return native_raise("FORKED", "the process was forked, and a fresh copy of the library says so too");
      }
      reloaded = true;
      library_forked();
      if (revive(self) != 0) {
        return -1;
      }
    } else if (answer->result.length > answer->result.capacity) {
      PyMem_Free(answer->owned);
      answer->owned = PyMem_Malloc(answer->result.length);
      if (answer->owned == NULL) {
        PyErr_NoMemory();
        return -1;
      }
      answer->result.buffer = answer->owned;
      answer->result.capacity = answer->result.length;
    } else {
      return 0;
    }
    if (self->handle == 0) {
      closed(&answer->result);
      return 0;
    }
    self->library->resolve_into(self->handle, request, &answer->result);
  }
}

int session_resolve(SessionObject *self, burgee_text flag_key, const attributes *context, uint32_t want, uint32_t flags,
                    answer *answer) {
  burgee_request request;
  answer->owned = NULL;
  if (session_check(self) != 0) {
    return -1;
  }
  if (UNLIKELY(self->handle == 0)) {
    closed(&answer->result);
    return 0;
  }
  request.flag_key = flag_key;
  request.targeting_key = context->targeting_key;
  request.attributes = context->items;
  request.attribute_count = context->count;
  request.want = want;
  request.flags = flags;
  answer->result.buffer = answer->stack;
  answer->result.capacity = sizeof answer->stack;
  answer->result.length = 0;
  uint32_t code = self->library->resolve_into(self->handle, &request, &answer->result);
  if (UNLIKELY(code == BURGEE_FORKED || answer->result.length > sizeof answer->stack)) {
    return resolve_again(self, &request, answer);
  }
  return 0;
}

answer_texts answer_read(const burgee_result *result) {
  answer_texts texts;
  const char *cursor = result->buffer;
  texts.value = cursor;
  texts.variant = cursor += result->value_length;
  texts.attachment = cursor += result->variant_length;
  texts.message = cursor += result->attachment_length == BURGEE_ABSENT ? 0 : result->attachment_length;
  texts.segments = cursor += result->message_length;
  for (uint32_t i = 0; i < result->segment_count; i++) {
    uint32_t length;
    memcpy(&length, cursor, sizeof length);
    cursor += sizeof length + length;
  }
  texts.reason = cursor;
  texts.flag_name = cursor += result->vendor_reason_length;
  texts.rule_name = cursor + result->flag_name_length;
  return texts;
}

static PyObject *decode(const char *text, uint32_t length) {
  return PyUnicode_DecodeUTF8(text, (Py_ssize_t)length, "replace");
}

PyObject *answer_number(double number, const char *digits, uint32_t length) {
  for (uint32_t i = 0; i < length; i++) {
    if (digits[i] == '.' || digits[i] == 'e' || digits[i] == 'E') {
      return PyFloat_FromDouble(number);
    }
  }
  if (length == 0) {
    return PyFloat_FromDouble(number);
  }
  PyObject *text = decode(digits, length);
  PyObject *whole = text == NULL ? NULL : PyObject_CallFunctionObjArgs((PyObject *)&PyLong_Type, text, NULL);
  Py_XDECREF(text);
  return whole;
}

static PyObject *decode_segments(const burgee_result *result, const char *cursor) {
  PyObject *segments = PyTuple_New((Py_ssize_t)result->segment_count);
  for (uint32_t i = 0; segments != NULL && i < result->segment_count; i++) {
    uint32_t length;
    memcpy(&length, cursor, sizeof length);
    cursor += sizeof length;
    PyObject *segment = decode(cursor, length);
    cursor += length;
    if (segment == NULL) {
      Py_CLEAR(segments);
    } else {
      PyTuple_SetItem(segments, (Py_ssize_t)i, segment);
    }
  }
  return segments;
}

// Sets *object to a text that may be absent. Returns whether that worked.
static bool decode_present(const char *text, uint32_t length, PyObject **object) {
  *object = length == 0 ? NULL : decode(text, length);
  return length == 0 || *object != NULL;
}

static int build(const burgee_result *result, cache_entry *entry) {
  answer_texts texts = answer_read(result);
  memset(entry, 0, sizeof *entry);
  entry->id = result->id;
  bool complete = decode_present(texts.reason, result->vendor_reason_length, &entry->reason) &&
                  decode_present(texts.flag_name, result->flag_name_length, &entry->flag_name) &&
                  decode_present(texts.rule_name, result->rule_name_length, &entry->rule_name);
  if (result->value_kind == BURGEE_NUMBER) {
    entry->value = answer_number(result->number, texts.value, result->value_length);
    complete = complete && entry->value != NULL;
  } else if (result->value_kind == BURGEE_STRING || result->value_kind == BURGEE_JSON) {
    entry->value = decode(texts.value, result->value_length);
    complete = complete && entry->value != NULL;
  }
  entry->variant = decode(texts.variant, result->variant_length);
  if (result->attachment_length == BURGEE_ABSENT) {
    entry->attachment = Py_None;
    Py_INCREF(Py_None);
  } else {
    entry->attachment = decode(texts.attachment, result->attachment_length);
  }
  entry->segments = decode_segments(result, texts.segments);
  if (complete && entry->variant != NULL && entry->attachment != NULL && entry->segments != NULL) {
    return 0;
  }
  cache_entry_clear(entry);
  return -1;
}

const cache_entry *session_objects(SessionObject *self, const answer *answer, cache_entry *own) {
  const burgee_result *result = &answer->result;
  memset(own, 0, sizeof *own);
  if (result->id != 0) {
    const cache_entry *entry = cache_find(&self->seen, result->id);
    if (entry != NULL) {
      return entry;
    }
  }
  cache_entry fresh;
  if (build(result, &fresh) != 0) {
    return NULL;
  }
  if (result->id == 0) {
    *own = fresh;
    return own;
  }
  const cache_entry *entry = cache_add(&self->seen, &fresh);
  if (entry == NULL) {
    cache_entry_clear(&fresh);
  }
  return entry;
}

PyObject *answer_message(const answer *answer) {
  const burgee_result *result = &answer->result;
  if (result->message_length == 0) {
    return PyUnicode_FromString(result->code == BURGEE_INVALID_HANDLE ? "the client is closed" : "");
  }
  return decode(answer_read(result).message, result->message_length);
}

// _attach(handle, generation): takes charge of a handle that open() returned.
static PyObject *session_attach(PyObject *object, PyObject *args) {
  SessionObject *self = (SessionObject *)object;
  unsigned long long handle;
  if (!PyArg_ParseTuple(args, "K:_attach", &handle)) {
    return NULL;
  }
  self->library = library_current;
  self->handle = handle;
  Py_RETURN_NONE;
}

// _call(method, params): burgee_call, in a forked child on the client opened anew. Returns the reply as bytes.
static PyObject *session_call(PyObject *object, PyObject *args) {
  SessionObject *self = (SessionObject *)object;
  const char *method;
  const char *params;
  if (!PyArg_ParseTuple(args, "sy:_call", &method, &params)) {
    return NULL;
  }
  for (int attempt = 0;; attempt++) {
    if (session_check(self) != 0) {
      return NULL;
    }
    if (self->handle == 0) {
      native_raise("INVALID_HANDLE", "the client is closed");
      return NULL;
    }
    const library *library = self->library;
    uint64_t handle = self->handle;
    char *reply;
    Py_BEGIN_ALLOW_THREADS;
    reply = library->call(handle, method, params);
    Py_END_ALLOW_THREADS;
    if (reply == NULL) {
      return PyErr_NoMemory();
    }
    if (attempt == 0 && strncmp(reply, "{\"error\":{\"code\":\"FORKED\"", 25) == 0) {
      library_forked();
      continue;  // the reply is not freed: that belongs to the dead copy
    }
    PyObject *bytes = PyBytes_FromString(reply);
    library->free(reply);
    return bytes;
  }
}

// _detach(): (handle, generation), and from then on the client is closed. None when it was closed before, or belongs to
// a copy that died in a fork, which must not be called.
static PyObject *session_detach(PyObject *object, PyObject *unused) {
  (void)unused;
  SessionObject *self = (SessionObject *)object;
  uint64_t handle = self->handle;
  self->handle = 0;
  cache_clear(&self->seen);
  if (handle == 0 || self->library != library_current) {
    Py_RETURN_NONE;
  }
  return Py_BuildValue("KI", (unsigned long long)handle, self->library->generation);
}

static PyObject *session_where(PyObject *object, void *unused) {
  (void)unused;
  SessionObject *self = (SessionObject *)object;
  if (self->handle == 0) {
    Py_RETURN_NONE;
  }
  return Py_BuildValue("KI", (unsigned long long)self->handle, self->library->generation);
}

static PyObject *session_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  (void)args;
  (void)kwargs;
  allocfunc alloc = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
  return alloc(type, 0);
}

static void session_dealloc(PyObject *object) {
  cache_clear(&((SessionObject *)object)->seen);
  native_free(object);
}

static PyMethodDef session_methods[] = {
    {"_attach", session_attach, METH_VARARGS, NULL},
    {"_call", session_call, METH_VARARGS, NULL},
    {"_detach", session_detach, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef session_properties[] = {
    {"_where", session_where, NULL, "(handle, generation); None when closed.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot session_slots[] = {
    {Py_tp_doc, "One open client of the engine."},
    {Py_tp_new, session_new},
    {Py_tp_dealloc, session_dealloc},
    {Py_tp_methods, session_methods},
    {Py_tp_getset, session_properties},
    {0, NULL},
};

static PyType_Spec session_spec = {"burgee._native.Session", sizeof(SessionObject), 0,
                                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, session_slots};

int session_add_type(PyObject *module) {
  return native_add_type(module, "Session", &session_spec, NULL, &session_type);
}
