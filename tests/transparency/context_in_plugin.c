/* From an object opened RTLD_LOCAL, and closed afterwards. */
#include "runner.h"

#include <dlfcn.h>

CONTEXT(in_plugin)
{
    void *plugin = dlopen(plugin_path, RTLD_NOW | RTLD_LOCAL);
    if (!plugin)
        abort();
    int (*found)(void) = (int (*)(void))dlsym(plugin, "snippet");
    printf("returned %d\n", found());
    printf("closed %d\n", dlclose(plugin));
}
