#include "frame_info.h"

#include <stddef.h>
#include <string.h>

#include "frame_read.h"

#if defined(__x86_64__)
enum { COLUMN_FP = 6, COLUMN_SP = 7, COLUMN_RA = 16 };
#elif defined(__aarch64__)
enum { COLUMN_FP = 29, COLUMN_SP = 31, COLUMN_RA = 30 };
#endif

enum {
    ENCODING_TABLE = 0x3b, /* 4 bytes signed, relative to the header: what linkers write */
    OP_BREG_FP = 0x70 + COLUMN_FP,
    OP_DEREF = 0x06,
    STATES_MAX = 4,
};

enum saved { SAME, AT_CFA, AT_FP, LOST };

/* One row of the table that the instructions describe, for the columns that matter here. Small,
 * since there are six of them on the service's stack; offsets that do not fit are far beyond those
 * that a rule can hold. */
struct row {
    int32_t cfa_offset, fp_offset, ra_offset;
    uint8_t fp, ra; /* enum saved */
    bool cfa_of_fp, cfa_known, cfa_deref;
};

struct program {
    const uint8_t *at, *end;
    uint64_t code_align;
    int64_t data_align;
    uintptr_t location;
    struct row row, initial, states[STATES_MAX];
    unsigned depth;
    bool broken;
};

/* ---- instructions ---- */

static bool fits(int64_t offset)
{
    return offset == (int32_t)offset;
}

static void save(struct row *row, uint64_t column, uint8_t saved, int64_t offset)
{
    if (!fits(offset))
        saved = LOST;
    if (column == COLUMN_FP) {
        row->fp = saved;
        row->fp_offset = (int32_t)offset;
    } else if (column == COLUMN_RA) {
        row->ra = saved;
        row->ra_offset = (int32_t)offset;
    }
}

static void restore(struct program *p, uint64_t column)
{
    const struct row *from = &p->initial;
    if (column == COLUMN_FP)
        save(&p->row, column, from->fp, from->fp_offset);
    else if (column == COLUMN_RA)
        save(&p->row, column, from->ra, from->ra_offset);
}

/* The two expressions that compilers use where they realign the stack: the frame pointer plus an
 * offset, and the word there. */
static bool read_expression(struct program *p, int64_t *ret_offset, bool *ret_deref)
{
    uint64_t len = read_uleb(&p->at);
    const uint8_t *at = p->at, *end = at + len;
    p->at = end;
    if (len < 2 || *at++ != OP_BREG_FP)
        return false;
    *ret_offset = read_sleb(&at);
    *ret_deref = at + 1 == end && *at == OP_DEREF;
    return *ret_deref || at == end;
}

static void define_cfa(struct program *p, uint64_t column, int64_t offset)
{
    p->row.cfa_of_fp = column == COLUMN_FP;
    p->row.cfa_offset = (int32_t)offset;
    p->row.cfa_deref = false;
    p->row.cfa_known = column == COLUMN_SP || column == COLUMN_FP;
    p->broken |= !fits(offset);
}

static void define_offset(struct program *p, int64_t offset)
{
    p->row.cfa_offset = (int32_t)offset;
    p->broken |= !fits(offset);
}

static void cfa_expression(struct program *p)
{
    int64_t offset = 0;
    bool deref = false, known = read_expression(p, &offset, &deref);
    define_cfa(p, COLUMN_FP, offset);
    p->row.cfa_deref = deref;
    p->row.cfa_known = known && deref;
}

static void column_expression(struct program *p)
{
    uint64_t column = read_uleb(&p->at);
    int64_t offset = 0;
    bool deref = false, known = read_expression(p, &offset, &deref);
    save(&p->row, column, known && !deref && column == COLUMN_FP ? AT_FP : LOST, offset);
}

static void remember(struct program *p)
{
    if (p->depth < STATES_MAX)
        p->states[p->depth++] = p->row;
    else
        p->broken = true;
}

static void recall(struct program *p)
{
    if (p->depth)
        p->row = p->states[--p->depth];
    else
        p->broken = true;
}

static void skip_to(struct program *p, uint64_t delta)
{
    p->location += delta * p->code_align;
}

