/* The host's signal handlers, alternate stack and mask are the same after the library has worked. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <unistd.h>

#include "test.h"

static volatile sig_atomic_t counts[65];

static void handler(int number) { counts[number]++; }

static sigjmp_buf back;

static void fault(int number) {
  counts[number]++;
  siglongjmp(back, 1);
}

static void work(void *engine) {
  for (int i = 0; i < 20000; i++) { /* enough for garbage collections */
    destroy_string((char *)(uintptr_t)list_flags(engine));
  }
}

int main(int argc, char **argv) {
  static const int own[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD, SIGALRM, SIGQUIT, SIGCONT};
  enum { OWN = sizeof own / sizeof own[0] };
  struct sigaction action = {0};
  for (int i = 0; i < OWN; i++) {
    action.sa_handler = handler;
    action.sa_flags = SA_ONSTACK | SA_RESTART;
    sigaction(own[i], &action, NULL);
  }
  sigset_t before, after;
  sigprocmask(SIG_SETMASK, NULL, &before);
  char *options = options_of(argv[argc - 1]);
  void *engine = initialize_engine(options);
  work(engine);
  for (int i = 0; i < OWN; i++) {
    sigaction(own[i], NULL, &action);
    CHECK(action.sa_handler == handler, "the handler of signal %d was replaced", own[i]);
    for (int k = 0; k < 10; k++) {
      raise(own[i]);
      kill(getpid(), own[i]);
    }
    destroy_string((char *)(uintptr_t)list_flags(engine));
    CHECK(counts[own[i]] > 0, "signal %d did not arrive", own[i]);
  }
  sigprocmask(SIG_SETMASK, NULL, &after);
  for (int signal = 1; signal < NSIG; signal++) { /* beyond those a set holds whatever was on the stack */
    CHECK(sigismember(&before, signal) == sigismember(&after, signal), "the mask of signal %d has changed", signal);
  }

  /* A handler for faults that the host installs later is the host's. */
  struct sigaction go;
  action.sa_handler = fault;
  action.sa_flags = SA_ONSTACK;
  sigaction(SIGSEGV, &action, &go);
  if (sigsetjmp(back, 1) == 0) {
    *(volatile int *)(uintptr_t)8 = 1;
  }
  CHECK(counts[SIGSEGV] == 1, "the host's own fault did not reach its handler");
  sigaction(SIGSEGV, &go, NULL);
  expect("evaluate_variant", evaluate_variant(engine, THEME), AMBER);

  /* A pipe that nobody reads is an error for a host that ignores the signal, not its end. */
  int ends[2];
  CHECK(pipe(ends) == 0, "pipe");
  close(ends[0]);
  signal(SIGPIPE, SIG_IGN);
  CHECK(write(ends[1], "x", 1) == -1, "write to a broken pipe");
  expect("evaluate_variant", evaluate_variant(engine, THEME), AMBER);
  destroy_engine(engine);
  free(options);
  return summary("signals");
}
