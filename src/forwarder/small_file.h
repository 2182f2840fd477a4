/* Files that tell what a service is called. */
#ifndef APMSHIM_SMALL_FILE_H
#define APMSHIM_SMALL_FILE_H

#include "base/arena.h"

enum { SMALL_FILE_MAX = 64 * 1024 };

/* The text of a regular file, as far as it fits; NULL: it can't be read. A NUL ends it. */
const char *small_file_read(struct arena *arena, const char *path);

#endif
