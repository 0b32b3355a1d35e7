/* Evaluations per second on one thread and on two. Time is cut into short windows, and the best one counts: in that, no
 * other process took a core away. A loop that shares nothing shows what the machine can do. */
#define _GNU_SOURCE /* RUSAGE_THREAD */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "engine.h"

enum { THREADS = 2, WINDOWS = 60, CHUNK = 50 };

static const int64_t WINDOW_NS = 10000000;

typedef struct worker {
  const engine *engine; /* NULL: plain work */
  atomic_int *waiting;
  _Atomic int64_t *start;
  size_t first;
  uint64_t counts[WINDOWS];
  double cpu_ns; /* of one evaluation */
  long blocked;  /* how often the thread waited for something */
} worker;

/* What several threads have together. */
typedef struct team {
  double per_second;
  double cpu_ns;
  long blocked;
} team;

static int64_t thread_cpu_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static size_t evaluate_chunk(const worker *w, size_t request) {
  volatile uint32_t sink = 1;
  for (int i = 0; i < CHUNK; i++) {
    if (w->engine == NULL) {
      sink = plain_work(sink);
      continue;
    }
    evaluate(w->engine, request);
    request = request + 1 < w->engine->request_count ? request + 1 : 0;
  }
  return request;
}

static void *work(void *argument) {
  worker *w = argument;
  if (atomic_fetch_sub(w->waiting, 1) == 1) {
    atomic_store(w->start, now_ns()); /* the last one to come starts the others */
  }
  int64_t start = 0;
  while ((start = atomic_load(w->start)) == 0) {
  }
  int64_t cpu = thread_cpu_ns();
  struct rusage before, after;
  getrusage(RUSAGE_THREAD, &before);
  size_t request = w->first;
  uint64_t count = 0;
  for (int64_t window = 0; window < WINDOWS; window = (now_ns() - start) / WINDOW_NS) {
    request = evaluate_chunk(w, request);
    w->counts[window] += CHUNK;
    count += CHUNK;
  }
  getrusage(RUSAGE_THREAD, &after);
  w->blocked = after.ru_nvcsw - before.ru_nvcsw;
  w->cpu_ns = (double)(thread_cpu_ns() - cpu) / (double)count;
  return NULL;
}

static team run(const engine *e, int threads) {
  pthread_t ids[THREADS];
  static worker workers[THREADS];
  atomic_int waiting = threads;
  _Atomic int64_t start = 0;
  for (int t = 0; t < threads; t++) {
    workers[t] = (worker){.engine = e, .waiting = &waiting, .start = &start};
    workers[t].first = e == NULL ? 0 : (size_t)t * e->request_count / THREADS;
    if (pthread_create(&ids[t], NULL, work, &workers[t]) != 0) {
      fail("no thread", "pthread_create");
    }
  }
  for (int t = 0; t < threads; t++) {
    pthread_join(ids[t], NULL);
  }
  team all = {0};
  for (int t = 0; t < threads; t++) {
    all.cpu_ns += workers[t].cpu_ns / threads;
    all.blocked += workers[t].blocked;
  }
  uint64_t best = 0;
  for (int i = 0; i < WINDOWS; i++) {
    uint64_t sum = 0;
    for (int t = 0; t < threads; t++) {
      sum += workers[t].counts[i];
    }
    best = sum > best ? sum : best;
  }
  all.per_second = (double)best * 1e9 / (double)WINDOW_NS;
  return all;
}

void measure_threads(const engine *e) {
  team one = run(e, 1), two = run(e, 2), plain_one = run(NULL, 1), plain_two = run(NULL, 2);
  printf("{\"one\":%.0f,\"two\":%.0f,\"plain_one\":%.0f,\"plain_two\":%.0f,", one.per_second, two.per_second,
         plain_one.per_second, plain_two.per_second);
  printf("\"cpu_ns_one\":%.1f,\"cpu_ns_two\":%.1f,\"blocked_two\":%ld}\n", one.cpu_ns, two.cpu_ns, two.blocked);
}
