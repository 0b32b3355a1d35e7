/* A forked child gets an answer at once for every call, and the parent does not notice. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static void in_child(void *engine, uint64_t client) {
  alarm(20); /* a hang is a failure, too */
  expect("evaluate_variant", evaluate_variant(engine, THEME), FAILURE "internal error: forked");
  expect("evaluate_boolean", evaluate_boolean_ffi(engine, THEME), FAILURE "internal error: forked");
  expect("evaluate_batch", evaluate_batch(engine, "[]"), FAILURE "internal error: forked");
  expect("list_flags", list_flags(engine), FAILURE "internal error: forked");
  expect("get_snapshot", get_snapshot(engine), FAILURE "internal error: forked");
  expect("update_authentication", update_authentication(engine, "\"none\""), FAILURE "internal error: forked");
  CHECK(initialize_engine("{}") == NULL, "initialize_engine in a child");
  expect("burgee_open", burgee_open("{}"), "\"code\":\"FORKED\"");
  expect("burgee_call", burgee_call(client, "status", "{}"), "\"code\":\"FORKED\"");
  expect("burgee_wait", burgee_wait(client, -1), "\"code\":\"FORKED\"");
  expect("burgee_close", burgee_close(client), "{\"ok\":null}");
  char buffer[256];
  burgee_request request = {.flag_key = {"theme", 5}};
  burgee_result result = {.buffer = buffer, .capacity = sizeof buffer};
  CHECK(burgee_resolve_into(client, &request, &result) == BURGEE_FORKED && result.code == BURGEE_FORKED, "code %u",
        result.code);
  CHECK(result.length == result.message_length && result.length > 0 && result.attachment_length == BURGEE_ABSENT,
        "length %zu", result.length);
  result.capacity = 3;
  memcpy(buffer, "abc", 4);
  CHECK(burgee_resolve_into(client, &request, &result) == BURGEE_FORKED && strcmp(buffer, "abc") == 0,
        "a small buffer is untouched");
  CHECK(burgee_resolve_into(client, NULL, NULL) == BURGEE_FORKED, "NULL");
  burgee_visitor_request asked = {.visitor = 1, .key = {"theme", 5}};
  burgee_visitor_flag flag = {.buffer = buffer, .capacity = 3, .id = 7, .value_length = 7};
  CHECK(burgee_visitor_flag_into(client, &asked, &flag) == BURGEE_FORKED && flag.code == BURGEE_FORKED, "code %u",
        flag.code);
  CHECK(flag.buffer == buffer && flag.capacity == 3 && flag.id == 0 && flag.value_length == 0, "length %u",
        flag.value_length);
  CHECK(burgee_visitor_flag_into(client, NULL, NULL) == BURGEE_FORKED, "NULL");
  CHECK(burgee_visitor_close(client, 1) == BURGEE_FORKED, "a visitor in a child");
  destroy_engine(engine);
  destroy_engine_ffi(engine);
  CHECK(strstr(burgee_saved_options(client), "\"namespace\":") != NULL, "saved options in a child");
  CHECK(burgee_saved_options(client + 1) == NULL || burgee_saved_options(client + 1) != burgee_saved_options(client),
        "another client");
  CHECK(strchr(burgee_version(), '/') != NULL, "version in a child");
}

static void *engine;
static uint64_t client;
static volatile int stop;

static void *evaluate(void *unused) {
  while (!stop) {
    destroy_string((char *)(uintptr_t)evaluate_variant(engine, THEME));
  }
  return unused;
}

static void child_of(int raw, int depth) {
  pid_t child = raw ? (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) : fork();
  if (child == 0) {
    failed = 0;
    in_child(engine, client);
    if (depth > 1) {
      child_of(0, depth - 1);
    }
    fflush(stdout);
    _exit(failed != 0);
  }
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0, "child ended with %#x",
        (unsigned)status);
}

int main(int argc, char **argv) {
  char *options = options_of(argv[argc - 1]);
  engine = initialize_engine(options);
  client = open_client(options);
  pthread_t threads[2];
  for (int i = 0; i < 2; i++) {
    pthread_create(&threads[i], NULL, evaluate, NULL);
  }
  fflush(stdout);
  for (int i = 0; i < 20; i++) {
    child_of(0, 2);
    /* A fork that runs no handlers of the C library. */
    child_of(1, 1);
    expect("the parent goes on", evaluate_variant(engine, THEME), AMBER);
  }
  stop = 1;
  for (int i = 0; i < 2; i++) {
    pthread_join(threads[i], NULL);
  }
  expect("burgee_call", burgee_call(client, "status", NULL), "\"READY\"");
  expect("burgee_close", burgee_close(client), "{\"ok\":null}");
  destroy_engine(engine);
  free(options);
  return summary("fork");
}
