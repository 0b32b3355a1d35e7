// Evaluation contexts on their way to the engine: Python objects become an array of burgee_attribute.
#ifndef BURGEE_NATIVE_ATTRIBUTES_H
#define BURGEE_NATIVE_ATTRIBUTES_H

#include "native.h"

#define ATTRIBUTES_ON_STACK 32

// One context. The texts in it belong to Python objects: those of the caller's context, which must stay alive and
// unchanged, and those in keep.
typedef struct attributes {
  burgee_attribute *items;  // stack, a block of its own (owned), or that of an EvaluationContext
  size_t count;
  size_t capacity;
  burgee_text targeting_key;
  bool has_targeting_key;
  bool owned;
  PyObject *keep;  // a list, or NULL while nothing was converted
  burgee_attribute stack[ATTRIBUTES_ON_STACK];
} attributes;

typedef enum packing {
  PACK_ALL,      // every attribute; "targetingKey" is the targeting key
  PACK_STRINGS,  // as Flipt's own client: only strings count, and no name is special
} packing;

// Sets the text to the UTF-8 form of a str. Raises InvalidContextError, naming what the text is, for lone surrogates.
static inline int attributes_text(PyObject *string, burgee_text *text) {
  Py_ssize_t size;
  text->data = PyUnicode_AsUTF8AndSize(string, &size);
  text->length = (size_t)size;
  return UNLIKELY(text->data == NULL) ? -1 : 0;
}

// Replaces the UnicodeEncodeError of attributes_text by an InvalidContextError. Always returns -1.
int attributes_bad_text(const char *what, PyObject *name);

static inline void attributes_start(attributes *self) {
  self->items = self->stack;
  self->count = 0;
  self->capacity = ATTRIBUTES_ON_STACK;
  self->targeting_key.data = NULL;
  self->targeting_key.length = 0;
  self->has_targeting_key = false;
  self->owned = false;
  self->keep = NULL;
}

// Packs a context: None, a mapping or an EvaluationContext. Returns 0, or -1 with an exception: InvalidContextError
// for a value that the engine cannot take (nan), TypeError for one that is no value of JSON.
int attributes_pack(attributes *self, PyObject *context, packing mode);

// Packs a dict of attributes only: "targetingKey" is an attribute like others.
int attributes_pack_dict(attributes *self, PyObject *dict, packing mode, bool targeting);

// Fills in the value of an attribute, which may run Python code; the name is for messages. Returns 0, or -1 with an
// exception.
int attributes_pack_value(attributes *self, burgee_attribute *item, PyObject *name, PyObject *value);

// Sets the targeting key, which must be a str or None.
int attributes_set_targeting_key(attributes *self, PyObject *key);

// The place of one more attribute, which counts once the caller has raised count; NULL with an exception.
burgee_attribute *attributes_next(attributes *self);

// Keeps the object, which may be NULL with an exception, until the attributes are released, and drops the caller's
// reference. Returns 0, or -1 with an exception.
int attributes_keep(attributes *self, PyObject *object);

void attributes_release(attributes *self);

static inline void attributes_finish(attributes *self) {
  if (UNLIKELY(self->owned || self->keep != NULL)) {
    attributes_release(self);
  }
}

#endif
