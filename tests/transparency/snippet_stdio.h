/* What snippets of stdio share: streams on the server's end of a connection. */
#ifndef TRANSPARENCY_SNIPPET_STDIO_H
#define TRANSPARENCY_SNIPPET_STDIO_H

#include "snippet.h"

struct streams {
    struct pair pair;
    FILE *in, *out;
};

static inline struct streams streams_new(void)
{
    int state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    struct streams s = {.pair = pair_tcp()};
    s.in = fdopen(s.pair.server, "r");
    s.out = fdopen(dup(s.pair.server), "w");
    pthread_setcancelstate(state, NULL);
    return s;
}

static inline void streams_close(struct streams *s)
{
    int state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    fclose(s->out);
    fclose(s->in);
    close(s->pair.client);
    close(s->pair.listener);
    pthread_setcancelstate(state, NULL);
}

/* As SHOW, and what of the stream a program can see. */
#define SHOW_STREAM(stream, call)                                                                  \
    ({                                                                                             \
        long result_ = SHOW(call);                                                                 \
        printf("  eof %d, error %d, fileno %d\n", feof(stream) != 0, ferror(stream) != 0,          \
            fileno(stream));                                                                       \
        result_;                                                                                   \
    })

/* Standard input and output are the connection while this runs. */
#define AS_STANDARD(pair, statement)                                                               \
    do {                                                                                           \
        fflush(stdout);                                                                            \
        int in_ = dup(0), out_ = dup(1);                                                           \
        dup2((pair).server, 0);                                                                    \
        dup2((pair).server, 1);                                                                    \
        statement;                                                                                 \
        fflush(stdout);                                                                            \
        dup2(in_, 0);                                                                              \
        dup2(out_, 1);                                                                             \
        close(in_);                                                                                \
        close(out_);                                                                               \
    } while (0)

#endif
