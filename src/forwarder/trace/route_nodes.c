#include "trace/route_nodes.h"

#include <ctype.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/alloc.h"

enum { NODES_MAX = 8192, PIECE_BYTES_MAX = 128, WORD_BYTES_MAX = 24, ID_BYTES = sizeof(uint64_t) };

#define VARIABLE ":id"

/* ---- pieces ---- */

static bool begins_piece(char c, bool query)
{
    return query ? c == '&' || c == '=' : c == '/' || c == '?';
}

struct bytes node_take_piece(struct bytes *rest, bool *query)
{
    size_t n = 1;
    *query |= rest->data[0] == '?';
    while (n < rest->len && !begins_piece(rest->data[n], *query))
        n++;
    struct bytes piece = {rest->data, n};
    *rest = bytes_skip(*rest, n);
    return piece;
}

bool node_can_vary(char begin)
{
    return begin == '/' || begin == '=';
}

bool node_is_variable(struct bytes piece)
{
    return node_can_vary(piece.data[0]) && bytes_equal(bytes_skip(piece, 1), BYTES(VARIABLE));
}

struct bytes node_text(const struct node *node)
{
    return (struct bytes){node->key + ID_BYTES, node->len};
}

static bool is_joint(char c)
{
    return c == '-' || c == '_' || c == '.';
}

bool node_is_word(const struct node *node)
{
    bool lower = false, upper = false;
    const struct bytes text = bytes_skip(node_text(node), 1);
    size_t joints = 0;
    if (text.len >= 2 && text.len <= 3 && text.data[0] == 'v' &&
        isdigit((unsigned char)text.data[1]))
        return true;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        lower |= islower(c) != 0;
        upper |= isupper(c) != 0;
        joints += is_joint(text.data[i]);
        if (!isalpha(c) && !is_joint(text.data[i]))
            return false;
    }
    return text.len <= WORD_BYTES_MAX && joints <= 1 && lower != upper;
}

static unsigned weight_of(const struct node *node)
{
    if (!node_can_vary(node_text(node).data[0]))
        return 0;
    return node_is_word(node) ? 1 : 2;
}

/* ---- the tree ---- */

struct node *node_create(struct node_table *table, struct bytes text)
{
    struct node *node = xcalloc(1, sizeof *node + ID_BYTES + text.len + 1);
    memcpy(node->key + ID_BYTES, text.data, text.len);
    node->len = text.len;
    node->id = ++table->last_id;
    return node;
}

struct node *node_find(
    const struct node_table *table, const struct node *parent, struct bytes piece)
{
    struct node *node;
    char key[ID_BYTES + PIECE_BYTES_MAX];
    if (piece.len > PIECE_BYTES_MAX)
        return NULL;
    memcpy(key, &parent->id, ID_BYTES);
    memcpy(key + ID_BYTES, piece.data, piece.len);
    HASH_FIND(hh, table->nodes, key, ID_BYTES + piece.len, node);
    return node;
}

bool node_has_room(const struct node_table *table, struct bytes piece)
{
    return HASH_COUNT(table->nodes) < NODES_MAX && piece.len <= PIECE_BYTES_MAX;
}

void node_link(struct node_table *table, struct node *parent, struct node *child)
{
    child->parent = parent;
    memcpy(child->key, &parent->id, ID_BYTES);
    HASH_ADD(hh, table->nodes, key, ID_BYTES + child->len, child);
    DL_APPEND(parent->children, child);
    if (node_is_variable(node_text(child)))
        parent->variable = child;
    else
        *(child->succeeded ? &parent->weight : &parent->failed_weight) += weight_of(child);
}

void node_unlink(struct node_table *table, struct node *child)
{
    struct node *parent = child->parent;
    HASH_DEL(table->nodes, child);
    DL_DELETE(parent->children, child);
    if (parent->variable == child)
        parent->variable = NULL;
    else
        *(child->succeeded ? &parent->weight : &parent->failed_weight) -= weight_of(child);
}

void node_remove(struct node_table *table, struct node *child)
{
    node_unlink(table, child);
    free(child);
}

void node_set_succeeded(struct node *node)
{
    if (node->succeeded)
        return;
    node->succeeded = true;
    if (node->parent && node->parent->variable != node) {
        node->parent->failed_weight -= weight_of(node);
        node->parent->weight += weight_of(node);
    }
}

struct node *node_variable(struct node_table *table, struct node *parent, char begin)
{
    char text[] = "/" VARIABLE;
    text[0] = begin;
    if (!parent->variable)
        node_link(table, parent, node_create(table, bytes_of(text)));
    return parent->variable;
}
