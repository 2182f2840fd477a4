/* What every file of hooks needs: the real functions and the hooks' prototypes, from the table. */
#ifndef APMSHIM_SHIM_HOOKS_H
#define APMSHIM_SHIM_HOOKS_H

#include <fcntl.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* Declared here because their headers hide them or the C library may lack them. */
ssize_t __recv_chk(int, void *, size_t, size_t, int);
ssize_t __recvfrom_chk(
    int, void *restrict, size_t, size_t, int, struct sockaddr *restrict, socklen_t *restrict);
ssize_t __read_chk(int, void *, size_t, size_t);
int close_range(unsigned, unsigned, int);
void closefrom(int);
void *dlopen(const char *, int);
int dlclose(void *);
void *dlsym(void *restrict, const char *restrict);

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

/* The next definitions in load order, each a first-call stub until init.c has resolved them. */
struct real {
#define FD_ROW(type, name, params, args) __typeof__(name) *name;
#define ROW(type, name, params, args) __typeof__(name) *name;
#define FCNTL_ROW(name) int (*name)(int, int, ...);
#define END_ROW(name) void (*name)(int status);
#define PQ_ROW(type, missing, name, params, args)
#include "interpose.def"
#undef FD_ROW
#undef ROW
#undef FCNTL_ROW
#undef END_ROW
#undef PQ_ROW
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

/* One libpq loaded in this process; there may be several. Members that it lacks are NULL. */
struct libpq {
    uintptr_t bias;
#define X(name) __typeof__(name) *name;
    LIBPQ_HELPERS(X)
#undef X
#define FD_ROW(type, name, params, args)
#define ROW(type, name, params, args)
#define FCNTL_ROW(name)
#define END_ROW(name)
#define PQ_ROW(type, missing, name, params, args) __typeof__(name) *name;
#include "interpose.def"
#undef FD_ROW
#undef ROW
#undef FCNTL_ROW
#undef END_ROW
#undef PQ_ROW
};

/* The libpq that the code at this address means; NULL: there is none, or too many. */
const struct libpq *libpq_of_caller(const void *return_address);
/* One function of it, found anew: for callers that must be served although nothing is recorded. */
void *libpq_function(const void *return_address, const char *name);
/* Our function of this name, if it is one of libpq's. */
void *libpq_hook(const char *name);
/* Whether others can find it by that name. */
bool libpq_exports(const char *name);
/* Whether dlsym is to answer with our function (hook), where the real one has found `found`. */
bool libpq_answers(const void *hook, const void *found, const char *name, const void *caller);
/* After dlclose: addresses may mean something else now. */
void libpq_forget_callers(void);

#define FD_ROW(type, name, params, args) type wrap_##name params;
#define ROW(type, name, params, args) type wrap_##name params;
#define FCNTL_ROW(name)
#define END_ROW(name)
#define PQ_UNWRAP(...) __VA_ARGS__
#define PQ_ROW(type, missing, name, params, args)                                                  \
    type wrap_##name(const struct libpq *pq, PQ_UNWRAP params);
#include "interpose.def"
#undef FD_ROW
#undef ROW
#undef FCNTL_ROW
#undef END_ROW
#undef PQ_ROW
int wrap_fcntl(__typeof__(real.fcntl) next, int fd, int command, void *argument);

#endif
