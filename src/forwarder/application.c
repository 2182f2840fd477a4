#include "application.h"

#include <string.h>

#include "command/arguments.h"
#include "fpm_pool.h"
#include "node_package.h"
#include "unit.h"

/* "/srv/shop" is "shop". */
static const char *folder_name(const char *folder)
{
    const char *name = folder ? arguments_base_name(folder) : NULL;
    return name && *name ? name : NULL;
}

/* By what files and folders say; NULL: nothing better than the arguments. */
static const char *by_files(
    struct arena *arena, const struct metadata_source *source, const struct program *program)
{
    if (strcmp(program->language, "javascript") == 0)
        return node_package_name(arena, program->script, source->folder);
    if (strncmp(program->name, "php-fpm", 7) == 0)
        return fpm_pool(arena, source->exe, source->argv);
    return program->by_folder ? folder_name(source->folder) : NULL;
}

const char *application_name(
    struct arena *arena, const struct metadata_source *source, const struct program *program)
{
    const char *name = NULL;
    if (program->is_runner && source->proc)
        name = unit_of(arena, source->proc, source->ppid);
    if (!name && program->is_runner)
        name = by_files(arena, source, program);
    return name ? name : program->name;
}
