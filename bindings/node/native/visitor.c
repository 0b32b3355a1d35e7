/* visitor.c: flags of a visitor, through the buffer of resolve.c. The fallback stands where a request to resolve has its
 * targeting key, if it is a text. */
#include <stdlib.h>
#include <string.h>

#include "hot.h"

static bool read_fallback(const hot *hot, const uint32_t *fields, burgee_attribute *fallback) {
  fallback->kind = fields[FALLBACK_KIND];
  switch (fallback->kind) {
    case BURGEE_BOOLEAN:
      fallback->integer = fields[FALLBACK_NUMBER];
      return true;
    case BURGEE_NUMBER:
      memcpy(&fallback->number, &fields[FALLBACK_NUMBER], sizeof fallback->number);
      return true;
    case BURGEE_STRING:
    case BURGEE_JSON:
      return hot_text(hot, fields[TARGETING_KEY], fields[TARGETING_KEY_LENGTH], &fallback->text);
    default:
      return true;
  }
}

/* Reads, and once more with a larger buffer when the value did not fit. Only what fits is reported as seen. */
static uint32_t read_flag(const library *library, uint64_t client, const burgee_visitor_request *request,
                          burgee_visitor_flag *flag) {
  uint32_t code = library->visitor_flag_into(client, request, flag);
  while (flag->length > flag->capacity) {
    char *larger = realloc(flag->buffer, flag->length);
    if (larger == NULL) {
      flag->length = 0;
      return BURGEE_INTERNAL;
    }
    flag->buffer = larger;
    flag->capacity = flag->length;
    code = library->visitor_flag_into(client, request, flag);
  }
  return code;
}

static uint32_t answer(instance *self, const uint32_t *fields) {
  hot *hot = self->hot;
  burgee_visitor_request request = {.visitor = (uint64_t)fields[VISITOR_HIGH] << 32 | fields[VISITOR_LOW],
                                    .flags = fields[FLAGS]};
  if (self->library == NULL) {
    return BURGEE_INVALID_HANDLE;
  }
  if (!hot_text(hot, fields[FLAG_KEY], fields[FLAG_KEY_LENGTH], &request.key) ||
      !read_fallback(hot, fields, &request.fallback)) {
    return BURGEE_INVALID_REQUEST;
  }
  uint64_t client = (uint64_t)fields[CLIENT_HIGH] << 32 | fields[CLIENT_LOW];
  return read_flag(self->library, client, &request, &hot->flag);
}

/* visitorFlag(): reads the flag that the request in the buffer names, and writes the numbers of the result into it. */
napi_value visitor_flag(napi_env env, napi_callback_info info) {
  instance *self = NULL;
  (void)info;
  if (napi_get_instance_data(env, (void **)&self) != napi_ok || self->hot->data == NULL) {
    return NULL;
  }
  uint32_t *fields = (uint32_t *)(void *)self->hot->data;
  burgee_visitor_flag *flag = &self->hot->flag;
  *flag = (burgee_visitor_flag){.buffer = flag->buffer, .capacity = flag->capacity};
  fields[CODE] = answer(self, fields);
  fields[VALUE_KIND] = flag->value_kind;
  fields[BOOLEAN_VALUE] = flag->boolean;
  fields[ID_LOW] = (uint32_t)flag->id;
  fields[ID_HIGH] = (uint32_t)(flag->id >> 32);
  memcpy(&fields[NUMBER], &flag->number, sizeof flag->number);
  fields[STATUS] = flag->status;
  fields[FETCH_STATUS] = flag->fetch_status;
  fields[FETCH_REASON] = flag->fetch_reason;
  fields[EXPOSURE] = flag->exposure;
  return NULL;
}

/* visitorText(): the text of the last value. */
napi_value visitor_text(napi_env env, napi_callback_info info) {
  instance *self = NULL;
  napi_value text = NULL;
  (void)info;
  if (napi_get_instance_data(env, (void **)&self) == napi_ok) {
    const burgee_visitor_flag *flag = &self->hot->flag;
    napi_create_string_utf8(env, flag->buffer, flag->length <= flag->capacity ? flag->length : 0, &text);
  }
  return text;
}

/* visitorClose(clientLow, clientHigh, visitorLow, visitorHigh): forgets a visitor. */
napi_value visitor_close(napi_env env, napi_callback_info info) {
  ARGUMENTS(4)
  uint32_t parts[4] = {0};
  for (int i = 0; i < 4; i++) {
    napi_get_value_uint32(env, argv[i], &parts[i]);
  }
  if (self->library != NULL) {
    self->library->visitor_close((uint64_t)parts[1] << 32 | parts[0], (uint64_t)parts[3] << 32 | parts[2]);
  }
  return NULL;
}
