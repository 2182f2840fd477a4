/* The dialect-blind SQL tokenizer behind span names; the kinds are those of Elastic's
 * sql_token_examples.json. White space is skipped. */
#ifndef APMSHIM_SQL_TOKEN_H
#define APMSHIM_SQL_TOKEN_H

#include "base/bytes.h"

enum sql_token_kind {
    SQL_OTHER, /* also a string or quoted identifier that never ends */
    SQL_COMMENT,
    SQL_IDENT,
    SQL_NUMBER,
    SQL_STRING,
    SQL_PERIOD,
    SQL_LPAREN,
    SQL_RPAREN,
    SQL_AS, /* the keywords, from here on */
    SQL_OR,
    SQL_SET,
    SQL_CALL,
    SQL_FROM,
    SQL_INTO,
    SQL_TABLE,
    SQL_DELETE,
    SQL_INSERT,
    SQL_SELECT,
    SQL_UPDATE,
    SQL_REPLACE,
    SQL_TRUNCATE,
    SQL_TOKEN_KINDS
};

struct sql_token {
    enum sql_token_kind kind;
    struct bytes text; /* borrowed from the statement; quotes of identifiers are off */
};

/* Start with rest = the statement, the remainder zero. */
struct sql_scanner {
    struct bytes rest;
    unsigned dollar_misses; /* dollar quotes found without an end */
};

/* False at the end; *ret is then left alone. Linear over a whole statement. */
bool sql_token_next(struct sql_scanner *scanner, struct sql_token *ret);
/* "IDENT", "SELECT", ...; static. */
const char *sql_token_name(enum sql_token_kind kind);

#endif
