/* The options, read from the environment that the forwarder shares with its service. */
#ifndef APMSHIM_OPTIONS_H
#define APMSHIM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "base/buf.h"

enum option_id {
#define OPTION(origin, kind, name, value, least, most, meaning) OPTION_##name,
#define CHOICE(origin, name, value, choices, meaning) OPTION_##name,
#include "options.def"
#undef OPTION
#undef CHOICE
    OPTION_COUNT
};

/* Values of CHOICE options, in the order of their words. */
enum sql_mode { SQL_OBFUSCATED, SQL_RAW, SQL_OFF };
enum chores_mode { CHORES_REQUESTS, CHORES_COUNTED, CHORES_SENT };
enum url_mode { URL_FULL, URL_PATH, URL_TEMPLATE };
enum color_mode { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

typedef const char *option_STRING; /* NULL: not set and no default */
typedef const char *option_SECRET;
typedef const char *option_URLS;
typedef const char *option_LIST;
typedef int64_t option_SECONDS; /* durations are in ns, whatever the unit they default to */
typedef int64_t option_MILLISECONDS;
typedef int64_t option_GRANULAR;
typedef uint64_t option_SIZE; /* bytes */
typedef int64_t option_INTEGER;
typedef double option_NUMBER;
typedef bool option_BOOL;

struct options {
#define OPTION(origin, kind, name, value, least, most, meaning) option_##kind name;
#define CHOICE(origin, name, value, choices, meaning) int name;
#include "options.def"
#undef OPTION
#undef CHOICE
    bool given[OPTION_COUNT]; /* by the environment, and valid */
    const char *problems;     /* one line for each; "" if none */
};

/* Reads the environment; a value that is not valid leaves the default, and is a problem, as is an
 * option that we do not have. What is returned stays valid until the next call. Single-threaded. */
const struct options *options_load(void);
/* Appends a line "name=value (source)" for each option that was given and for those that everybody
 * asks about first. Secrets, also those in URLs, are masked. */
void options_describe(const struct options *options, struct buf *b);
/* The table as Markdown: docs/options.md. */
void options_print(FILE *file);

#endif
