/* napi_windows.h: Node-API found in the running program instead of in an import library. An import library would tie
 * the addon to a program called node.exe, while Electron and renamed copies export the same functions under other
 * names. */
#ifndef BURGEE_NODE_NAPI_WINDOWS_H
#define BURGEE_NODE_NAPI_WINDOWS_H

#include <stdbool.h>

#define NAPI_WINDOWS_FUNCTIONS(each)                                                                                   \
  each(napi_add_env_cleanup_hook) each(napi_call_function) each(napi_call_threadsafe_function) each(napi_create_array) \
      each(napi_create_function) each(napi_create_reference) each(napi_create_string_utf8)                             \
          each(napi_create_threadsafe_function) each(napi_create_uint32) each(napi_delete_reference)                   \
              each(napi_get_arraybuffer_info) each(napi_get_cb_info) each(napi_get_instance_data)                      \
                  each(napi_get_undefined) each(napi_get_value_string_utf8) each(napi_get_value_uint32)                \
                      each(napi_ref_threadsafe_function) each(napi_set_element) each(napi_set_instance_data)           \
                          each(napi_set_named_property) each(napi_throw_error) each(napi_throw_type_error)             \
                              each(napi_unref_threadsafe_function)

#define NAPI_WINDOWS_MEMBER(name) __typeof__(&name) name##_;
typedef struct napi_windows_table {
  NAPI_WINDOWS_FUNCTIONS(NAPI_WINDOWS_MEMBER)
} napi_windows_table;
#undef NAPI_WINDOWS_MEMBER

extern napi_windows_table napi_windows;

/* Looks the functions up. Returns false when one is missing: the program is not Node, or too old. */
bool napi_windows_bind(void);

#ifndef NAPI_WINDOWS_DEFINES
#define napi_add_env_cleanup_hook napi_windows.napi_add_env_cleanup_hook_
#define napi_call_function napi_windows.napi_call_function_
#define napi_call_threadsafe_function napi_windows.napi_call_threadsafe_function_
#define napi_create_array napi_windows.napi_create_array_
#define napi_create_function napi_windows.napi_create_function_
#define napi_create_reference napi_windows.napi_create_reference_
#define napi_create_string_utf8 napi_windows.napi_create_string_utf8_
#define napi_create_threadsafe_function napi_windows.napi_create_threadsafe_function_
#define napi_create_uint32 napi_windows.napi_create_uint32_
#define napi_delete_reference napi_windows.napi_delete_reference_
#define napi_get_arraybuffer_info napi_windows.napi_get_arraybuffer_info_
#define napi_get_cb_info napi_windows.napi_get_cb_info_
#define napi_get_instance_data napi_windows.napi_get_instance_data_
#define napi_get_undefined napi_windows.napi_get_undefined_
#define napi_get_value_string_utf8 napi_windows.napi_get_value_string_utf8_
#define napi_get_value_uint32 napi_windows.napi_get_value_uint32_
#define napi_ref_threadsafe_function napi_windows.napi_ref_threadsafe_function_
#define napi_set_element napi_windows.napi_set_element_
#define napi_set_instance_data napi_windows.napi_set_instance_data_
#define napi_set_named_property napi_windows.napi_set_named_property_
#define napi_throw_error napi_windows.napi_throw_error_
#define napi_throw_type_error napi_windows.napi_throw_type_error_
#define napi_unref_threadsafe_function napi_windows.napi_unref_threadsafe_function_
#endif

#endif
