/* resolve.c: the hot path. JavaScript writes a request into one buffer that both sides know, calls `resolve` without
 * arguments, and reads numbers back from the same buffer: each argument or property that crosses through Node-API would
 * cost more than the evaluation. Texts cross only when JavaScript asks for them with `texts`.
 *
 * The buffer starts with 32-bit integers, in the order of enum field; then follow attribute_stride integers for each
 * attribute. Everything after that is text. Offsets count bytes from the start of the buffer. */
#include <stdlib.h>
#include <string.h>

#include "hot.h"

enum attribute { NAME, NAME_LENGTH, KIND, TEXT_OR_INTEGER, TEXT_LENGTH, ATTRIBUTE_STRIDE };

enum { ATTRIBUTES_ON_STACK = 24, FIRST_CAPACITY = 4096 };

static void hot_release(hot *hot) {
  free(hot->result.buffer);
  free(hot->flag.buffer);
  free(hot);
}

hot *hot_new(void) {
  hot *hot = calloc(1, sizeof *hot);
  if (hot == NULL) {
    return NULL;
  }
  hot->result.buffer = malloc(FIRST_CAPACITY);
  hot->result.capacity = FIRST_CAPACITY;
  hot->flag.buffer = malloc(FIRST_CAPACITY);
  hot->flag.capacity = FIRST_CAPACITY;
  if (hot->result.buffer == NULL || hot->flag.buffer == NULL) {
    hot_release(hot);
    return NULL;
  }
  return hot;
}

void hot_free(napi_env env, hot *hot) {
  if (hot->reference != NULL) {
    napi_delete_reference(env, hot->reference);
  }
  hot_release(hot);
}

/* bind(arrayBuffer): requests stand in this buffer from now on. */
napi_value hot_bind(napi_env env, napi_callback_info info) {
  ARGUMENTS(1)
  void *data = NULL;
  size_t size = 0;
  napi_ref reference = NULL;
  if (napi_get_arraybuffer_info(env, argv[0], &data, &size) != napi_ok || size < ATTRIBUTES * sizeof(int32_t) ||
      napi_create_reference(env, argv[0], 1, &reference) != napi_ok) {
    napi_throw_type_error(env, NULL, "burgee: bind wants an ArrayBuffer");
    return NULL;
  }
  if (self->hot->reference != NULL) {
    napi_delete_reference(env, self->hot->reference);
  }
  self->hot->reference = reference;
  self->hot->data = data;
  self->hot->size = size;
  return NULL;
}

static bool read_attribute(const hot *hot, const uint32_t *fields, burgee_attribute *attribute) {
  attribute->kind = fields[KIND];
  attribute->number = 0;
  attribute->reserved = 0;
  bool within = hot_text(hot, fields[NAME], fields[NAME_LENGTH], &attribute->name);
  if (attribute->kind == BURGEE_BOOLEAN || attribute->kind == BURGEE_NULL) {
    attribute->integer = fields[TEXT_OR_INTEGER];
    attribute->text.data = NULL;
    attribute->text.length = 0;
    return within;
  }
  attribute->integer = 0;
  return hot_text(hot, fields[TEXT_OR_INTEGER], fields[TEXT_LENGTH], &attribute->text) && within;
}

/* Tells of the ids of which JavaScript has the texts, if the request does. */
static bool known_ids(const hot *hot, uint32_t offset, burgee_request *request) {
  if ((request->flags & BURGEE_KNOWN_TEXTS) == 0) {
    return true;
  }
  request->known = (const uint64_t *)(const void *)(hot->data + offset);
  request->known_count = KNOWN_COUNT;
  return offset % sizeof *request->known == 0 && offset + KNOWN_COUNT * sizeof *request->known <= hot->size;
}

/* Evaluates, and once more with a larger buffer when the texts did not fit. The vendor hears of what fits. */
static uint32_t evaluate(const library *library, uint64_t client, burgee_request *request, burgee_result *result) {
  uint32_t code = library->resolve_into(client, request, result);
  while (result->length > result->capacity) {
    size_t capacity = result->length + result->length / 2;
    char *larger = realloc(result->buffer, capacity);
    if (larger == NULL) {
      result->length = 0;
      return BURGEE_INTERNAL;
    }
    result->buffer = larger;
    result->capacity = capacity;
    code = library->resolve_into(client, request, result);
  }
  return code;
}

