/* Which comments of a statement may be shown. */
#ifndef APMSHIM_SQL_COMMENT_H
#define APMSHIM_SQL_COMMENT_H

#include "base/bytes.h"

/* Whether it is made of pairs of a name and a plain value alone, as programs put them there for
 * whoever reads statements: `traceparent='00-...',route='/users/:id'`, `action:show`, `req=17`, by
 * names that are known. Any other comment may be a statement that was commented out, or say
 * anything. */
bool sql_comment_is_pairs(struct bytes comment);

#endif
