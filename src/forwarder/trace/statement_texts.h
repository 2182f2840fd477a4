/* What of a statement's text is sent: its name, and its text as the options want it. Those of the
 * last few hundred are kept, as parametrized statements come again the same to the last byte. */
#ifndef APMSHIM_TRACE_STATEMENT_TEXTS_H
#define APMSHIM_TRACE_STATEMENT_TEXTS_H

#include "base/buf.h"
#include "base/bytes.h"
#include "options.h"

struct statement_text {
    struct buf sql, name, shown; /* shown: empty where options say that none is */
    bool cut;                    /* the statement goes on behind the text */
    unsigned statements;         /* in it; the name is the first one's */
    bool about_prepared;         /* one of them prepares, executes or drops by name */
    const char *verb;            /* the first one's, static; NULL: none that is known */
    bool is_sql;                 /* each has a verb that is known */
};

/* The name of what has no verb. */
#define STATEMENT_UNKNOWN "UNKNOWN"

struct statement_texts;

/* Borrows the options. */
struct statement_texts *statement_texts_new(const struct options *options);
/* Valid until the next call. */
const struct statement_text *statement_text(
    struct statement_texts *texts, struct bytes sql, bool cut);
void statement_texts_free(struct statement_texts *texts);

#endif
