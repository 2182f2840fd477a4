/* What snippets of OpenSSL share: a session on each end of a connection. TLS_CERTIFICATE names a
 * file with a certificate and its key. */
#ifndef TRANSPARENCY_SNIPPET_SSL_H
#define TRANSPARENCY_SNIPPET_SSL_H

#include <openssl/err.h>
#include <openssl/ssl.h>
#include "snippet.h"

struct sessions {
    struct pair pair;
    SSL_CTX *server_context, *client_context;
    SSL *server, *client;
};

/* Not shaken hands yet; no call of either end waits. */
static inline struct sessions sessions_new(void)
{
    int state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    const char *certificate = getenv("TLS_CERTIFICATE");
    struct sessions s = {.pair = pair_tcp(),
        .server_context = SSL_CTX_new(TLS_server_method()),
        .client_context = SSL_CTX_new(TLS_client_method())};
    if (SSL_CTX_use_certificate_chain_file(s.server_context, certificate) != 1 ||
        SSL_CTX_use_PrivateKey_file(s.server_context, certificate, SSL_FILETYPE_PEM) != 1)
        abort();
    s.server = SSL_new(s.server_context);
    s.client = SSL_new(s.client_context);
    set_unwaiting(s.pair.server);
    set_unwaiting(s.pair.client);
    SSL_set_fd(s.server, s.pair.server);
    SSL_set_fd(s.client, s.pair.client);
    SSL_set_accept_state(s.server);
    SSL_set_connect_state(s.client);
    pthread_setcancelstate(state, NULL);
    return s;
}

static inline struct sessions sessions_established(void)
{
    int state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    struct sessions s = sessions_new();
    int client, server;
    do {
        client = SSL_do_handshake(s.client);
        server = SSL_do_handshake(s.server);
    } while (client != 1 || server != 1);
    pthread_setcancelstate(state, NULL);
    return s;
}

static inline void sessions_free(const struct sessions *s)
{
    SSL_free(s->server);
    SSL_free(s->client);
    SSL_CTX_free(s->server_context);
    SSL_CTX_free(s->client_context);
    pair_close(&s->pair);
}

/* Until what the other end has written is there. */
static inline void await_record(SSL *session)
{
    await_input(SSL_get_fd(session));
}

/* Errors that nobody asks for stay in the queue, as the calls left them. */
#define SHOW_SSL(session, call)                                                                    \
    ({                                                                                             \
        int result_ = (int)SHOW(call);                                                             \
        unsigned long first_ = ERR_peek_error(), last_ = ERR_peek_last_error();                    \
        printf("  error %d, queue %lx to %lx\n", SSL_get_error(session, result_), first_, last_);  \
        result_;                                                                                   \
    })

#endif
