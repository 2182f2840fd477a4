/* What moves bytes by io_uring calls no function that could be interposed. */
#ifndef APMSHIM_IO_URING_H
#define APMSHIM_IO_URING_H

#include <stdbool.h>
#include <sys/types.h>

/* Whether this process has a ring among its first descriptors. */
bool io_uring_used(pid_t pid);

#endif
