/* How functions, files and modules are shown; text only, nothing is opened. */
#ifndef APMSHIM_SYMBOLIZE_NAMES_H
#define APMSHIM_SYMBOLIZE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

enum { FUNCTION_NAME_MAX = 512 };

/* The name a programmer would recognise: demangled, without the compiler's suffixes (.constprop.0)
 * and Rust's hashes, at most FUNCTION_NAME_MAX bytes. The caller frees it. */
char *name_readable(const char *symbol);

/* comp_dir (may be NULL) and file joined, "." and ".." resolved as text; relative only if both are.
 * The caller frees it. */
char *path_absolute(const char *comp_dir, const char *file);
/* What to show of an absolute path: what follows comp_dir, else the last two components. Part of
 * path. */
const char *path_short(const char *path, const char *comp_dir);
const char *path_basename(const char *path);

/* An object's name as shown: its basename without " (deleted)", "[vdso]", "[main]" or "[unknown]".
 * The caller frees it. */
char *module_name(const char *path, bool main_program);
/* Whether code of this object is somebody else's: system libraries, packages, interpreters. */
bool module_is_library(const char *path, bool main_program);
/* Whether a source file belongs to a library although it was compiled into this object (headers).
 */
bool source_is_library(const char *abs_path);
/* Whether it is CPython, PHP, perl …, as a program or a library. */
bool module_is_interpreter(const char *name);

#endif
