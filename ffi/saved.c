/* burgee_saved_options: must work in a forked child, where Go is dead, so it reads nothing but plain C memory. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "shim.h"

#define CHUNK 1024u /* slots in a chunk; CHUNK * CHUNK is the limit of open clients */

struct saved {
  _Atomic uint64_t client;
  char *_Atomic text;
};

static struct saved *_Atomic chunks[CHUNK];

static struct saved *slot_of(uint64_t client, int create) {
  uint32_t number = (uint32_t)client - 1;
  if (number >= CHUNK * CHUNK) {
    return NULL;
  }
  struct saved *chunk = atomic_load(&chunks[number / CHUNK]);
  if (chunk == NULL && create) {
    chunk = calloc(CHUNK, sizeof *chunk);
    atomic_store(&chunks[number / CHUNK], chunk);
  }
  return chunk == NULL ? NULL : &chunk[number % CHUNK];
}

void burgee_save_options(uint64_t client, const char *text, size_t length) {
  struct saved *slot = slot_of(client, text != NULL);
  if (slot == NULL) {
    return;
  }
  char *copy = NULL;
  if (text != NULL && (copy = malloc(length + 1)) != NULL) {
    memcpy(copy, text, length);
    copy[length] = '\0';
  }
  if (atomic_load(&slot->client) != client) {
    /* The slot had another owner: no reader may find that one's text under this handle, nor the reverse. */
    free(atomic_exchange(&slot->text, NULL));
    atomic_store(&slot->client, client);
  }
  free(atomic_exchange(&slot->text, copy));
}

const char *burgee_saved_options(uint64_t client) {
  struct saved *slot = slot_of(client, 0);
  if (slot == NULL || atomic_load(&slot->client) != client) {
    return NULL;
  }
  const char *text = atomic_load(&slot->text);
  return atomic_load(&slot->client) == client ? text : NULL;
}
