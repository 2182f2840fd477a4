/* Opens what its arguments name, with a mode for each ("now" or "deep"), and says what was found.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        void *library =
            dlopen(argv[i + 1], strcmp(argv[i], "deep") == 0 ? RTLD_NOW | RTLD_DEEPBIND : RTLD_NOW);
        int (*answer)(void) = library ? (int (*)(void))dlsym(library, "answer") : NULL;
        printf("%s: %d\n", argv[i + 1], answer ? answer() : -1);
    }
    return 0;
}
