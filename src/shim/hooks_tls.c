/* What passes over recorded connections through OpenSSL and GnuTLS, in the clear.
 *
 * A session's connection is the one whose ClientHello had the session's client random: that holds
 * for sockets, for filters between library and socket, and for sessions that the service feeds from
 * memory itself. The libraries are asked for nothing but members, so their error queues stay as
 * they are. */
#include "hooks.h"

#include <stdatomic.h>
#include <string.h>

#include "fds.h"
#include "recorder.h"
#include "runs.h"

enum { SESSIONS = 4096, RECEIVED_SHUTDOWN = 2 /* SSL_RECEIVED_SHUTDOWN */ };

/* ---- which connection ---- */

/* session << 16 | descriptor: where to look first */
static _Atomic uint64_t sessions[SESSIONS];

static _Atomic uint64_t *session_slot(const void *session)
{
    return &sessions[(uintptr_t)session * UINT64_C(0x9e3779b97f4a7c15) >> 52];
}

static int descriptor_of(const void *session, const struct tls_random *random, enum fd_end end)
{
    static const struct tls_random none; /* before the handshake */
    if (memcmp(random, &none, sizeof none) == 0)
        return -1;
    _Atomic uint64_t *slot = session_slot(session);
    uint64_t word = atomic_load_explicit(slot, memory_order_relaxed);
    int fd = (int)(word & 0xffff);
    if (likely(
            word >> 16 == ((uintptr_t)session & 0xffffffffffff) && fd_has_hello(fd, random, end)))
        return fd;
    uint32_t hellos = fd_hellos(end);
    if (!hellos || (self_thread.tls_unbound == session && self_thread.tls_hellos == hellos))
        return -1; /* its connection is not recorded */
    fd = fd_of_hello(random, end);
    if (fd >= 0) {
        atomic_store_explicit(slot, (uintptr_t)session << 16 | (unsigned)fd, memory_order_relaxed);
    } else {
        self_thread.tls_unbound = session;
        self_thread.tls_hellos = hellos;
    }
    return fd;
}

static int ssl_descriptor(const struct openssl *lib, const SSL *session)
{
    uint8_t random[TLS_RANDOM_SIZE];
    struct tls_random used;
    if (!lib->SSL_is_server)
        return -1;
    enum fd_end end = lib->SSL_is_server(session) ? END_SERVER : END_CLIENT;
    if (!fd_hellos(end) || !lib->SSL_get_client_random ||
        lib->SSL_get_client_random(session, random, sizeof random) != sizeof random)
        return -1;
    memcpy(&used, random + TLS_RANDOM_SKIPPED, sizeof used);
    return descriptor_of(session, &used, end);
}

static int gnutls_descriptor(const struct gnutls *lib, gnutls_session_t session)
{
    gnutls_datum_t random = {0};
    struct tls_random used;
    if (!lib->gnutls_session_get_random)
        return -1;
    lib->gnutls_session_get_random(session, &random, NULL);
    if (!random.data || random.size != TLS_RANDOM_SIZE)
        return -1;
    memcpy(&used, random.data + TLS_RANDOM_SKIPPED, sizeof used);
    return descriptor_of(session, &used, END_UNKNOWN);
}

/* ---- the calls ---- */

/* Marks this thread as inside a TLS library, for as long as the hook's frame lives. */
#define INSIDE(result, call)                                                                       \
    self_thread.tls_frame = FRAME_MARK();                                                          \
    result = call;                                                                                 \
    self_thread.tls_frame = 0

static void received(int fd, void *buf, size_t n)
{
    struct iovec iov = {buf, n};
    struct passed passed = {.type = REC_RECV,
        .iov = &iov,
        .count = 1,
        .total = n,
        .flags = n ? 0 : RUN_EOF,
        .time = recorder_now()};
    if (fd >= 0)
        run_record_plain(fd, &passed);
}

/* A call that sends: what is kept of its bytes is copied before, as they may be gone afterwards. Of
 * a session whose connection is only found by the call itself they pass unseen. */
struct sending {
    int fd;
    uint64_t begin;
    struct snapshot kept;
};

static void begin(struct sending *s, int fd, const void *buf, size_t len)
{
    *s = (struct sending){.fd = fd, .begin = recorder_now()};
    if (fd >= 0 && buf)
        snapshot_take_flat(&s->kept, fd, buf, len, true);
}

static void sent(struct sending *s, size_t n)
{
    struct passed passed = {.type = REC_SEND,
        .kept = &s->kept,
        .total = n,
        .time = s->begin,
        .elapsed = recorder_now() - s->begin};
    if (n && s->fd >= 0)
        run_record_plain(s->fd, &passed);
    snapshot_drop(&s->kept);
}