/* The instructions without an operand in their own byte. */
static void run_extended(struct program *p, uint8_t instruction)
{
    uint64_t column;
    switch (instruction) {
    case 0x00: /* nop */
    case 0x2d: /* negate_ra_state: the return address is signed from here on */
        break;
    case 0x02: /* advance_loc1, 2, 4 */
        skip_to(p, read_fixed(&p->at, 1));
        break;
    case 0x03:
        skip_to(p, read_fixed(&p->at, 2));
        break;
    case 0x04:
        skip_to(p, read_fixed(&p->at, 4));
        break;
    case 0x05: /* offset_extended */
        column = read_uleb(&p->at);
        save(&p->row, column, AT_CFA, (int64_t)read_uleb(&p->at) * p->data_align);
        break;
    case 0x11: /* offset_extended_sf */
        column = read_uleb(&p->at);
        save(&p->row, column, AT_CFA, read_sleb(&p->at) * p->data_align);
        break;
    case 0x06: /* restore_extended */
        restore(p, read_uleb(&p->at));
        break;
    case 0x07: /* undefined: of the return address, the outermost frame */
        save(&p->row, read_uleb(&p->at), LOST, 0);
        break;
    case 0x08: /* same_value */
        save(&p->row, read_uleb(&p->at), SAME, 0);
        break;
    case 0x09: /* register */
    case 0x14: /* val_offset */
        save(&p->row, read_uleb(&p->at), LOST, 0);
        (void)read_uleb(&p->at);
        break;
    default:
        p->broken = true;
    }
}

static void run_cfa(struct program *p, uint8_t instruction)
{
    uint64_t column;
    switch (instruction) {
    case 0x0a:
        remember(p);
        break;
    case 0x0b:
        recall(p);
        break;
    case 0x0c: /* def_cfa */
        column = read_uleb(&p->at);
        define_cfa(p, column, (int64_t)read_uleb(&p->at));
        break;
    case 0x0d: /* def_cfa_register */
        define_cfa(p, read_uleb(&p->at), p->row.cfa_offset);
        break;
    case 0x0e: /* def_cfa_offset */
        define_offset(p, (int64_t)read_uleb(&p->at));
        break;
    case 0x0f:
        cfa_expression(p);
        break;
    case 0x10:
        column_expression(p);
        break;
    case 0x12: /* def_cfa_sf */
        column = read_uleb(&p->at);
        define_cfa(p, column, read_sleb(&p->at) * p->data_align);
        break;
    case 0x13: /* def_cfa_offset_sf */
        define_offset(p, read_sleb(&p->at) * p->data_align);
        break;
    case 0x2e: /* GNU_args_size */
        (void)read_uleb(&p->at);
        break;
    default:
        run_extended(p, instruction);
    }
}

/* Up to the row that holds at pc. */
static void run_until(struct program *p, uintptr_t pc)
{
    while (p->at < p->end && p->location <= pc && !p->broken) {
        uint8_t byte = *p->at++, operand = byte & 0x3f;
        if (byte >> 6 == 1) /* advance_loc */
            skip_to(p, operand);
        else if (byte >> 6 == 2) /* offset */
            save(&p->row, operand, AT_CFA, (int64_t)read_uleb(&p->at) * p->data_align);
        else if (byte >> 6 == 3)
            restore(p, operand);
        else
            run_cfa(p, byte);
    }
}

/* ---- entries ---- */

/* What a CIE says; `at` is its instructions. */
struct common {
    const uint8_t *at, *end;
    uint64_t code_align;
    int64_t data_align;
    uint8_t encoding;
    bool augmented, is_signal;
};

static bool read_augmentation(struct common *c, const char *letters, const uint8_t *at)
{
    for (; *letters; letters++) {
        if (*letters == 'R')
            c->encoding = *at++;
        else if (*letters == 'L')
            at++;
        else if (*letters == 'P') {
            size_t size = encoded_size(*at++);
            if (!size)
                return false;
            at += size;
        } else if (*letters == 'S')
            c->is_signal = true;
        else if (*letters != 'B')
            return false;
    }
    return true;
}

