/* What is found depends on who asks. */
#include <dlfcn.h>
#include "../snippet.h"

static void show(const char *name, const void *found)
{
    Dl_info info = {0};
    const char *file = found && dladdr(found, &info) ? info.dli_fname : "none";
    const char *base = strrchr(file, '/');
    printf("%s: %s\n", name, base ? base + 1 : file);
}

int snippet(void)
{
    show("own", dlsym(RTLD_DEFAULT, "snippet"));
    show("getpid", dlsym(RTLD_DEFAULT, "getpid"));
    show("next getpid", dlsym(RTLD_NEXT, "getpid"));
    show("missing", dlsym(RTLD_DEFAULT, "no_such_function"));
    printf("%d\n", dlerror() != NULL);
    show("next missing", dlsym(RTLD_NEXT, "no_such_function"));
    printf("%d\n", dlerror() != NULL);
    void *handle = dlopen("libc.so.6", RTLD_LAZY);
    show("libc's getpid", dlsym(handle, "getpid"));
    show("libc's missing", dlsym(handle, "no_such_function"));
    printf("'%s'\n", dlerror());
    dlclose(handle);
    return 0;
}
