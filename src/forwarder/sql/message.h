/* What a server says about a statement, without the data that it quotes. */
#ifndef APMSHIM_SQL_MESSAGE_H
#define APMSHIM_SQL_MESSAGE_H

#include "base/buf.h"
#include "base/bytes.h"

struct message_rules {
    bool cut;          /* the message goes on */
    bool hide_numbers; /* those of a type, as in numeric(10,2), stay */
    bool hide_names;   /* what stands without quotes where names do: f(int), t.a, behind ": " */
    /* Whether what is quoted, or such a name, is no data. NULL: nothing is. */
    bool (*may_show)(void *self, struct bytes quoted);
    void *self;
};

/* Appends the message, in any language, with `?` for what it quotes. Servers do not double a quote
 * within a quote: where one of them may not be shown, all between the first and the last goes. */
void sql_message(struct bytes message, const struct message_rules *rules, struct buf *out);

#endif
