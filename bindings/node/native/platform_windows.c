#if defined(_WIN32)
#include <stdio.h>
#include <stdlib.h>

#include "platform.h"

void platform_mutex_init(platform_mutex *mutex) { InitializeSRWLock(mutex); }
void platform_mutex_destroy(platform_mutex *mutex) { (void)mutex; }
void platform_lock(platform_mutex *mutex) { AcquireSRWLockExclusive(mutex); }
void platform_unlock(platform_mutex *mutex) { ReleaseSRWLockExclusive(mutex); }
void platform_condition_init(platform_condition *condition) { InitializeConditionVariable(condition); }
void platform_condition_destroy(platform_condition *condition) { (void)condition; }
void platform_wait(platform_condition *condition, platform_mutex *mutex) {
  SleepConditionVariableSRW(condition, mutex, INFINITE, 0);
}
void platform_wake_all(platform_condition *condition) { WakeAllConditionVariable(condition); }

typedef struct start {
  void (*entry)(void *);
  void *argument;
} start;

static DWORD WINAPI run(LPVOID data) {
  start copy = *(start *)data;
  free(data);
  copy.entry(copy.argument);
  return 0;
}

bool platform_start(void (*entry)(void *), void *argument) {
  start *data = malloc(sizeof *data);
  if (data == NULL) {
    return false;
  }
  data->entry = entry;
  data->argument = argument;
  HANDLE thread = CreateThread(NULL, 0, run, data, 0, NULL);
  if (thread == NULL) {
    free(data);
    return false;
  }
  CloseHandle(thread);
  return true;
}

static void pin(const void *address) {
  HMODULE module;
  GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN, (LPCWSTR)address, &module);
}

void *platform_load(const char *path, char *problem, size_t capacity) {
  int length = MultiByteToWideChar(CP_UTF8, 0, path, -1, NULL, 0);
  wchar_t *wide = malloc((size_t)(length > 0 ? length : 1) * sizeof *wide);
  if (wide == NULL) {
    snprintf(problem, capacity, "out of memory");
    return NULL;
  }
  wide[0] = 0;
  MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, length);
  HMODULE library = LoadLibraryExW(wide, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
  if (library == NULL) {
    snprintf(problem, capacity, "%s: LoadLibrary failed with error %lu", path, GetLastError());
  } else {
    FARPROC known = GetProcAddress(library, "burgee_version");
    if (known != NULL) {
      pin((const void *)known);
    }
  }
  free(wide);
  return (void *)library;
}

void *platform_symbol(void *library, const char *name) { return (void *)GetProcAddress((HMODULE)library, name); }

double platform_now(void) {
  FILETIME time;
  GetSystemTimePreciseAsFileTime(&time);
  ULONGLONG ticks = (ULONGLONG)time.dwHighDateTime << 32 | time.dwLowDateTime; /* of 100 ns, since 1601 */
  return (double)(ticks / 10000) - 11644473600000.0;
}

void platform_pin_self(void) { pin((const void *)&platform_pin_self); }

void platform_signals_on_alternate_stack(void) {}
#else
typedef int platform_windows_is_empty;
#endif
