/* What stands before the host of a URL. */
#ifndef APMSHIM_PRIVATE_USER_H
#define APMSHIM_PRIVATE_USER_H

#include "private/units.h"

/* Where '@' was looked for last, so that it is not looked for again and again. All-zero is valid.
 */
struct user_search {
    size_t end, last; /* last: behind the last '@' before `end`, 0: none */
};

/* The index of the '@' that ends the user's part of an authority that begins at `at`, or `at` if
 * there is none. level: of the slashes before it. whole: the text is one URL, in which blanks may
 * be. */
size_t user_end(
    const struct units *units, size_t at, unsigned level, bool whole, struct user_search *search);

#endif
