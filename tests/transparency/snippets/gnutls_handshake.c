#include "../snippet_gnutls.h"

int snippet(void)
{
    struct sessions s = sessions_new();
    SHOW(gnutls_handshake(s.server));
    SHOW(gnutls_handshake(s.client));
    await_input(s.pair.server);
    SHOW(gnutls_handshake(s.server));
    await_input(s.pair.client);
    SHOW(gnutls_handshake(s.client));
    await_input(s.pair.server);
    SHOW(gnutls_handshake(s.server));
    sessions_free(&s);
    s = sessions_new();
    client_sends(&s.pair, "GET / HTTP/1.0\r\n\r\n"); /* no TLS */
    SHOW(gnutls_handshake(s.server));
    SHOW(gnutls_handshake(s.server));
    sessions_free(&s);
    return 0;
}
