/* From an object whose calls go past us, on descriptors that are partly ours: what we know of them
 * is then wrong, which nobody may notice. */
#include "runner.h"

#include <dlfcn.h>

CONTEXT(in_deepbind_plugin)
{
    struct pair before = pair_tcp();
    void *plugin = dlopen(plugin_path, RTLD_NOW | RTLD_DEEPBIND);
    if (!plugin)
        abort();
    int (*found)(void) = (int (*)(void))dlsym(plugin, "snippet");
    printf("returned %d\n", found());
    run_snippet();
    pair_close(&before);
}
