/* Secrets that show themselves by their form, whatever name stands before them. */
#ifndef APMSHIM_PRIVATE_FORMS_H
#define APMSHIM_PRIVATE_FORMS_H

#include "private/units.h"

/* Bytes of base64 that begin like a JSON object: a JSON Web Token and its like. How many units from
 * there are one; 0: none begins there. */
size_t form_token(const struct unit *units, bool slashes);
/* Whether a PEM block begins there. */
bool form_pem(const struct unit *units);

enum form_scheme { NO_SCHEME, SCHEME_WORD, SCHEME, SCHEME_ANYWHERE };

/* Whether credentials as in Authorization begin there: a scheme, a blank and something more.
 * SCHEME_WORD: it may be a usual word as well. SCHEME_ANYWHERE: it counts in the midst of a value
 * too. *ret_credentials: how many units are before them. */
enum form_scheme form_scheme(const struct unit *units, size_t *ret_credentials);
/* Whether so many units look as credentials do, and not as words of a search. */
bool form_credentials(const struct unit *units, size_t count);

#endif
