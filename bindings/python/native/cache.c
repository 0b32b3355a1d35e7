#include "cache.h"

#include <stdlib.h>

// A client that sees more results than this starts anew: ids of replaced flags never return, and memory is bounded.
#define MOST_ENTRIES 16384

void cache_entry_clear(cache_entry *entry) {
  Py_CLEAR(entry->value);
  Py_CLEAR(entry->variant);
  Py_CLEAR(entry->attachment);
  Py_CLEAR(entry->segments);
  Py_CLEAR(entry->reason);
  Py_CLEAR(entry->flag_name);
  Py_CLEAR(entry->rule_name);
}

void cache_clear(cache *self) {
  for (size_t i = 0; i < self->capacity; i++) {
    if (self->entries[i].id != 0) {
      cache_entry_clear(&self->entries[i]);
    }
  }
  free(self->entries);
  self->entries = NULL;
  self->capacity = 0;
  self->count = 0;
}

static cache_entry *place(cache_entry *entries, size_t capacity, const cache_entry *entry) {
  size_t slot = cache_slot(entry->id, capacity);
  while (entries[slot].id != 0) {
    slot = (slot + 1) & (capacity - 1);
  }
  entries[slot] = *entry;
  return &entries[slot];
}

static int grow(cache *self) {
  size_t capacity = self->capacity == 0 ? 32 : self->capacity * 2;
  cache_entry *entries = calloc(capacity, sizeof *entries);
  if (entries == NULL) {
    PyErr_NoMemory();
    return -1;
  }
  for (size_t i = 0; i < self->capacity; i++) {
    if (self->entries[i].id != 0) {
      place(entries, capacity, &self->entries[i]);
    }
  }
  free(self->entries);
  self->entries = entries;
  self->capacity = capacity;
  return 0;
}

const cache_entry *cache_add(cache *self, const cache_entry *entry) {
  if (self->count == MOST_ENTRIES) {
    cache_clear(self);
  }
  if (self->count * 2 >= self->capacity && grow(self) != 0) {
    return NULL;
  }
  self->count++;
  return place(self->entries, self->capacity, entry);
}
