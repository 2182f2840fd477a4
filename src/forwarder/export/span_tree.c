#include "export/span_tree.h"

#include <stdlib.h>

#include "base/alloc.h"

struct node {
    const struct span *span;
    bool shown;
};

struct tree {
    struct node *nodes; /* by begin */
    size_t count;
    struct span_row *rows;
    size_t row_count;
};

/* Ties: what began and ended at once stays in the order in which it was handed over. */
static int by_begin(const void *left, const void *right)
{
    const struct span *a = ((const struct node *)left)->span;
    const struct span *b = ((const struct node *)right)->span;
    if (a->timestamp_us != b->timestamp_us)
        return a->timestamp_us < b->timestamp_us ? -1 : 1;
    return (a > b) - (a < b);
}

static bool has_parent(const struct tree *tree, const struct span *span)
{
    for (size_t i = 0; i < tree->count; i++)
        if (tree->nodes[i].span->id == span->parent_id && tree->nodes[i].span != span)
            return true;
    return false;
}

static void add_with_children(struct tree *tree, struct node *node, int depth)
{
    node->shown = true;
    tree->rows[tree->row_count++] = (struct span_row){node->span, depth};
    for (size_t i = 0; i < tree->count; i++)
        if (!tree->nodes[i].shown && tree->nodes[i].span->parent_id == node->span->id)
            add_with_children(tree, &tree->nodes[i], depth + 1);
}

struct span_row *span_tree(const struct whole_trace *trace)
{
    struct tree tree = {.count = trace->span_count};
    tree.nodes = xcalloc(tree.count + 1, sizeof *tree.nodes);
    tree.rows = xcalloc(tree.count + 1, sizeof *tree.rows);
    for (size_t i = 0; i < tree.count; i++)
        tree.nodes[i].span = &trace->spans[i];
    qsort(tree.nodes, tree.count, sizeof *tree.nodes, by_begin);
    for (size_t i = 0; i < tree.count; i++)
        if (!tree.nodes[i].shown && !has_parent(&tree, tree.nodes[i].span))
            add_with_children(&tree, &tree.nodes[i], 0);
    for (size_t i = 0; i < tree.count; i++) /* circles */
        if (!tree.nodes[i].shown)
            add_with_children(&tree, &tree.nodes[i], 0);
    free(tree.nodes);
    return tree.rows;
}
