// A second copy of a library in a process that holds a dead one.
#ifndef BURGEE_NATIVE_COPY_H
#define BURGEE_NATIVE_COPY_H

#include <stddef.h>
#include <stdint.h>

typedef void *(*file_opener)(const char *path, char *reason, size_t size);

// Copies the file and opens the copy: in memory where the system can, else in the folder for temporary files.
// generation must differ from that of every copy this process has open. Returns NULL and a reason when it fails.
void *copy_open(const char *path, uint32_t generation, file_opener open_file, char *reason, size_t size);

#endif
