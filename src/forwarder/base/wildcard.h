/* Elastic's wildcard patterns: '*' stands for any bytes, nothing else is special. ASCII case is
 * ignored unless the pattern begins with "(?-i)". */
#ifndef APMSHIM_BASE_WILDCARD_H
#define APMSHIM_BASE_WILDCARD_H

#include "base/bytes.h"

struct wildcard_list;

/* Takes at most pattern length times text length steps. */
bool wildcard_match(const char *pattern, struct bytes text);

/* Comma-separated patterns; blanks around them do not count. csv may be NULL: no pattern. */
struct wildcard_list *wildcard_list_parse(const char *csv);
/* The first pattern that matches, or NULL. It lives as long as the list, which may be NULL. */
const char *wildcard_list_match(const struct wildcard_list *list, struct bytes text);
void wildcard_list_free(struct wildcard_list *list);

#endif
