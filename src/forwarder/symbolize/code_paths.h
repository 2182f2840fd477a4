/* How script files are shown; text only, nothing is opened. */
#ifndef APMSHIM_SYMBOLIZE_CODE_PATHS_H
#define APMSHIM_SYMBOLIZE_CODE_PATHS_H

#include <stdbool.h>
#include "symbolize/code.h"

struct code_path {
    const char *shown; /* part of the file's path */
    bool is_library;   /* of the language's own library, an installed package, a command */
    bool is_installed; /* the service's own because it is of the package that was started */
};

/* Library files are shown relative to the folder that packages are installed in, a service's own
 * relative to the longest of the roots that they are in, others by their last two components. */
struct code_path code_path_of(const char *file, const struct code_roots *roots);
/* What follows the folder of installed packages; NULL: it is not in one. */
const char *code_path_in_packages(const char *path);
/* "shop/views/cart.py" is "shop.views.cart". The caller frees it; NULL: the file is no module. */
char *code_path_module(const char *shown);

#endif
