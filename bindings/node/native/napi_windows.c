#if defined(_WIN32)
#define NAPI_WINDOWS_DEFINES /* the functions keep their own names in this file */
#include <string.h>

#include "addon.h"

napi_windows_table napi_windows;

static bool find(const char *name, void *target) {
  FARPROC address = GetProcAddress(GetModuleHandleW(NULL), name);
  memcpy(target, &address, sizeof address);
  return address != NULL;
}

bool napi_windows_bind(void) {
  bool complete = true;
#define NAPI_WINDOWS_FIND(name) complete = find(#name, &napi_windows.name##_) && complete;
  NAPI_WINDOWS_FUNCTIONS(NAPI_WINDOWS_FIND)
#undef NAPI_WINDOWS_FIND
  return complete;
}
#else
typedef int napi_windows_is_empty;
#endif
