/* abi MODE LIBRARY OPTIONS CONTEXT FLAGS: puts requests to a library with Flipt's C functions and prints JSON.
 *
 *   speed    nanoseconds of one evaluation with its destroy_string
 *   threads  evaluations per second on one thread and on two, and the same for a loop without an engine
 *   open     how long opening takes, and the resident memory afterwards
 *   delays   how long the longest evaluation takes; 6th argument: seconds
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine.h"

static const int64_t SPEED_NS = 500000000;

/* One pass over all requests takes a millisecond or so. The best of some hundred passes is one that nothing disturbed.
 */
static double best_ns(const engine *e) {
  double best = 0;
  int64_t end = now_ns() + SPEED_NS;
  for (int64_t now = 0; now < end;) {
    int64_t start = now_ns();
    for (size_t i = 0; i < e->request_count; i++) {
      evaluate(e, i);
    }
    now = now_ns();
    double each = (double)(now - start) / (double)e->request_count;
    if (best == 0 || each < best) {
      best = each;
    }
  }
  return best;
}

static long resident_kb(void) {
  char line[256];
  long kb = -1;
  FILE *status = fopen("/proc/self/status", "r");
  while (status != NULL && fgets(line, sizeof line, status) != NULL) {
    if (sscanf(line, "VmRSS: %ld", &kb) == 1) {
      break;
    }
  }
  if (status != NULL) {
    fclose(status);
  }
  return kb;
}

/* What was only needed for opening is given back by and by, so memory is read twice. */
static void measure_open(int64_t took) {
  const struct timespec settle = {.tv_sec = 1, .tv_nsec = 500000000};
  long early = resident_kb();
  nanosleep(&settle, NULL);
  printf("{\"ready_ms\":%.2f,\"resident_early_kb\":%ld,\"resident_kb\":%ld}\n", (double)took / 1e6, early,
         resident_kb());
}

int main(int count, char **arguments) {
  if (count < 6) {
    fail("usage", "abi MODE LIBRARY OPTIONS CONTEXT FLAGS [SECONDS]");
  }
  const char *mode = arguments[1];
  engine e = load_engine(arguments[2], arguments[4], strtoul(arguments[5], NULL, 10));
  int64_t took = open_engine(&e, arguments[3]);
  check_engine(&e);
  /* The first fetch is followed by a second one. */
  const struct timespec settle = {.tv_nsec = 500000000};
  nanosleep(&settle, NULL);
  if (strcmp(mode, "speed") == 0) {
    printf("{\"ns\":%.1f}\n", best_ns(&e));
  } else if (strcmp(mode, "threads") == 0) {
    measure_threads(&e);
  } else if (strcmp(mode, "open") == 0) {
    measure_open(took);
  } else if (strcmp(mode, "delays") == 0 && count == 7) {
    measure_delays(&e, strtod(arguments[6], NULL));
  } else {
    fail("unknown mode", mode);
  }
  e.destroy(e.handle);
  return 0;
}
