/* initialize_engine in both forms. The one-argument form is called with every kind of garbage where the older form has
 * its second argument. */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <unistd.h>

#include "test.h"

typedef void *(*two_arguments)(const char *, const void *);

static two_arguments older(void) {
  union {
    void *(*one)(const char *);
    two_arguments two;
  } form = {initialize_engine};
  return form.two;
}

static void answers(void *engine, const char *request, const char *part) {
  CHECK(engine != NULL, "no engine");
  expect("evaluate_variant", evaluate_variant(engine, request), part);
  destroy_engine(engine);
}

int main(int argc, char **argv) {
  char *options = options_of(argv[argc - 1]);
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char *unreadable = mmap(NULL, page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(pages, 'x', 2 * page);
  mprotect(pages + page, page, PROT_NONE);
  const void *garbage[] = {NULL,
                           (void *)1,
                           (void *)8,
                           (void *)0xdeadbeefdeadbeef,
                           (void *)-1,
                           (void *)-4096,
                           (void *)0x7fffffffffff,
                           unreadable,
                           unreadable + page - 1,
                           pages /* no NUL before memory ends */,
                           pages + page - 1,
                           "",
                           "text",
                           "[]",
                           (const void *)(uintptr_t)main,
                           &page};
  for (size_t i = 0; i < sizeof garbage / sizeof garbage[0]; i++) {
    answers(older()(options, garbage[i]), THEME, AMBER);
    answers(older()("shop", garbage[i]), THEME, FAILURE "internal error: invalid options: ");
    answers(older()("", garbage[i]), THEME, FAILURE "internal error: invalid options: ");
  }
  CHECK(older()(NULL, options) == NULL, "NULL namespace");

  char own[64] = "{\"url\":\"http://127.0.0.1:1\",\"start_wait_ms\":1}";
  void *engine = older()("warehouse", own);
  CHECK(engine != NULL, "two arguments");
  expect("list_flags", list_flags(engine), FAILURE);
  destroy_engine(engine);

  /* The options of the older form come without the namespace; the first argument has it. */
  char *without = malloc(strlen(options) + 1);
  memcpy(without, options, strlen(options) + 1);
  memcpy(strstr(without, "\"shop\""), "\"xxxx\"", 6);
  answers(older()("shop", without), THEME, AMBER);
  answers(older()("shop", without), "{\"flag_key\":\"bare\",\"entity_id\":\"u\"}", "\"variant_attachment\":\"\"");

  /* The end of readable memory right after the NUL. */
  size_t length = strlen(own) + 1;
  memcpy(pages + page - length, own, length);
  engine = older()("warehouse", pages + page - length);
  expect("list_flags", list_flags(engine), FAILURE);
  destroy_engine(engine);
  free(without);
  free(options);
  return summary("twoargs");
}
