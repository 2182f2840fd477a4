/* A program that is not linked to libpq asks whether it is there, and loads it by itself. */
#include <dlfcn.h>
#include "../snippet.h"

static void show(const char *name, void *handle)
{
    printf("%s %d", name, dlsym(handle, name) != NULL);
    printf(", error %d\n", dlerror() != NULL);
}

int snippet(void)
{
    show("PQexec", RTLD_DEFAULT);
    show("PQclosePrepared", RTLD_DEFAULT);
    show("PQexec", RTLD_NEXT);
    void *handle = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL), *whole = dlopen(NULL, RTLD_NOW);
    show("PQexec", handle);
    show("PQclosePrepared", handle);
    show("PQnothing", handle);
    show("lo_read", handle);
    show("PQexec", RTLD_DEFAULT);
    show("PQexec", whole);
    printf("same %d\n", dlsym(handle, "PQexec") == dlsym(handle, "PQexec"));
    dlclose(handle);
    handle = dlopen("libpq.so.5", RTLD_NOW | RTLD_GLOBAL);
    show("PQexec", RTLD_DEFAULT);
    show("PQclosePrepared", RTLD_DEFAULT);
    show("PQexec", whole);
    dlclose(whole);
    dlclose(handle);
    return 0;
}
