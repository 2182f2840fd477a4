/* Code objects of interpreters → frames. The recorder sends each object once, with its line table;
 * what line a position is in is worked out here. Single-threaded. */
#ifndef APMSHIM_SYMBOLIZE_CODE_H
#define APMSHIM_SYMBOLIZE_CODE_H

#include <stdbool.h>
#include <stdint.h>
#include "base/wildcard.h"
#include "trace/model.h"
#include "wire/record.h"

struct code_table;

struct code_table *code_table_new(void);
void code_table_free(struct code_table *table);
/* Bounded: further objects, and a second one of the same id, are not kept. */
void code_table_add(struct code_table *table, const struct rec_code *record);
/* A copy that lives as long as the table; NULL for NULL. */
const char *code_table_keep(struct code_table *table, const char *s);

/* What is the service's own, and the folders that its files are shown relative to; NULL: none. */
struct code_roots {
    const char *working, *script;
    const char *package;             /* an installed one that is the service's own; NULL: none */
    const struct wildcard_list *own; /* modules and paths of further ones; NULL: none */
};

/* The frame at this position; its strings live as long as the table. False: the object is not
 * known. */
bool code_table_frame(struct code_table *table, const struct rec_code_frame *at,
    const struct code_roots *roots, struct frame *ret_frame);

#endif
