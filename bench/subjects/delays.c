#define _GNU_SOURCE /* RUSAGE_THREAD */
/* How long can a single evaluation take? Beside every evaluation a plain loop of the same length is timed: what delays
 * that too is the machine, not the engine. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "engine.h"

enum { BIN_NS = 100, BINS = 200000, SLOW_NS = 1000000 };

typedef struct delays {
  uint32_t *bins; /* the last one holds everything above 20 ms */
  uint64_t count;
  int64_t longest;
  int64_t longest_running; /* of those during which the thread was on a core all the time */
  int64_t longest_blocked; /* of those during which the thread waited for something */
  uint64_t slow;           /* longer than 1 ms */
} delays;

static void record(delays *d, int64_t took, const struct rusage *before) {
  size_t bin = (size_t)(took / BIN_NS);
  d->bins[bin < BINS ? bin : BINS - 1]++;
  d->count++;
  d->slow += took > SLOW_NS;
  if (took > d->longest) {
    d->longest = took;
  }
  if (took <= d->longest_running && took <= d->longest_blocked) {
    return;
  }
  struct rusage after;
  getrusage(RUSAGE_THREAD, &after);
  int blocked = after.ru_nvcsw != before->ru_nvcsw;
  int preempted = after.ru_nivcsw != before->ru_nivcsw;
  if (blocked && took > d->longest_blocked) {
    d->longest_blocked = took;
  }
  if (!blocked && !preempted && took > d->longest_running) {
    d->longest_running = took;
  }
}

static double percentile_us(const delays *d, double share) {
  uint64_t rest = (uint64_t)((double)d->count * (1 - share));
  for (size_t bin = BINS; bin-- > 0;) {
    if (d->bins[bin] > rest) {
      return (double)(bin + 1) * BIN_NS / 1e3;
    }
    rest -= d->bins[bin];
  }
  return 0;
}

static void print(const char *name, const delays *d) {
  printf(
      "\"%s\":{\"count\":%llu,\"p9999_us\":%.1f,\"longest_us\":%.1f,\"longest_running_us\":%.1f,"
      "\"longest_blocked_us\":%.1f,\"over_1ms\":%llu}",
      name, (unsigned long long)d->count, percentile_us(d, 0.9999), (double)d->longest / 1e3,
      (double)d->longest_running / 1e3, (double)d->longest_blocked / 1e3, (unsigned long long)d->slow);
}

void measure_delays(const engine *e, double seconds) {
  delays evaluation = {.bins = calloc(BINS, sizeof(uint32_t))};
  delays plain = {.bins = calloc(BINS, sizeof(uint32_t))};
  volatile uint32_t sink = 1;
  int64_t end = now_ns() + (int64_t)(seconds * 1e9);
  int64_t last = 0;
  for (size_t i = 0; last < end; i = (i + 1) % e->request_count) {
    struct rusage before;
    getrusage(RUSAGE_THREAD, &before);
    int64_t start = now_ns();
    evaluate(e, i);
    last = now_ns();
    record(&evaluation, last - start, &before);
    getrusage(RUSAGE_THREAD, &before);
    start = now_ns();
    sink = plain_work(sink);
    last = now_ns();
    record(&plain, last - start, &before);
  }
  printf("{");
  print("evaluation", &evaluation);
  printf(",");
  print("plain", &plain);
  printf("}\n");
  free(evaluation.bins);
  free(plain.bins);
}
