/* How far a value goes, and what values look like. Linear, and any bytes may come. */
#ifndef APMSHIM_COMMAND_REDACT_VALUES_H
#define APMSHIM_COMMAND_REDACT_VALUES_H

#include <stdbool.h>
#include "base/bytes.h"

#define BLANKS " \t\r\n\v\f"

/* The '=', ':' or '>' that assigns, maybe behind blanks; NULL: nothing is assigned here. */
const char *assigner_at(const char *text);

/* Quotes may have backslashes before them, as in JSON within JSON. */
bool is_quoted(const char *value);
/* Behind the closing quote, or before what separates it from the next "name="; what only looks like
 * a separator belongs to it. A quote that is not closed takes all. */
const char *value_end(const char *value);

/* Behind "://"; NULL: it is not here. */
const char *behind_scheme(const char *text);
/* Where the next address begins that is not part of this one, else the end. */
const char *url_list_end(const char *text);
/* "host:80,[::1]": no ':' that could only end a user's name. */
bool is_host_list(struct bytes authority);

/* Of a token that shows itself by its first letters (JWT, those of some services); 0: none. In
 * *ret_seen: nothing up to there is one. */
size_t token_length(const char *text, bool at_start, const char **ret_seen);

/* "user:password", "user%password", "user,password"; not an address and port. */
bool is_login(struct bytes value);
bool looks_like_path(struct bytes value);

#endif
