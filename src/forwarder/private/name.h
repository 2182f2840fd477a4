/* The name of a value, as it is read character by character. */
#ifndef APMSHIM_PRIVATE_NAME_H
#define APMSHIM_PRIVATE_NAME_H

#include "private/sanitize.h"

enum { NAME_BYTES_MAX = 128 };

/* All-zero is empty. */
struct name {
    size_t len;
    bool too_long; /* nobody knows what its end would have been */
    bool over;     /* a blank came since: it can only be followed by what gives it a value */
    bool opened, quoted;
    char text[NAME_BYTES_MAX];
};

void name_clear(struct name *name);
void name_add(struct name *name, char c);
void name_pause(struct name *name); /* at a blank */
void name_quote(struct name *name); /* at a quote */
/* Whether it, or one of its parts ("user[password]", "db.password"), is among them. names: NULL for
 * none. */
bool name_is_secret(const struct name *name, struct sanitizer *names);

#endif
