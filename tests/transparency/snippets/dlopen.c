#include "../snippet.h"

#include <dlfcn.h>
#include <limits.h>
#include <link.h>

static void show_error(void)
{
    const char *error = dlerror();
    printf("error: %s\n", error ? error : "none");
}

/* By its absolute path, so that what is opened to bind to itself first is looked at. */
static void *open_deep(void *library)
{
    struct link_map *map = NULL;
    char path[PATH_MAX];
    if (dlinfo(library, RTLD_DI_LINKMAP, &map) != 0 || !realpath(map->l_name, path))
        return NULL;
    return dlopen(path, RTLD_LAZY | RTLD_DEEPBIND);
}

int snippet(void)
{
    show_error();
    void *library = dlopen("libm.so.6", RTLD_NOW | RTLD_LOCAL);
    SHOW(library != NULL);
    SHOW(open_deep(library) == library);
    double (*cosine)(double) = (double (*)(double))dlsym(library, "cos");
    printf("cos(0) = %g\n", cosine(0));
    SHOW(dlopen(NULL, RTLD_NOW) != NULL);
    SHOW(dlopen("libm.so.6", RTLD_NOW | RTLD_NOLOAD) == library);
    show_error();
    SHOW(dlopen("/nonexistent/lib.so", RTLD_NOW | RTLD_DEEPBIND) == NULL);
    show_error();
    SHOW(dlopen("libm.so.6", 0) == NULL); /* neither lazy nor now */
    show_error();
    return 0;
}
