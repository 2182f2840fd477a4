/* What every file of hooks needs: the real functions and the hooks' prototypes, from the table. */
#ifndef APMSHIM_SHIM_HOOKS_H
#define APMSHIM_SHIM_HOOKS_H

#include <aio.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <wchar.h>

/* Declared here because their headers hide them or the C library may lack them. */
ssize_t __recv_chk(int, void *, size_t, size_t, int);
ssize_t __recvfrom_chk(
    int, void *restrict, size_t, size_t, int, struct sockaddr *restrict, socklen_t *restrict);
ssize_t __read_chk(int, void *, size_t, size_t);
ssize_t __read(int, void *, size_t);
ssize_t __send(int, const void *, size_t, int);
ssize_t __write(int, const void *, size_t);
int __close(int);
ssize_t pwritev64v2(int, const struct iovec *, int, off64_t, int);
int __vdprintf_chk(int, int, const char *restrict, va_list);
int __dprintf_chk(int, int, const char *restrict, ...);
int __vfwprintf_chk(FILE *restrict, int, const wchar_t *restrict, va_list);
int __fwprintf_chk(FILE *restrict, int, const wchar_t *restrict, ...);
void *mmap(void *, size_t, int, int, int, off_t);
void *mmap64(void *, size_t, int, int, int, off64_t);
int munmap(void *, size_t);
int close_range(unsigned, unsigned, int);
void closefrom(int);
void *dlopen(const char *, int);
int dlclose(void *);
void *dlsym(void *restrict, const char *restrict);
#undef getc /* macros of some C libraries */
#undef putc
#undef getc_unlocked
#undef putc_unlocked
#undef fgetc_unlocked
#undef fputc_unlocked
#undef getchar_unlocked
#undef putchar_unlocked
#undef fread_unlocked
#undef fwrite_unlocked
char *__fgets_chk(char *restrict, size_t, int, FILE *restrict);
size_t __fread_chk(void *restrict, size_t, size_t, size_t, FILE *restrict);
int _IO_getc(FILE *);
int _IO_putc(int, FILE *);
int __uflow(FILE *);
int __overflow(FILE *, int);
int __vprintf_chk(int, const char *restrict, va_list);
int __vfprintf_chk(FILE *restrict, int, const char *restrict, va_list);
int __fprintf_chk(FILE *restrict, int, const char *restrict, ...);
int __printf_chk(int, const char *restrict, ...);

/* syscall's arguments that are passed in registers. A word more may be on the caller's stack: it
 * stays there, untouched, for whom we jump to; if it was none, it is a variable of the caller's. */
#if defined(__x86_64__)
#define SYSCALL_PARAMS (long number, long a, long b, long c, long d, long e)
#define SYSCALL_ARGS (number, a, b, c, d, e)
#else
#define SYSCALL_PARAMS (long number, long a, long b, long c, long d, long e, long f)
#define SYSCALL_ARGS (number, a, b, c, d, e, f)
#endif

/* libpq 17's. */
typedef struct pg_cancel_conn PGcancelConn;
PGresult *PQclosePrepared(PGconn *, const char *);
PGresult *PQclosePortal(PGconn *, const char *);
int PQsendClosePrepared(PGconn *, const char *);
int PQsendClosePortal(PGconn *, const char *);
int PQcancelBlocking(PGcancelConn *);
int PQcancelStart(PGcancelConn *);
PostgresPollingStatusType PQcancelPoll(PGcancelConn *);
void PQcancelFinish(PGcancelConn *);

/* libc's definitions, or what other preloads have in their place; NULL until real_resolve. */
struct real {
#define FD_ROW(type, name, params, args) __typeof__(name) *name;
#define ROW(type, name, params, args) __typeof__(name) *name;
#define STREAM_ROW(type, name, params, args) __typeof__(name) *name;
#define RAW_ROW(type, name, params, args) type(*name) params;
#define MADE_ROW(name, params, args) int(*name) params;
#define FCNTL_ROW(name) int (*name)(int, int, ...);
#define END_ROW(name) void (*name)(int status);
#include "interpose.def"
};
extern struct real real;
void real_resolve(void);
/* False until constructors run, or a hook that needed them was called. */
bool real_resolved(void);

/* libpq's own functions that hooks ask. */
#define LIBPQ_HELPERS(X)                                                                           \
    X(PQresultStatus)                                                                              \
    X(PQntuples)                                                                                   \
    X(PQcmdStatus)                                                                                 \
    X(PQresultErrorField)                                                                          \
    X(PQresultErrorMessage)                                                                        \
    X(PQresultMemorySize)                                                                          \
    X(PQpipelineStatus)                                                                            \
    X(PQclientEncoding)                                                                            \
    X(PQerrorMessage)                                                                              \
    X(PQstatus)                                                                                    \
    X(PQhost)                                                                                      \
    X(PQport)                                                                                      \
    X(PQdb)                                                                                        \
    X(PQuser)                                                                                      \
    X(PQbackendPID)

