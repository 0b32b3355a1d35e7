/* Opening, closing and evaluating leave nothing behind: no thread, no file descriptor, no memory. */
#include "test.h"

#ifdef __linux__
#include <dirent.h>
#include <unistd.h>

enum { CYCLES = 1000, FAST = 8000000, SLOW = 2000000, WARM = 10 };

/* Go starts another worker thread now and then, up to a bound that depends on the machine. What leaks would leak once for
 * each cycle. */
enum { MORE_THREADS = 8, MORE_BYTES = 4 << 20 };

typedef struct usage {
  long threads, descriptors, bytes;
} usage;

static long entries(const char *folder) {
  DIR *directory = opendir(folder);
  long count = 0;
  while (directory != NULL && readdir(directory) != NULL) {
    count++;
  }
  closedir(directory);
  return count;
}

static usage measure(void) {
  usage now = {.threads = entries("/proc/self/task"), .descriptors = entries("/proc/self/fd")};
  FILE *file = fopen("/proc/self/statm", "r");
  CHECK(file != NULL && fscanf(file, "%*d %ld", &now.bytes) == 1, "statm");
  fclose(file);
  now.bytes *= sysconf(_SC_PAGESIZE);
  return now;
}

static void open_and_close(const char *options, int count) {
  int opened = 0;
  for (int i = 0; i < count; i++) {
    void *engine = initialize_engine(options);
    uint64_t client = open_client(options);
    opened += engine != NULL && client != 0;
    char *reply = burgee_close(client);
    burgee_free(reply);
    destroy_engine(engine);
  }
  CHECK(opened == count, "%d of %d", opened, count);
}

static void evaluate_fast(uint64_t client, int count) {
  int right = 0;
  burgee_attribute plan = {.name = {"plan", 4}, .text = {"pro", 3}, .kind = BURGEE_STRING};
  burgee_request request = {.flag_key = {"theme", 5},
                            .targeting_key = {"u", 1},
                            .attributes = &plan,
                            .attribute_count = 1,
                            .want = BURGEE_WANT_FLIPT_VARIANT};
  for (int i = 0; i < count; i++) {
    char buffer[256];
    burgee_result result = {.buffer = buffer, .capacity = sizeof buffer};
    right += burgee_resolve_into(client, &request, &result) == BURGEE_OK && memcmp(buffer, "amber", 5) == 0;
  }
  CHECK(right == count, "%d of %d", right, count);
}

static void evaluate_slow(void *engine, int count) {
  int right = 0;
  for (int i = 0; i < count; i++) {
    const char *reply = evaluate_variant(engine, THEME);
    right += strstr(reply, AMBER) != NULL;
    destroy_string((char *)(uintptr_t)reply);
  }
  CHECK(right == count, "%d of %d", right, count);
}

static void compare(const char *what, usage before) {
  usage after = measure();
  CHECK(after.threads <= before.threads + MORE_THREADS, "%s: %ld threads became %ld", what, before.threads,
        after.threads);
  CHECK(after.descriptors <= before.descriptors, "%s: %ld became %ld", what, before.descriptors, after.descriptors);
  CHECK(after.bytes <= before.bytes + MORE_BYTES, "%s: %ld bytes became %ld", what, before.bytes, after.bytes);
}

int main(int argc, char **argv) {
  char *options = options_of(argv[argc - 1]);
  open_and_close(options, CYCLES);
  usage before = measure();
  open_and_close(options, CYCLES);
  compare("opening", before);

  void *engine = initialize_engine(options);
  uint64_t client = open_client(options);
  evaluate_fast(client, FAST / WARM);
  evaluate_slow(engine, SLOW / WARM);
  before = measure();
  evaluate_fast(client, FAST);
  evaluate_slow(engine, SLOW);
  compare("evaluating", before);
  burgee_free(burgee_close(client));
  destroy_engine(engine);
  free(options);
  return summary("growth");
}

#else

int main(void) {
  puts("growth: skipped, it reads Linux's /proc");
  return 0;
}

#endif
