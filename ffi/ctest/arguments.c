/* Every function with arguments that make no sense: an answer each time, never a crash. */
#include "test.h"

typedef const char *(*evaluation)(void *, const char *);

static const struct {
  const char *name;
  evaluation call;
} evaluations[] = {
    {"evaluate_variant", evaluate_variant},
    {"evaluate_variant_ffi", evaluate_variant_ffi},
    {"evaluate_boolean", evaluate_boolean},
    {"evaluate_boolean_ffi", evaluate_boolean_ffi},
    {"evaluate_batch", evaluate_batch},
    {"evaluate_batch_ffi", evaluate_batch_ffi},
    {"update_authentication", update_authentication},
    {"update_authentication_ffi", update_authentication_ffi},
};

enum { EVALUATIONS = sizeof evaluations / sizeof evaluations[0] };

static const char *const garbage[] = {"",
                                      " ",
                                      "{",
                                      "[",
                                      "nul",
                                      "5",
                                      "\"x\"",
                                      "{}",
                                      "[{}]",
                                      "\xff",
                                      "{\"\xff\":1}",
                                      "{\"flag_key\":\"\xc3\",\"entity_id\":\"u\"}",
                                      "{\"flag_key\":5,\"entity_id\":\"u\"}",
                                      "[[[[[[[["};

static void null_arguments(void *engine) {
  CHECK(initialize_engine(NULL) == NULL, "NULL options");
  CHECK(initialize_engine_ffi(NULL) == NULL, "NULL options");
  for (int i = 0; i < EVALUATIONS; i++) {
    expect(evaluations[i].name, evaluations[i].call(NULL, THEME), FAILURE "error engine null pointer");
    expect(evaluations[i].name, evaluations[i].call(NULL, NULL), FAILURE);
    expect(evaluations[i].name, evaluations[i].call(engine, NULL), FAILURE);
  }
  expect("list_flags", list_flags(NULL), FAILURE "error engine null pointer");
  expect("list_flags_ffi", list_flags_ffi(NULL), FAILURE "error engine null pointer");
  expect("get_snapshot", get_snapshot(NULL), FAILURE "error engine null pointer");
  expect("get_snapshot_ffi", get_snapshot_ffi(NULL), FAILURE "error engine null pointer");
  destroy_engine(NULL);
  destroy_engine_ffi(NULL);
  destroy_string(NULL);
  destroy_string_ffi(NULL);
  burgee_free(NULL);
  expect("burgee_open", burgee_open(NULL), "\"code\":\"INVALID_CONFIG\"");
  expect("burgee_call", burgee_call(0, NULL, NULL), "\"code\":\"INVALID_HANDLE\"");
  expect("burgee_call", burgee_call((uintptr_t)engine, NULL, NULL), "\"code\":\"INVALID_REQUEST\"");
  expect("burgee_call", burgee_call((uintptr_t)engine, "status", NULL), "{\"ok\":{\"state\":\"READY\"");
  CHECK(burgee_resolve_into((uintptr_t)engine, NULL, NULL) == BURGEE_INVALID_REQUEST, "NULL result");
  burgee_result result = {0};
  CHECK(burgee_resolve_into((uintptr_t)engine, NULL, &result) == BURGEE_INVALID_REQUEST, "NULL request");
  CHECK(burgee_visitor_flag_into((uintptr_t)engine, NULL, NULL) == BURGEE_INVALID_REQUEST, "NULL flag");
  CHECK(burgee_saved_options(0) == NULL, "no client");
}

static void garbage_texts(void *engine, uint64_t client) {
  for (size_t g = 0; g < sizeof garbage / sizeof garbage[0]; g++) {
    for (int i = 0; i < EVALUATIONS; i++) {
      /* An empty object is an authentication, namely none. */
      int empty = strcmp(garbage[g], "{}") == 0 && strncmp(evaluations[i].name, "update", 6) == 0;
      expect(evaluations[i].name, evaluations[i].call(engine, garbage[g]), empty ? "{\"status\":\"success\"" : FAILURE);
    }
    expect("burgee_call", burgee_call(client, garbage[g], "{}"), "{\"error\":{\"code\":\"");
    if (strcmp(garbage[g], "{}") != 0) {
      expect("burgee_open", burgee_open(garbage[g]), "\"code\":\"INVALID_CONFIG\"");
      expect("burgee_call", burgee_call(client, "status", garbage[g]), "\"code\":\"INVALID_REQUEST\"");
      expect("burgee_call", burgee_call(client, "resolve", garbage[g]), "\"code\":\"INVALID_REQUEST\"");
      expect("burgee_call", burgee_call(client, "all", garbage[g]), "\"code\":\"INVALID_REQUEST\"");
    }
  }
  CHECK(initialize_engine("{\"namespace\":\"\xff\"}") == NULL, "options that are not UTF-8");
  void *broken = initialize_engine("not json");
  CHECK(broken != NULL, "options that make no sense");
  expect("evaluate_variant", evaluate_variant(broken, THEME), FAILURE "internal error: invalid options: ");
  destroy_engine(broken);
}

