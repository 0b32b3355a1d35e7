/* platform.h: threads, locks and dynamic loading, the little of them that the addon needs, on POSIX and on Windows. */
#ifndef BURGEE_NODE_PLATFORM_H
#define BURGEE_NODE_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>

#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
typedef SRWLOCK platform_mutex;
typedef CONDITION_VARIABLE platform_condition;
#define PLATFORM_MUTEX_INIT SRWLOCK_INIT
#else
#include <pthread.h>
typedef pthread_mutex_t platform_mutex;
typedef pthread_cond_t platform_condition;
#define PLATFORM_MUTEX_INIT PTHREAD_MUTEX_INITIALIZER
#endif

void platform_mutex_init(platform_mutex *mutex);
void platform_mutex_destroy(platform_mutex *mutex);
void platform_lock(platform_mutex *mutex);
void platform_unlock(platform_mutex *mutex);
void platform_condition_init(platform_condition *condition);
void platform_condition_destroy(platform_condition *condition);
void platform_wait(platform_condition *condition, platform_mutex *mutex);
void platform_wake_all(platform_condition *condition);

/* Runs entry(argument) on a thread of its own that nobody joins. Returns false when the system has no more threads. */
bool platform_start(void (*entry)(void *), void *argument);

/* Loads a library for the rest of the process's life. path is UTF-8. On failure returns NULL and writes why to problem.
 */
void *platform_load(const char *path, char *problem, size_t capacity);

/* The address of a function in a loaded library, or NULL. */
void *platform_symbol(void *library, const char *name);

/* Whole milliseconds since 1970, as Date.now() has them. */
double platform_now(void);

/* Keeps the addon itself loaded for ever: Node unloads it when the last worker that uses it ends, while a thread of the
 * addon may still be returning from its last function. */
void platform_pin_self(void);

/* Sets SA_ONSTACK on every signal handler that lacks it, because the Go runtime runs on stacks of its own that are too
 * small for a foreign handler. Nothing on Windows. */
void platform_signals_on_alternate_stack(void);

#endif
