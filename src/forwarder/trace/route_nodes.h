/* The tree that routes.c learns: pieces of templates, each behind those that lead to it. */
#ifndef APMSHIM_TRACE_ROUTE_NODES_H
#define APMSHIM_TRACE_ROUTE_NODES_H

#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

#include "base/bytes.h"

/* "/users", "?action", "=view". */
struct node {
    UT_hash_handle hh;
    struct node *parent, *children, *next, *prev;
    struct node *variable; /* among the children: what is ":id"; NULL: none yet */
    uint64_t id;
    unsigned requests;
    unsigned weight, failed_weight; /* of its children; those that have failed throughout */
    bool succeeded;                 /* this piece, or what follows */
    bool ends_well;                 /* a request that ended here has succeeded */
    bool closed, failed_closed;     /* a new child is a variable */
    unsigned granted;               /* weight beyond the usual limit */
    size_t len;
    char key[]; /* parent's id, then the text */
};

/* All-zero is empty. */
struct node_table {
    struct node *nodes; /* but for roots: by parent and text */
    uint64_t last_id;
};

/* Takes the first piece off the rest, which is not empty. query: whether it is behind a '?'. */
struct bytes node_take_piece(struct bytes *rest, bool *query);
/* By the character that it begins with: whether a piece may be a value. */
bool node_can_vary(char begin);
bool node_is_variable(struct bytes piece);

struct bytes node_text(const struct node *node);
/* "users", "order-items", "REST", "v2", "site.css": what people call parts of an interface. */
bool node_is_word(const struct node *node);

struct node *node_create(struct node_table *table, struct bytes text);
/* NULL: there is none, or it would be too long for one. */
struct node *node_find(
    const struct node_table *table, const struct node *parent, struct bytes piece);
bool node_has_room(const struct node_table *table, struct bytes piece);
void node_link(struct node_table *table, struct node *parent, struct node *child);
void node_unlink(struct node_table *table, struct node *child);
/* Frees it, which has no children any more. */
void node_remove(struct node_table *table, struct node *child);
void node_set_succeeded(struct node *node);
/* Its child ":id", made if there is none. */
struct node *node_variable(struct node_table *table, struct node *parent, char begin);

#endif
