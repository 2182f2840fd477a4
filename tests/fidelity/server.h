/* What the servers of this folder share: one HTTP request names an id and how many queries to make;
 * each query carries the id in a comment, so that a span's text tells whose it is. */
#ifndef FIDELITY_SERVER_H
#define FIDELITY_SERVER_H

#include <libpq-fe.h>
#include <stddef.h>

enum { REQUEST_BYTES_MAX = 4096, ID_MAX = 64 };

struct request {
    char id[ID_MAX];
    int queries;
    size_t size; /* bytes of it */
};

/* Bytes received so far, of one request or of several. */
struct input {
    char bytes[REQUEST_BYTES_MAX];
    size_t used;
};

/* Takes the oldest whole request out; 0 if there is none. Ends the program on nonsense. */
int input_take(struct input *input, struct request *request);
/* Reads once into it with read(2); what read returned. */
long input_read(struct input *input, int fd);

int listen_on(const char *port);
PGconn *connect_to(const char *conninfo);
/* The text of a request's query number `index`. */
void query_text(char *out, size_t size, const struct request *request, int index);
/* All of a request's queries, one after the other. */
void query_all(PGconn *conn, const struct request *request);
void reply(int fd, const struct request *request);
/* Answers requests from `in` at `out` until the peer has gone. */
void serve_connection(int in, int out, PGconn *conn);
void die(const char *what);

#endif
