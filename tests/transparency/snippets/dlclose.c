#include "../snippet.h"

#include <dlfcn.h>

static void show_error(void)
{
    const char *error = dlerror();
    printf("error: %s\n", error ? error : "none");
}

int snippet(void)
{
    struct pair pair = pair_tcp();
    show_error();
    void *library = dlopen("libm.so.6", RTLD_NOW | RTLD_LOCAL);
    SHOW(dlclose(library));
    show_error();
    SHOW(dlclose(NULL) != 0);
    dlerror(); /* its text names an address */
    dlopen("libnothing-here.so", RTLD_NOW);
    SHOW(write(pair.server, "x", 1)); /* leaves the error pending */
    show_error();
    client_shows(&pair);
    pair_close(&pair);
    return 0;
}
