/* Shortening of constant lists and of VALUES rows, while a statement is written to a buffer. */
#ifndef APMSHIM_SQL_COLLAPSE_H
#define APMSHIM_SQL_COLLAPSE_H

#include "base/buf.h"
#include "sql/lex.h"

enum collapse_opener { OPENER_NONE, OPENER_IN, OPENER_ARRAY, OPENER_VALUES };
enum collapse_rows { ROWS_NONE, ROWS_FIRST, ROWS_BETWEEN, ROWS_COMMA, ROWS_LATER };

/* All-zero is the initial state. */
struct collapse {
    enum collapse_opener opener; /* what the previous lexeme may open */
    struct {
        size_t depth; /* open brackets; 0: in no list */
        size_t commas, first_end;
        bool cast; /* behind `::`, where words are type names */
    } list;
    struct {
        enum collapse_rows state;
        size_t depth;
        size_t end; /* where out is cut when another row comes; 0: not yet known */
        bool more;  /* `, ...` is written */
    } rows;
};

/* To be called with each lexeme other than white space before it is added to out, which may get
 * shorter. False: the lexeme is left out. */
bool collapse_feed(struct collapse *c, const struct lexeme *lexeme, struct buf *out);
/* To be called behind the last one. */
void collapse_end(struct collapse *c, struct buf *out);

#endif
