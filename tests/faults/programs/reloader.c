/* Loads a plug-in that brings its own libpq, asks by it and unloads both, so often as the second
 * argument says; each time the two are elsewhere in memory. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { PAGE = 4096 };

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    for (int i = 0; i < atoi(argv[2]); i++) {
        void *plugin = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
        char *(*ask)(int) = plugin ? (char *(*)(int))dlsym(plugin, "ask") : NULL;
        char *inside = ask ? ask(i) : NULL;
        if (!inside || dlclose(plugin) != 0) {
            fprintf(stderr, "%s\n", dlerror());
            return 1;
        }
        if (dlopen(argv[1], RTLD_NOW | RTLD_NOLOAD))
            return 3; /* it stayed */
        mmap(inside - (uintptr_t)inside % PAGE, PAGE, PROT_NONE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0); /* in its libpq's place */
    }
    return 0;
}
