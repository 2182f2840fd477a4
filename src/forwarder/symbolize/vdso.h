/* The shared object that the kernel maps into every process (vdso(7)). */
#ifndef APMSHIM_SYMBOLIZE_VDSO_H
#define APMSHIM_SYMBOLIZE_VDSO_H

#include <stdbool.h>

/* Whether a module's path is the loader's name for it. */
bool vdso_is(const char *path);
/* A descriptor of a file with what this process has of it; -1: none. All processes of one kernel
 * have the same; of another one's the build id differs. */
int vdso_open(void);

#endif
