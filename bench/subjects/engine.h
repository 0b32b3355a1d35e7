/* One library with Flipt's C functions, opened with dlopen, and the requests that are put to it. */
#ifndef BENCH_ENGINE_H
#define BENCH_ENGINE_H

#include <stddef.h>
#include <stdint.h>

typedef struct engine {
  void *(*initialize)(const char *options);
  const char *(*evaluate_variant)(void *handle, const char *request);
  void (*destroy)(void *handle);
  void (*destroy_string)(char *string);
  void *handle;
  char **requests;
  size_t request_count;
} engine;

/* Ends the process with a message. */
void fail(const char *what, const char *detail);

/* Nanoseconds of a clock that is never set back. */
int64_t now_ns(void);

/* Loads the library and makes count requests with the JSON object context. */
engine load_engine(const char *library, const char *context, size_t count);

/* Opens the engine; returns how long that took. */
int64_t open_engine(engine *e, const char *options);

/* Ends the process unless every request is answered with a match. */
void check_engine(const engine *e);

/* Evaluates request number and releases the reply. */
static inline void evaluate(const engine *e, size_t number) {
  e->destroy_string((char *)e->evaluate_variant(e->handle, e->requests[number]));
}

/* A loop without memory, locks and system calls, which takes about as long as an evaluation. */
uint32_t plain_work(uint32_t seed);

/* Prints the throughput of one thread and of two. */
void measure_threads(const engine *e);

/* Evaluates for some seconds and prints how long the longest evaluations took. */
void measure_delays(const engine *e, double seconds);

#endif /* BENCH_ENGINE_H */
