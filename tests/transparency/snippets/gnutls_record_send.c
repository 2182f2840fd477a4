#include "../snippet_gnutls.h"

int snippet(void)
{
    char got[32];
    struct sessions s = sessions_established();
    SHOW(gnutls_record_send(s.server, "hello", 5));
    await_input(s.pair.client);
    SHOW(gnutls_record_recv(s.client, got, sizeof got));
    SHOW(gnutls_record_send(s.server, "hello", 0));
    gnutls_record_cork(s.server);
    SHOW(gnutls_record_send(s.server, "corked", 6));
    SHOW(gnutls_record_uncork(s.server, 0));
    signal(SIGPIPE, SIG_IGN);
    shutdown(s.pair.server, SHUT_WR);
    SHOW(gnutls_record_send(s.server, "hello", 5));
    SHOW(gnutls_record_send(s.server, NULL, 0));
    signal(SIGPIPE, SIG_DFL);
    sessions_free(&s);
    return 0;
}
