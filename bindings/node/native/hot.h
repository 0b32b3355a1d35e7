/* hot.h: the buffer through which requests and results cross. See resolve.c. */
#ifndef BURGEE_NODE_HOT_H
#define BURGEE_NODE_HOT_H

#include "addon.h"

enum field { /* src/request_buffer.ts has the same list */
             CLIENT_LOW,
             CLIENT_HIGH,
             WANT,
             ATTRIBUTE_COUNT,
             FLAG_KEY,
             FLAG_KEY_LENGTH,
             TARGETING_KEY,
             TARGETING_KEY_LENGTH,
             CODE,
             REASON,
             FLAG_TYPE,
             VALUE_KIND,
             BOOLEAN_VALUE,
             MATCHED,
             ID_LOW,
             ID_HIGH,
             VERSION_LOW,
             VERSION_HIGH,
             NUMBER, /* a double, in two fields */
             NUMBER_HIGH,
             NOW, /* a double, in two fields: milliseconds since 1970, when the request is one of Flipt's */
             NOW_HIGH,
             FLAGS,
             IN_EXPERIMENT,
             FALLBACK_NUMBER, /* a double, in two fields; the others up to EXPOSURE are visitor.c's too */
             FALLBACK_NUMBER_HIGH,
             VISITOR_LOW,
             VISITOR_HIGH,
             FALLBACK_KIND,
             STATUS,
             FETCH_STATUS,
             FETCH_REASON,
             EXPOSURE,
             KNOWN_IDS, /* offset of the ids of which JavaScript has the texts: burgee_request.known */
             ATTRIBUTES
};

enum { KNOWN_COUNT = 8192 }; /* as in src/request_buffer.ts */

struct hot {
  napi_ref reference; /* keeps the buffer alive */
  unsigned char *data;
  size_t size;
  burgee_result result;
  burgee_visitor_flag flag;
};

/* A text in the buffer. false: it does not lie within. */
static inline bool hot_text(const hot *hot, uint32_t offset, uint32_t length, burgee_text *text) {
  text->data = (const char *)hot->data + offset;
  text->length = length;
  return (uint64_t)offset + length <= hot->size;
}

#endif
