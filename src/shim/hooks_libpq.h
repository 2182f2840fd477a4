/* What the files of libpq's hooks share. */
#ifndef APMSHIM_SHIM_HOOKS_LIBPQ_H
#define APMSHIM_SHIM_HOOKS_LIBPQ_H

#include "hooks.h"

#include <string.h>

#include "recorder.h"

/* Marks this thread as inside libpq, for as long as a hook's frame lives. */
static inline __attribute__((always_inline)) uintptr_t enter_libpq(void)
{
    uintptr_t before = self_thread.libpq_frame;
    self_thread.libpq_frame = FRAME_MARK();
    return before;
}

static inline void leave_libpq(uintptr_t before)
{
    self_thread.libpq_frame = before;
}

/* A text's first bytes; NULL is an empty one. */
struct text {
    const char *data;
    uint16_t len;
};

enum { NAME_BYTES_MAX = 256 };

static inline struct text text_of(const char *s, size_t max)
{
    size_t n = s ? strnlen(s, max) : 0;
    return (struct text){s, (uint16_t)n};
}

static inline char *put_text(char *out, struct text text)
{
    if (text.len)
        memcpy(out, text.data, text.len);
    return out + text.len;
}

/* ---- libpq_conns.c: what is remembered of a connection between calls ---- */

/* libpq lets one thread at a time use a connection, so its entry needs no lock. */
struct pq_conn {
    _Atomic uintptr_t conn;
    uint64_t connecting, stack_id; /* since when, and who asked; 0: not connecting */
    uint64_t input;                /* when bytes were last read */
    uint64_t complete;             /* when a result was first seen to be whole; 0: not yet */
    int64_t rows;                  /* handed out one by one, or copied, and not told yet */
    uint64_t bytes;
};

/* NULL: not known, or (create) too many. */
struct pq_conn *pq_conn_of(const PGconn *conn, bool create);
void pq_conn_forget(const PGconn *conn);

/* ---- hooks_libpq_results.c ---- */

/* Tells a result. type: REC_PG_DONE if nothing of the statement can follow. */
struct told {
    enum record_type type;
    unsigned flags;
    uint64_t complete;
    uint64_t bytes;
};
void record_result(const struct libpq *pq, PGconn *conn, PGresult *result, const struct told *told);
/* The result of a call that sent a statement and waited. */
void record_sync_result(const struct libpq *pq, PGconn *conn, PGresult *result, uint64_t bytes);
/* The same of a call whose result stays within libpq. */
void record_sync_end(const struct libpq *pq, PGconn *conn, bool fine, uint64_t bytes);

#endif
