#include "run_cut.h"

/* FastCGI Specification 1.0, section 3.3. */
enum { HEADER = 8, VERSION = 1, STDERR = 7, KEEP_ERROR = 1024 };

static bool is_error(const uint8_t *header)
{
    return header[0] == VERSION && header[1] == STDERR;
}

bool run_errors_begin(const char *bytes, size_t n)
{
    return n >= HEADER && is_error((const uint8_t *)bytes);
}

struct run_errors run_errors_find(const char *bytes, size_t n)
{
    struct run_errors errors = {0, 0};
    while (errors.total + HEADER <= n) {
        const uint8_t *header = (const uint8_t *)bytes + errors.total;
        if (!is_error(header))
            break;
        errors.last = errors.total;
        errors.total += HEADER + ((uint64_t)header[4] << 8 | header[5]) + header[6];
    }
    return errors;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

int run_errors_cut(const struct run_errors *errors, uint64_t at_hand, struct run_piece *pieces)
{
    int n = 0;
    uint64_t total = errors->total - errors->last, there = at_hand - errors->last;
    if (errors->last)
        pieces[n++] = (struct run_piece){.total = errors->last, .head = HEADER};
    /* The end is at hand, or only the beginning is. */
    struct run_piece last = {.from = errors->last, .total = total};
    last.head = (size_t)least(total, total <= KEEP_ERROR ? KEEP_ERROR : HEADER);
    if (there < total)
        last.head = (size_t)least(there, KEEP_ERROR);
    else
        last.tail = (size_t)least(total - last.head, KEEP_ERROR - HEADER);
    pieces[n++] = last;
    return n;
}

int run_cut(struct run_piece piece, size_t most, struct run_piece *pieces)
{
    int n = 0;
    while (piece.head > most && n < RUN_PIECES_MAX - 1) {
        pieces[n++] = (struct run_piece){.from = piece.from, .total = most, .head = most};
        piece.from += most;
        piece.total -= most;
        piece.head -= most;
    }
    if (piece.head > most) /* it was cut more often than there is room for */
        piece.head = most;
    pieces[n++] = piece;
    return n;
}
