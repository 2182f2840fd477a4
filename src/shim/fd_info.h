/* What is known of a connection between its calls. For fds.c and what records its bytes. */
#ifndef APMSHIM_SHIM_FD_INFO_H
#define APMSHIM_SHIM_FD_INFO_H

#include "fds.h"
#include "frames.h"
#include "header_hide.h"
#include "pg_hide.h"
#include "tls_hello.h"

/* How much of a conversation is kept: requests name what is wanted and arrive whole; of a response
 * the head matters. A turn begins when the direction changes. Of a request as much as a record
 * holds, and of a gateway's more: it tells the query first, before it tells even the method, and
 * the whole URL again behind it. */
enum {
    KEEP_RECORD = 14 * 1024, /* of a call, by one record */
    KEEP_REQUEST = KEEP_RECORD,
    KEEP_GATEWAY = 3 * KEEP_RECORD,
    KEEP_RESPONSE = 1024,
    KEEP_ALWAYS = 256,
};

/* Calls that send: how many have begun, and how many are over. */
struct fd_calls {
    uint32_t begun, ended;
};

struct fd_info {
    uint64_t cookie;
    struct fd_calls calls;
    uint16_t home;     /* the descriptor whose `calls` count, for all that are this connection */
    uint16_t left;     /* bytes this turn may still keep beyond KEEP_ALWAYS a call */
    uint8_t direction; /* record type of the last run, 0: none yet */
    bool duplicated;   /* another descriptor of this process may be the same connection */
    bool tls, plain;   /* plain: bytes of it were seen in the clear */
    bool tls_answered; /* something was sent since it began */
    bool gateway;      /* the peer is one: it speaks FastCGI, uwsgi or SCGI */
    bool gap[2];       /* received and sent bytes were lost since the last record */
    uint8_t receiver;  /* the process that received last, as unseen.c numbers them */
    uint32_t received; /* its last four bytes */
    struct tls_hello hello;
    struct frames frames;
    union {                            /* of `home`, as `calls` */
        struct pg_session postgres;    /* of one's own connections */
        struct header_side headers[2]; /* of others; received and sent */
    };
    struct fd_stream stream;
};

extern struct fd_info *fd_infos; /* NULL: nothing was tracked yet */

/* Descriptors from here on were never tracked, but as candidates. */
int fds_end(void);

/* Of a descriptor that is tracked, and no candidate. */
static inline struct fd_info *fd_info(int fd)
{
    return &fd_infos[fd];
}

/* Of its connection, whichever descriptor is used. */
static inline struct fd_calls *fd_calls(int fd)
{
    return &fd_infos[fd_infos[fd].home].calls;
}

/* Around a call that sends, and what is recorded of it. */
static inline void fd_send_begins(int fd)
{
    __atomic_fetch_add(&fd_calls(fd)->begun, 1, __ATOMIC_SEQ_CST);
}

static inline void fd_send_ends(int fd)
{
    __atomic_fetch_add(&fd_calls(fd)->ended, 1, __ATOMIC_SEQ_CST);
}

static inline uint16_t fd_keeps_of_turn(const struct fd_info *info, bool request)
{
    return !request ? KEEP_RESPONSE : info->gateway ? KEEP_GATEWAY : KEEP_REQUEST;
}

/* How many of the next bytes in this direction are kept. */
static inline size_t fd_keeps(int fd, const struct fd_info *info, enum record_type type, uint64_t n)
{
    bool request = type == (fd_classes[fd] == FD_CLIENT ? REC_SEND : REC_RECV);
    size_t left = info->direction == type ? info->left : fd_keeps_of_turn(info, request);
    size_t keep = left > KEEP_ALWAYS ? left : KEEP_ALWAYS;
    return keep < n ? keep : (size_t)n;
}

/* The next bytes may be the beginning of a TLS connection. */
void fd_note_hello(int fd, bool client);

#endif