int wrap_SSL_accept(const struct openssl *lib, SSL *session)
{
    INSIDE(int result, lib->SSL_accept(session));
    return result;
}

int wrap_SSL_do_handshake(const struct openssl *lib, SSL *session)
{
    INSIDE(int result, lib->SSL_do_handshake(session));
    return result;
}

/* The peer has said that it sends no more. */
static bool ended(const struct openssl *lib, const SSL *session)
{
    return session && lib->SSL_get_shutdown && lib->SSL_get_shutdown(session) & RECEIVED_SHUTDOWN;
}

int wrap_SSL_read(const struct openssl *lib, SSL *session, void *buf, int len)
{
    INSIDE(int n, lib->SSL_read(session, buf, len));
    if (n > 0 || (n == 0 && len > 0 && ended(lib, session)))
        received(ssl_descriptor(lib, session), buf, (size_t)n);
    return n;
}

int wrap_SSL_read_ex(const struct openssl *lib, SSL *session, void *buf, size_t len, size_t *done)
{
    INSIDE(int ok, lib->SSL_read_ex(session, buf, len, done));
    if (ok == 1 && *done)
        received(ssl_descriptor(lib, session), buf, *done);
    else if (ok == 0 && len && ended(lib, session))
        received(ssl_descriptor(lib, session), buf, 0);
    return ok;
}

int wrap_SSL_write(const struct openssl *lib, SSL *session, const void *buf, int len)
{
    struct sending s;
    begin(&s, ssl_descriptor(lib, session), buf, len > 0 ? (size_t)len : 0);
    INSIDE(int n, lib->SSL_write(session, buf, len));
    if (n > 0 && s.fd < 0) /* found by the call itself */
        s.fd = ssl_descriptor(lib, session);
    sent(&s, n > 0 ? (size_t)n : 0);
    return n;
}

int wrap_SSL_write_ex(
    const struct openssl *lib, SSL *session, const void *buf, size_t len, size_t *done)
{
    struct sending s;
    begin(&s, ssl_descriptor(lib, session), buf, len);
    INSIDE(int ok, lib->SSL_write_ex(session, buf, len, done));
    if (ok == 1 && s.fd < 0) /* found by the call itself */
        s.fd = ssl_descriptor(lib, session);
    sent(&s, ok == 1 ? *done : 0);
    return ok;
}

/* The bytes of a file are not at hand; their number is what framing needs. */
ssize_t wrap_SSL_sendfile(
    const struct openssl *lib, SSL *session, int in, off_t offset, size_t len, int flags)
{
    struct sending s;
    begin(&s, -1, NULL, 0);
    INSIDE(ssize_t n, lib->SSL_sendfile(session, in, offset, len, flags));
    if (n > 0 && s.fd < 0) /* found by the call itself */
        s.fd = ssl_descriptor(lib, session);
    sent(&s, n > 0 ? (size_t)n : 0);
    return n;
}

int wrap_gnutls_handshake(const struct gnutls *lib, gnutls_session_t session)
{
    INSIDE(int result, lib->gnutls_handshake(session));
    return result;
}

ssize_t wrap_gnutls_record_recv(
    const struct gnutls *lib, gnutls_session_t session, void *buf, size_t len)
{
    INSIDE(ssize_t n, lib->gnutls_record_recv(session, buf, len));
    if (n > 0 || (n == 0 && len))
        received(gnutls_descriptor(lib, session), buf, (size_t)n);
    return n;
}

/* A call without data goes on with that of an earlier one, which had not all been sent. */
ssize_t wrap_gnutls_record_send(
    const struct gnutls *lib, gnutls_session_t session, const void *buf, size_t len)
{
    struct sending s;
    begin(&s, gnutls_descriptor(lib, session), buf, len);
    INSIDE(ssize_t n, lib->gnutls_record_send(session, buf, len));
    if (n > 0 && s.fd < 0) /* found by the call itself */
        s.fd = gnutls_descriptor(lib, session);
    sent(&s, n > 0 ? (size_t)n : 0);
    return n;
}

ssize_t wrap_gnutls_record_send2(const struct gnutls *lib, gnutls_session_t session,
    const void *buf, size_t len, size_t pad, unsigned flags)
{
    struct sending s;
    begin(&s, gnutls_descriptor(lib, session), buf, len);
    INSIDE(ssize_t n, lib->gnutls_record_send2(session, buf, len, pad, flags));
    if (n > 0 && s.fd < 0) /* found by the call itself */
        s.fd = gnutls_descriptor(lib, session);
    sent(&s, n > 0 ? (size_t)n : 0);
    return n;
}