/* What of OpenSSL and GnuTLS is used. Their headers are not needed to build: these have been the
 * same since OpenSSL 1.1.0 and GnuTLS 3.0. */
typedef struct ssl_st SSL;
typedef struct gnutls_session_int *gnutls_session_t;
typedef struct {
    unsigned char *data;
    unsigned size;
} gnutls_datum_t;
size_t SSL_get_client_random(const SSL *, unsigned char *, size_t);
int SSL_get_shutdown(const SSL *);
int SSL_is_server(const SSL *);
void gnutls_session_get_random(gnutls_session_t, gnutls_datum_t *, gnutls_datum_t *);
#define SSL_ROW(type, missing, name, params, args) type name params;
#define GNUTLS_ROW(type, missing, name, params, args) type name params;
#include "interpose.def"

#define SSL_HELPERS(X)                                                                             \
    X(SSL_is_server)                                                                               \
    X(SSL_get_client_random)                                                                       \
    X(SSL_get_shutdown)
#define GNUTLS_HELPERS(X) X(gnutls_session_get_random)

/* The functions of one library that is loaded in this process; there may be several of a kind.
 * Members that it lacks are NULL. */
#define HELPER(name) __typeof__(name) *name;
#define LIBRARY_MEMBER(type, missing, name, params, args) HELPER(name)
struct libpq {
    LIBPQ_HELPERS(HELPER)
#define PQ_ROW LIBRARY_MEMBER
#include "interpose.def"
};
struct openssl {
    SSL_HELPERS(HELPER)
#define SSL_ROW LIBRARY_MEMBER
#include "interpose.def"
};
struct gnutls {
    GNUTLS_HELPERS(HELPER)
#define GNUTLS_ROW LIBRARY_MEMBER
#include "interpose.def"
};
#undef HELPER
#undef LIBRARY_MEMBER

enum library_kind { LIBRARY_PQ, LIBRARY_SSL, LIBRARY_GNUTLS, LIBRARY_KINDS };

/* The library that the code at this address means, as its struct; NULL: there is none, or too many.
 * Where the address alone does not tell, an object that the library made may: `made` (or NULL). */
const void *library_of_caller(enum library_kind kind, const void *return_address, const void *made);
/* One function of it, found anew: for callers that must be served although nothing is recorded. */
void *library_function(const void *return_address, const char *name);
/* Whether the code at this address is a library's own. */
bool library_has(enum library_kind kind, const void *address);
/* Our function of this name, if it is one of libpq's. */
void *libpq_hook(const char *name);
/* Whether others can find it by that name. */
bool libpq_exports(const char *name);
/* Whether dlsym is to answer with our function (hook), where the real one has found `found`. */
bool libpq_answers(const void *hook, const void *found, const char *name, const void *caller);
/* After dlclose: addresses may mean something else now. What was unloaded makes room. */
void library_forget_unloaded(void);

#define FD_ROW(type, name, params, args) type wrap_##name params;
#define ROW(type, name, params, args) type wrap_##name params;
#define STREAM_ROW(type, name, params, args) type wrap_##name params;
#define RAW_ROW(type, name, params, args) type wrap_##name params;
#define UNWRAP(...) __VA_ARGS__
#define PQ_ROW(type, missing, name, params, args)                                                  \
    type wrap_##name(const struct libpq *pq, UNWRAP params);
#define SSL_ROW(type, missing, name, params, args)                                                 \
    type wrap_##name(const struct openssl *lib, UNWRAP params);
#define GNUTLS_ROW(type, missing, name, params, args)                                              \
    type wrap_##name(const struct gnutls *lib, UNWRAP params);
#include "interpose.def"
/* At the process' start: standard input may be a connection that another process accepted. */
void look_at_input(void);
/* Once it is read from; false if it will not be recorded. */
bool adopt_input(void);

/* Whether this process has a stream on a recorded connection. */
extern bool streams_are_watched;
bool streams_watched(void);
void streams_watch(void);
/* stdio is about to write what its streams still hold, and the process to end. */
void streams_ending(void);
/* What the stream holds is about to be sent, by a call after which nobody can look. */
void streams_send_held(FILE *stream);
int wrap_fcntl(__typeof__(real.fcntl) next, int fd, int command, void *argument);

#endif
