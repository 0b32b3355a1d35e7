// The Python objects of results seen before, by burgee_result.id, so that a repeated decision builds nothing.
#ifndef BURGEE_NATIVE_CACHE_H
#define BURGEE_NATIVE_CACHE_H

#include "native.h"

// What one result's texts became. Owned by the cache, or by the caller when the result has no id.
typedef struct cache_entry {
  uint64_t id;
  PyObject *value;       // str for STRING and JSON, int or float for NUMBER, else NULL
  PyObject *variant;     // str
  PyObject *attachment;  // str or None
  PyObject *segments;    // tuple of str
  PyObject *reason;      // str: the vendor's own word; NULL where it has none, as the next two
  PyObject *flag_name;   // str
  PyObject *rule_name;   // str
} cache_entry;

// Open addressing; the capacity is a power of two, or 0.
typedef struct cache {
  cache_entry *entries;
  size_t capacity;
  size_t count;
} cache;

static inline size_t cache_slot(uint64_t id, size_t capacity) {
  return (size_t)((id * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & (capacity - 1);
}

// The entry of the id, or NULL. It is valid until the next cache_add.
static inline const cache_entry *cache_find(const cache *self, uint64_t id) {
  if (UNLIKELY(self->capacity == 0)) {
    return NULL;
  }
  for (size_t slot = cache_slot(id, self->capacity);; slot = (slot + 1) & (self->capacity - 1)) {
    const cache_entry *entry = &self->entries[slot];
    if (entry->id == id) {
      return entry;
    }
    if (entry->id == 0) {
      return NULL;
    }
  }
}

// Takes the references of the entry, whose id is not 0, and returns its place; NULL with an exception when memory is
// exhausted.
const cache_entry *cache_add(cache *self, const cache_entry *entry);

// Empties the cache and frees its memory.
void cache_clear(cache *self);

// Drops the references of an entry.
void cache_entry_clear(cache_entry *entry);

#endif