static bool read_common(struct common *c, const uint8_t *at)
{
    uint64_t len = read_fixed(&at, 4);
    c->end = at + len;
    if (len == UINT32_MAX || read_fixed(&at, 4) != 0)
        return false;
    uint8_t version = *at++;
    const char *letters = (const char *)at;
    at += strlen(letters) + 1;
    if (version != 1 && version != 3)
        return false;
    c->code_align = read_uleb(&at);
    c->data_align = read_sleb(&at);
    uint64_t column = version == 1 ? *at++ : read_uleb(&at);
    c->encoding = ENCODING_ABSOLUTE;
    c->augmented = *letters == 'z';
    c->is_signal = false;
    if (c->augmented) {
        uint64_t data_len = read_uleb(&at);
        if (!read_augmentation(c, letters + 1, at))
            return false;
        at += data_len;
    }
    c->at = at;
    return column == COLUMN_RA && (c->augmented || !*letters);
}

/* Binary search of the header's table. NULL: none, or not of the usual form. */
static const uint8_t *find_entry(const uint8_t *header, uintptr_t pc)
{
    struct {
        int32_t start, entry;
    } one;
    if (header[0] != 1 || !encoded_size(header[1]) || header[2] != ENCODING_UDATA4 ||
        header[3] != ENCODING_TABLE)
        return NULL;
    const uint8_t *at = header + 4 + encoded_size(header[1]);
    size_t low = 0, high = (size_t)read_fixed(&at, 4);
    while (low < high) { /* the last entry that does not start behind pc is at low - 1 */
        size_t middle = low + (high - low) / 2;
        memcpy(&one, at + middle * sizeof one, sizeof one);
        if ((uintptr_t)header + (uintptr_t)(intptr_t)one.start <= pc)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low)
        return NULL;
    memcpy(&one, at + (low - 1) * sizeof one, sizeof one);
    return header + one.entry;
}

static struct frame_rule rule_of(const struct row *row)
{
    struct frame_rule rule = {0};
    bool aligned = !((row->cfa_offset | row->fp_offset | row->ra_offset) & 7);
    if (!row->cfa_known || row->ra != AT_CFA || !aligned)
        return rule;
    rule.cfa = row->cfa_offset / 8;
    rule.fp = row->fp_offset / 8;
    rule.ra = row->ra_offset / 8;
    if ((int64_t)rule.cfa * 8 != row->cfa_offset || (int64_t)rule.fp * 8 != row->fp_offset ||
        (int64_t)rule.ra * 8 != row->ra_offset)
        return (struct frame_rule){0};
    static const uint8_t of_fp[] = {
        [SAME] = 0, [AT_CFA] = FRAME_FP_SAVED, [AT_FP] = FRAME_FP_AT_FP, [LOST] = FRAME_FP_LOST};
    rule.flags = FRAME_KNOWN | of_fp[row->fp] | (row->cfa_of_fp ? FRAME_CFA_FP : 0u) |
                 (row->cfa_deref ? FRAME_CFA_DEREF : 0u);
    return rule;
}

struct frame_rule frame_info_find(const uint8_t *header, uintptr_t pc)
{
    struct frame_rule none = {0};
    struct common common;
    uintptr_t start, range;
    const uint8_t *at = find_entry(header, pc);
    if (!at)
        return none;
    uint64_t len = read_fixed(&at, 4);
    const uint8_t *end = at + len, *self = at;
    uint64_t back = read_fixed(&at, 4);
    if (len == UINT32_MAX || !back || !read_common(&common, self - back) ||
        !read_pointer(&at, common.encoding, &start) ||
        !read_pointer(&at, common.encoding & 0x0f, &range) || pc - start >= range)
        return none;
    if (common.is_signal)
        return (struct frame_rule){.flags = FRAME_SIGNAL};
    if (common.augmented) {
        uint64_t data_len = read_uleb(&at);
        at += data_len;
    }
    struct program p = {.at = common.at,
        .end = common.end,
        .location = start,
        .code_align = common.code_align,
        .data_align = common.data_align};
    run_until(&p, pc);
    p.initial = p.row;
    p.at = at;
    p.end = end;
    run_until(&p, pc);
    return p.broken ? none : rule_of(&p.row);
}
