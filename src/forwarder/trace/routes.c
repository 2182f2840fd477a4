#include "trace/routes.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/alloc.h"
#include "trace/route_nodes.h"

enum {
    SCOPES_MAX = 64,
    /* A plain word counts 1, any other text 2: 20 titles, 40 words, or twice as many where most
     * look like parts of a route. */
    FEW = 40,
    MANY = 2 * FEW + 16,
    GRANT = 14,
    CHILDREN_MAX = 2 * MANY,
    RECURS = 3,
    COMPARED = 4,    /* of the pages that a word leads to */
    OUTSTANDING = 8, /* times as often as half of its neighbours, and of all an eighth */
};

struct root {
    UT_hash_handle hh;
    uint64_t scope;
    struct node *node;
};

struct routes {
    struct root *roots;
    struct node_table table;
};

/* ---- what is a value ---- */

static void limit(struct routes *routes, struct node *node);

/* All that is known of one becomes the other's. */
static void merge(struct routes *routes, struct node *from, struct node *into)
{
    struct node *child, *next;
    DL_FOREACH_SAFE(from->children, child, next)
    {
        struct node *same = node_find(&routes->table, into, node_text(child));
        if (!same && into->closed && node_can_vary(node_text(child).data[0]))
            same = node_variable(&routes->table, into, node_text(child).data[0]);
        if (same) {
            merge(routes, child, same);
            continue;
        }
        node_unlink(&routes->table, child);
        node_link(&routes->table, into, child);
    }
    into->requests += from->requests;
    into->ends_well |= from->ends_well;
    into->closed |= from->closed;
    into->failed_closed |= from->failed_closed;
    if (from->succeeded)
        node_set_succeeded(into);
    node_remove(&routes->table, from);
    limit(routes, into);
}

/* Whether it leads to several pages that no neighbour has. */
static bool leads_elsewhere(const struct routes *routes, const struct node *node)
{
    unsigned own = 0;
    const struct node *child, *sibling;
    if (!node_is_word(node))
        return false;
    DL_FOREACH(node->children, child)
    {
        const struct bytes text = node_text(child);
        DL_FOREACH(node->parent->children, sibling)
        if (sibling != node && node_find(&routes->table, sibling, text))
            return false;
        if (++own == COMPARED)
            break;
    }
    return own >= 2;
}

/* ---- closing ---- */

static bool looks_like_a_route(const struct routes *routes, const struct node *node)
{
    return (node->requests >= RECURS && node_is_word(node)) || leads_elsewhere(routes, node);
}

static bool most_look_like_routes(const struct routes *routes, const struct node *parent)
{
    unsigned routes_seen = 0, values = 0;
    const struct node *child;
    DL_FOREACH(parent->children, child)
    {
        if (child == parent->variable || !child->succeeded)
            continue;
        if (looks_like_a_route(routes, child))
            routes_seen++;
        else
            values++;
    }
    return routes_seen > values;
}

static int compare(const void *a, const void *b)
{
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
    return (x > y) - (x < y);
}

/* Half of the neighbours are asked for no more often. */
static unsigned usual_requests(const struct node *parent)
{
    unsigned counts[CHILDREN_MAX], n = 0;
    const struct node *child;
    DL_FOREACH(parent->children, child)
    if (child != parent->variable && child->succeeded && n < CHILDREN_MAX)
        counts[n++] = child->requests;
    qsort(counts, n, sizeof *counts, compare);
    return n ? counts[n / 2] : 0;
}

static bool stays(const struct routes *routes, const struct node *node, unsigned usual)
{
    const struct node *parent = node->parent;
    if (node == parent->variable || !node_can_vary(node_text(node).data[0]))
        return true;
    if (!node->succeeded)
        return false;
    return leads_elsewhere(routes, node) ||
           (node_is_word(node) && node->requests >= OUTSTANDING * usual &&
               node->requests >= parent->requests / OUTSTANDING);
}

static void make_variable(struct routes *routes, struct node *node)
{
    merge(routes, node, node_variable(&routes->table, node->parent, node_text(node).data[0]));
}

/* failed: those alone of which every request has. What stays is chosen first: neighbours tell. */
static void close_node(struct routes *routes, struct node *parent, bool failed)
{
    struct node *child, *values[CHILDREN_MAX];
    unsigned usual = usual_requests(parent), count = 0;
    parent->failed_closed = true;
    parent->closed |= !failed;
    DL_FOREACH(parent->children, child)
    if (count < CHILDREN_MAX && !(failed && child->succeeded) && !stays(routes, child, usual))
        values[count++] = child;
    for (unsigned i = 0; i < count; i++)
        make_variable(routes, values[i]);
}

