/* Loads a plug-in that brings its own libpq, asks by it and unloads both, so often as the second
 * argument says; each time the two are elsewhere in memory. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { SHIFT = 1 << 20 };

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    for (int i = 0; i < atoi(argv[2]); i++) {
        void *plugin = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
        int (*ask)(int) = plugin ? (int (*)(int))dlsym(plugin, "ask") : NULL;
        if (!ask || ask(i) != 0 || dlclose(plugin) != 0) {
            fprintf(stderr, "%s\n", dlerror());
            return 1;
        }
        if (dlopen(argv[1], RTLD_NOW | RTLD_NOLOAD))
            return 3;                                                     /* it stayed */
        mmap(NULL, SHIFT, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); /* where they were */
    }
    return 0;
}