static void handles_that_are_not_open(uintptr_t handle) {
  void *engine = (void *)handle;
  for (int i = 0; i < EVALUATIONS; i++) {
    expect(evaluations[i].name, evaluations[i].call(engine, THEME), FAILURE "error engine null pointer");
  }
  expect("list_flags", list_flags(engine), FAILURE);
  expect("get_snapshot", get_snapshot(engine), FAILURE);
  expect("burgee_call", burgee_call(handle, "status", "{}"), "\"code\":\"INVALID_HANDLE\"");
  expect("burgee_wait", burgee_wait(handle, -1), "\"code\":\"INVALID_HANDLE\"");
  burgee_result result = {0};
  burgee_request request = {0};
  CHECK(burgee_resolve_into(handle, &request, &result) == BURGEE_INVALID_HANDLE, "handle %#" PRIxPTR, handle);
  burgee_visitor_request asked = {.visitor = 1};
  burgee_visitor_flag flag = {0};
  CHECK(burgee_visitor_flag_into(handle, &asked, &flag) == BURGEE_INVALID_HANDLE, "handle %#" PRIxPTR, handle);
  CHECK(burgee_visitor_flag_into(handle, NULL, &flag) == BURGEE_INVALID_HANDLE, "handle %#" PRIxPTR, handle);
  CHECK(burgee_visitor_close(handle, 1) == BURGEE_INVALID_HANDLE, "handle %#" PRIxPTR, handle);
  CHECK(burgee_saved_options(handle) == NULL, "handle %#" PRIxPTR, handle);
  destroy_engine(engine);
}

static void fast_requests(uint64_t client) {
  char buffer[256];
  burgee_attribute plan = {.name = {"plan", 4}, .text = {"pro", 3}, .kind = BURGEE_STRING};
  burgee_request request = {.flag_key = {"theme", 5},
                            .targeting_key = {"u", 1},
                            .attributes = &plan,
                            .attribute_count = 1,
                            .want = BURGEE_WANT_STRING};
  burgee_result result = {.buffer = buffer, .capacity = sizeof buffer};
  CHECK(burgee_resolve_into(client, &request, &result) == BURGEE_OK, "code %u", result.code);
  CHECK(result.value_length == 5 && memcmp(buffer, "amber", 5) == 0, "%.*s", (int)result.length, buffer);
  CHECK(result.matched == 1 && result.reason == BURGEE_REASON_TARGETING_MATCH && result.id != 0, "reason %u",
        result.reason);
  CHECK(result.flag_type == BURGEE_TYPE_VARIANT && result.value_kind == BURGEE_STRING && result.segment_count == 2,
        "type %u", result.flag_type);
  request.attributes = NULL;
  CHECK(burgee_resolve_into(client, &request, &result) == BURGEE_INVALID_REQUEST, "NULL attributes with a count");
  request.attribute_count = 0;
  request.flag_key.data = NULL;
  CHECK(burgee_resolve_into(client, &request, &result) == BURGEE_INVALID_REQUEST, "NULL key with a length");
  request.flag_key = (burgee_text){"\xff", 1};
  CHECK(burgee_resolve_into(client, &request, &result) == BURGEE_INVALID_REQUEST, "key that is not UTF-8");
}

int main(int argc, char **argv) {
  char *options = options_of(argv[argc - 1]);
  void *engine = initialize_engine(options);
  uint64_t client = open_client(options);
  expect("evaluate_variant", evaluate_variant(engine, THEME), AMBER);
  expect("evaluate_variant_ffi", evaluate_variant_ffi(engine, THEME), AMBER);
  null_arguments(engine);
  garbage_texts(engine, client);
  fast_requests(client);
  CHECK(strstr(burgee_saved_options(client), "\"document\":") != NULL, "saved options");
  CHECK(strchr(burgee_version(), '/') != NULL, "version %s", burgee_version());
  expect("a long reply", evaluate_variant(engine, "{\"flag_key\":\"big\",\"entity_id\":\"u\"}"),
         "\"request_duration_millis\"");

  uintptr_t invented[] = {
      1, 7, (uintptr_t)-1, (uintptr_t)client + 1, (uintptr_t)client + ((uintptr_t)1 << 32), (uintptr_t)&engine};
  for (size_t i = 0; i < sizeof invented / sizeof invented[0]; i++) {
    handles_that_are_not_open(invented[i]);
  }
  expect("burgee_close", burgee_close(client), "{\"ok\":null}");
  expect("burgee_close", burgee_close(client), "{\"ok\":null}");
  destroy_engine(engine);
  destroy_engine(engine);
  handles_that_are_not_open((uintptr_t)client);
  handles_that_are_not_open((uintptr_t)engine);
  free(options);
  return summary("arguments");
}
