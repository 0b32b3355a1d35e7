/* Evaluation from many threads while engines are opened and destroyed under them. */
#include <pthread.h>
#include <stdatomic.h>

#include "test.h"

enum { THREADS = 6, ROUNDS = 300 };

static char *options;
static _Atomic(void *) current;
static atomic_int stop;
static atomic_long answers, strange;

static void count(const char *reply, const char *part) {
  atomic_fetch_add(&answers, 1);
  if (reply == NULL || (strstr(reply, part) == NULL && strstr(reply, "null pointer") == NULL &&
                        strstr(reply, "is closed") == NULL && strstr(reply, "INVALID_HANDLE") == NULL)) {
    atomic_fetch_add(&strange, 1);
    printf("strange: %.300s\n", reply == NULL ? "NULL" : reply);
  }
  destroy_string((char *)(uintptr_t)reply);
}

static void *evaluate(void *unused) {
  while (!atomic_load(&stop)) {
    void *engine = atomic_load(&current);
    count(evaluate_variant(engine, THEME), AMBER);
    count(evaluate_batch(engine, "[" THEME "]"), AMBER);
    count(list_flags(engine), "\"dark\"");
    count(burgee_call((uintptr_t)engine, "resolve", "{\"key\":\"theme\",\"context\":{\"plan\":\"pro\"}}"), "\"amber\"");
    char buffer[256];
    burgee_request request = {.flag_key = {"off", 3}, .want = BURGEE_WANT_FLIPT_VARIANT};
    burgee_result result = {.buffer = buffer, .capacity = sizeof buffer};
    uint32_t code = burgee_resolve_into((uintptr_t)engine, &request, &result);
    if (code != BURGEE_OK && code != BURGEE_INVALID_HANDLE && code != BURGEE_PROVIDER_NOT_READY) {
      atomic_fetch_add(&strange, 1);
    }
  }
  return unused;
}

static void *wait_for_events(void *unused) {
  while (!atomic_load(&stop)) {
    burgee_free(burgee_wait((uintptr_t)atomic_load(&current), 1));
  }
  return unused;
}

int main(int argc, char **argv) {
  options = options_of(argv[argc - 1]);
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) {
    pthread_create(&threads[i], NULL, i == 0 ? wait_for_events : evaluate, NULL);
  }
  for (int i = 0; i < ROUNDS; i++) {
    void *engine = initialize_engine(options);
    CHECK(engine != NULL, "round %d", i);
    atomic_store(&current, engine);
    expect("evaluate_variant", evaluate_variant(engine, THEME), AMBER);
    destroy_engine(engine);
    if (i % 2 == 0) {
      destroy_engine_ffi(engine);
    }
  }
  atomic_store(&stop, 1);
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
  }
  CHECK(atomic_load(&strange) == 0, "%ld of %ld", atomic_load(&strange), atomic_load(&answers));
  CHECK(atomic_load(&answers) > 0, "no answers");
  free(options);
  return summary("threads");
}
