/* What the C tests share: counting, and an engine on testdata/abi/document.json. */
#ifndef BURGEE_CTEST_H
#define BURGEE_CTEST_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "burgee.h"

#define UNUSED __attribute__((unused))

static int passed, failed;

#define CHECK(condition, ...)                                \
  do {                                                       \
    if (condition) {                                         \
      passed++;                                              \
    } else {                                                 \
      failed++;                                              \
      printf("%s:%d: %s: ", __FILE__, __LINE__, #condition); \
      printf(__VA_ARGS__);                                   \
      printf("\n");                                          \
    }                                                        \
  } while (0)

static int summary(const char *name) {
  printf("%s: %d passed, %d failed\n", name, passed, failed);
  fflush(stdout);
  return failed != 0;
}

/* The options of an engine on the document in the file at path. To be freed. */
UNUSED static char *options_of(const char *path) {
  static const char before[] = "{\"namespace\":\"shop\",\"document\":";
  FILE *file = fopen(path, "rb");
  char *text = calloc(1, 1 << 20);
  if (file == NULL || text == NULL) {
    printf("cannot read %s\n", path);
    exit(1);
  }
  memcpy(text, before, sizeof before);
  size_t length = fread(text + sizeof before - 1, 1, (1 << 20) - 100, file);
  fclose(file);
  memcpy(text + sizeof before - 1 + length, "}", 2);
  return text;
}

/* Opens a client and returns its handle; 0 and a printed reply if that fails. */
UNUSED static uint64_t open_client(const char *options) {
  char *reply = burgee_open(options);
  uint64_t client = 0;
  if (sscanf(reply, "{\"ok\":{\"client\":%" SCNu64, &client) != 1) {
    printf("burgee_open: %s\n", reply);
  }
  burgee_free(reply);
  return client;
}

/* Checks that text contains part, and releases it. */
UNUSED static void expect(const char *what, const char *text, const char *part) {
  CHECK(text != NULL && strstr(text, part) != NULL, "%s: %.300s, want %s", what, text == NULL ? "NULL" : text, part);
  destroy_string((char *)(uintptr_t)text);
}

#define THEME "{\"flag_key\":\"theme\",\"entity_id\":\"u\",\"context\":{\"plan\":\"pro\"}}"
#define AMBER "\"variant_key\":\"amber\""
#define FAILURE "{\"status\":\"failure\",\"result\":null,\"error_message\":\""

#endif /* BURGEE_CTEST_H */