static uint32_t answer(instance *self) {
  hot *hot = self->hot;
  uint32_t *fields = (uint32_t *)(void *)hot->data;
  burgee_result *result = &hot->result;
  const library *library = self->library;
  if (library == NULL) {
    return BURGEE_INVALID_HANDLE;
  }
  burgee_attribute few[ATTRIBUTES_ON_STACK], *attributes = few;
  uint32_t count = fields[ATTRIBUTE_COUNT];
  if (((uint64_t)count * ATTRIBUTE_STRIDE + ATTRIBUTES) * sizeof(uint32_t) > hot->size) {
    return BURGEE_INVALID_REQUEST;
  }
  if (count > ATTRIBUTES_ON_STACK && (attributes = malloc(count * sizeof *attributes)) == NULL) {
    return BURGEE_INTERNAL;
  }
  burgee_request request = {
      .attributes = attributes, .attribute_count = count, .want = fields[WANT], .flags = fields[FLAGS]};
  bool within = known_ids(hot, fields[KNOWN_IDS], &request) &&
                hot_text(hot, fields[FLAG_KEY], fields[FLAG_KEY_LENGTH], &request.flag_key) &&
                hot_text(hot, fields[TARGETING_KEY], fields[TARGETING_KEY_LENGTH], &request.targeting_key);
  for (uint32_t i = 0; i < count && within; i++) {
    within = read_attribute(hot, fields + ATTRIBUTES + (size_t)i * ATTRIBUTE_STRIDE, &attributes[i]);
  }
  uint32_t code = BURGEE_INVALID_REQUEST;
  if (within) {
    uint64_t client = (uint64_t)fields[CLIENT_HIGH] << 32 | fields[CLIENT_LOW];
    code = evaluate(library, client, &request, result);
  }
  if (attributes != few) {
    free(attributes);
  }
  return code;
}

/* resolve(): evaluates the request in the buffer and writes the numbers of the result into it. */
napi_value hot_resolve(napi_env env, napi_callback_info info) {
  instance *self = NULL;
  (void)info;
  if (napi_get_instance_data(env, (void **)&self) != napi_ok || self->hot->data == NULL) {
    return NULL;
  }
  uint32_t *fields = (uint32_t *)(void *)self->hot->data;
  burgee_result *result = &self->hot->result;
  result->length = 0;
  result->id = 0;
  result->message_length = 0;
  fields[CODE] = answer(self);
  fields[REASON] = result->reason;
  fields[FLAG_TYPE] = result->flag_type;
  fields[VALUE_KIND] = result->value_kind;
  fields[BOOLEAN_VALUE] = result->boolean;
  fields[MATCHED] = result->matched;
  fields[ID_LOW] = (uint32_t)result->id;
  fields[ID_HIGH] = (uint32_t)(result->id >> 32);
  fields[VERSION_LOW] = (uint32_t)result->version;
  fields[VERSION_HIGH] = (uint32_t)(result->version >> 32);
  memcpy(&fields[NUMBER], &result->number, sizeof result->number);
  fields[IN_EXPERIMENT] = result->in_experiment;
  if (fields[WANT] >= BURGEE_WANT_FLIPT_VARIANT && fields[WANT] <= BURGEE_WANT_FLIPT_ANY) {
    double now = platform_now(); /* cheaper here than Date.now() */
    memcpy(&fields[NOW], &now, sizeof now);
  }
  return NULL;
}

/* Puts the next text of the result into the array, as far as it lies within the bytes that were written. */
static void put(napi_env env, napi_value array, uint32_t index, const burgee_result *result, size_t *offset,
                uint32_t length) {
  napi_value value = NULL;
  if (length == BURGEE_ABSENT) {
    napi_get_undefined(env, &value);
  } else {
    size_t used = result->length <= result->capacity ? result->length : 0;
    size_t rest = *offset <= used ? used - *offset : 0;
    size_t take = length <= rest ? length : rest;
    napi_create_string_utf8(env, result->buffer + *offset, take, &value);
    *offset += take;
  }
  napi_set_element(env, array, index, value);
}

/* texts(): [value, variant, attachment or undefined, message, the vendor's reason, flag name, rule name, ...segments] of
 * the last result. */
napi_value hot_texts(napi_env env, napi_callback_info info) {
  enum { BEFORE_SEGMENTS = 4, TEXTS = 7 };
  instance *self = NULL;
  (void)info;
  if (napi_get_instance_data(env, (void **)&self) != napi_ok) {
    return NULL;
  }
  const burgee_result *result = &self->hot->result;
  uint32_t lengths[TEXTS] = {result->value_length,    result->variant_length,       result->attachment_length,
                             result->message_length,  result->vendor_reason_length, result->flag_name_length,
                             result->rule_name_length};
  uint32_t segments = result->segment_count;
  if (result->length == 0) { /* nothing was evaluated; the lengths are those of an earlier result */
    segments = 0;
    for (uint32_t i = 0; i < TEXTS; i++) {
      lengths[i] = lengths[i] == BURGEE_ABSENT ? BURGEE_ABSENT : 0;
    }
  }
  napi_value array;
  size_t offset = 0;
  if (napi_create_array(env, &array) != napi_ok) {
    return NULL;
  }
  for (uint32_t i = 0; i < BEFORE_SEGMENTS; i++) {
    put(env, array, i, result, &offset, lengths[i]);
  }
  for (uint32_t i = 0; i < segments; i++) {
    uint32_t length = 0;
    if (offset + sizeof length <= result->length) {
      memcpy(&length, result->buffer + offset, sizeof length);
    }
    offset += sizeof length;
    put(env, array, TEXTS + i, result, &offset, length);
  }
  for (uint32_t i = BEFORE_SEGMENTS; i < TEXTS; i++) {
    put(env, array, i, result, &offset, lengths[i]);
  }
  return array;
}
