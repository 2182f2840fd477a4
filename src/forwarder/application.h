/* What a service is called where nobody says so: by its unit, or by what it runs. */
#ifndef APMSHIM_APPLICATION_H
#define APMSHIM_APPLICATION_H

#include "metadata.h"
#include "program.h"

/* Never NULL. Reads the process' group in /proc, and files that tell the name of what an
 * interpreter runs: a package.json, PHP-FPM's configuration. */
const char *application_name(
    struct arena *arena, const struct metadata_source *source, const struct program *program);

#endif
