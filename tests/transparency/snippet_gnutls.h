/* What snippets of GnuTLS share: a session on each end of a connection. TLS_CERTIFICATE names a
 * file with a certificate and its key. */
#ifndef TRANSPARENCY_SNIPPET_GNUTLS_H
#define TRANSPARENCY_SNIPPET_GNUTLS_H

#include <gnutls/gnutls.h>
#include "snippet.h"

struct sessions {
    struct pair pair;
    gnutls_certificate_credentials_t server_credentials, client_credentials;
    gnutls_session_t server, client;
};

static inline gnutls_session_t session_new(
    unsigned flags, int fd, gnutls_certificate_credentials_t credentials)
{
    gnutls_session_t session;
    gnutls_init(&session, flags | GNUTLS_NONBLOCK);
    gnutls_set_default_priority(session);
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
    gnutls_transport_set_int(session, fd);
    set_unwaiting(fd);
    return session;
}

/* Not shaken hands yet; no call of either end waits. */
static inline struct sessions sessions_new(void)
{
    int state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    const char *certificate = getenv("TLS_CERTIFICATE");
    struct sessions s = {.pair = pair_tcp()};
    gnutls_certificate_allocate_credentials(&s.server_credentials);
    gnutls_certificate_allocate_credentials(&s.client_credentials);
    if (gnutls_certificate_set_x509_key_file(
            s.server_credentials, certificate, certificate, GNUTLS_X509_FMT_PEM) < 0)
        abort();
    s.server = session_new(GNUTLS_SERVER, s.pair.server, s.server_credentials);
    s.client = session_new(GNUTLS_CLIENT, s.pair.client, s.client_credentials);
    pthread_setcancelstate(state, NULL);
    return s;
}

static inline struct sessions sessions_established(void)
{
    int state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    struct sessions s = sessions_new();
    int server = -1, client = -1;
    while (server != 0 || client != 0) {
        client = client ? gnutls_handshake(s.client) : 0;
        server = server ? gnutls_handshake(s.server) : 0;
    }
    pthread_setcancelstate(state, NULL);
    return s;
}

static inline void sessions_free(const struct sessions *s)
{
    gnutls_deinit(s->server);
    gnutls_deinit(s->client);
    gnutls_certificate_free_credentials(s->server_credentials);
    gnutls_certificate_free_credentials(s->client_credentials);
    pair_close(&s->pair);
}

#endif