static void limit(struct routes *routes, struct node *node)
{
    if (node->failed_weight > FEW && !node->failed_closed)
        close_node(routes, node, true);
    if (node->closed || node->weight <= FEW + node->granted)
        return;
    if (node->weight <= MANY && most_look_like_routes(routes, node))
        node->granted += GRANT; /* looked at again then: it takes long */
    else
        close_node(routes, node, false);
}

/* ---- what the others see ---- */

static struct node *root_of(const struct routes *routes, uint64_t scope)
{
    struct root *root;
    HASH_FIND(hh, routes->roots, &scope, sizeof scope, root);
    return root ? root->node : NULL;
}

static struct node *make_root(struct routes *routes, uint64_t scope)
{
    if (HASH_COUNT(routes->roots) >= SCOPES_MAX)
        return NULL;
    struct root *root = xcalloc(1, sizeof *root);
    root->scope = scope;
    root->node = node_create(&routes->table, BYTES(""));
    HASH_ADD(hh, routes->roots, scope, sizeof root->scope, root);
    return root->node;
}

struct routes *routes_new(void)
{
    return xcalloc(1, sizeof(struct routes));
}

void routes_free(struct routes *routes)
{
    struct node *node, *next_node;
    struct root *root, *next_root;
    HASH_ITER(hh, routes->table.nodes, node, next_node)
    {
        HASH_DEL(routes->table.nodes, node);
        free(node);
    }
    HASH_ITER(hh, routes->roots, root, next_root)
    {
        HASH_DEL(routes->roots, root);
        free(root->node);
        free(root);
    }
    free(routes);
}

/* Appends what is known of it, the rest as it is. NULL: not all of it is known. failed: it is found
 * among what has failed throughout, too. */
static const struct node *walk(const struct routes *routes, uint64_t scope, struct bytes template,
    bool failed, struct buf *out)
{
    const struct node *node = root_of(routes, scope);
    bool query = false;
    while (node && template.len) {
        struct bytes rest = template, piece = node_take_piece(&rest, &query);
        const struct node *child = node_find(&routes->table, node, piece);
        if (!child && (failed ? node->failed_closed : node->closed) && node_can_vary(piece.data[0]))
            child = node->variable;
        node = child;
        if (!node)
            break;
        buf_add(out, node_text(node).data, node->len);
        template = rest;
    }
    buf_add(out, template.data, template.len);
    return node;
}

bool routes_find(
    const struct routes *routes, uint64_t scope, struct bytes template, struct buf *out)
{
    const struct node *node = walk(routes, scope, template, false, out);
    return node && node->ends_well;
}

/* NULL: there is no room. */
static struct node *child_for(
    struct routes *routes, struct node *parent, struct bytes piece, bool succeeded)
{
    struct node *child = node_find(&routes->table, parent, piece);
    bool closed = succeeded ? parent->closed : parent->failed_closed;
    if (child)
        return child;
    bool varies = node_can_vary(piece.data[0]) && (closed || node_is_variable(piece));
    if (varies && parent->variable)
        return parent->variable;
    if (!node_has_room(&routes->table, piece))
        return NULL;
    if (varies)
        return node_variable(&routes->table, parent, piece.data[0]);
    child = node_create(&routes->table, piece);
    child->succeeded = succeeded;
    node_link(&routes->table, parent, child);
    return child;
}

/* From the root on: what has been merged there is merged below it, too. */
static void limit_along(struct routes *routes, struct node *node, struct bytes template)
{
    bool query = false;
    while (node && template.len) {
        struct bytes piece = node_take_piece(&template, &query);
        limit(routes, node);
        struct node *child = node_find(&routes->table, node, piece);
        node = child ? child : node->variable;
    }
}

void routes_learn(
    struct routes *routes, uint64_t scope, struct bytes template, bool succeeded, struct buf *out)
{
    struct node *root = root_of(routes, scope), *node = root ? root : make_root(routes, scope);
    struct bytes rest = template;
    bool query = false, grown = false;
    while (node && rest.len) {
        node->requests++;
        node = child_for(routes, node, node_take_piece(&rest, &query), succeeded);
        grown |= node && (!node->requests || (succeeded && !node->succeeded));
        if (node && succeeded)
            node_set_succeeded(node);
    }
    if (node) {
        node->requests++;
        node->ends_well |= succeeded;
    }
    if (grown)
        limit_along(routes, root_of(routes, scope), template);
    (void)walk(routes, scope, template, !succeeded, out);
}
