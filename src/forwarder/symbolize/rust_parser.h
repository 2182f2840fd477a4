/* Letters, numbers and identifiers of Rust's mangled names. */
#ifndef APMSHIM_SYMBOLIZE_RUST_PARSER_H
#define APMSHIM_SYMBOLIZE_RUST_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/bytes.h"

/* One name being read. What is wrong sets `failed`; all goes on harmlessly to the end then. */
struct rust_parser {
    const char *text; /* behind "_R" */
    size_t len, at;
    struct buf out;
    unsigned depth, steps;
    unsigned quiet;     /* nothing is shown */
    unsigned lifetimes; /* that are bound */
    bool failed;
};

struct rust_identifier {
    struct bytes name;
    bool punycode;
};

void rust_fail(struct rust_parser *p);
/* Nothing where it is quiet. */
void rust_show(struct rust_parser *p, const char *s);
void rust_show_identifier(struct rust_parser *p, struct rust_identifier identifier);
/* '\0' at the end; next fails there. */
char rust_peek(const struct rust_parser *p);
char rust_next(struct rust_parser *p);
/* Whether the letter was there, and has been taken. */
bool rust_skip(struct rust_parser *p, char c);
/* At the beginning of all that may hold itself; p->depth-- ends it. False: that is too deep. */
bool rust_enter(struct rust_parser *p);
/* "_" is 0, "0_" 1, "Z_" 62. */
uint64_t rust_read_base62(struct rust_parser *p);
/* One more than the number behind the tag; 0: there is none. */
uint64_t rust_read_optional62(struct rust_parser *p, char tag);
struct rust_identifier rust_read_identifier(struct rust_parser *p);

#endif
