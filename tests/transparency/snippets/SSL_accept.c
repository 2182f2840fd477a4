#include "../snippet_ssl.h"

int snippet(void)
{
    struct sessions s = sessions_new();
    SHOW_SSL(s.server, SSL_accept(s.server)); /* nothing has come */
    SSL_do_handshake(s.client);
    await_record(s.server);
    SHOW_SSL(s.server, SSL_accept(s.server));
    await_record(s.client);
    SSL_do_handshake(s.client);
    await_record(s.server);
    SHOW_SSL(s.server, SSL_accept(s.server));
    SHOW_SSL(s.server, SSL_accept(s.server)); /* again */
    printf("%s\n", SSL_state_string(s.server));
    sessions_free(&s);
    s = sessions_new();
    client_sends(&s.pair, "GET / HTTP/1.0\r\n\r\n"); /* no TLS */
    SHOW_SSL(s.server, SSL_accept(s.server));
    SHOW_SSL(s.server, SSL_accept(s.server));
    ERR_clear_error();
    sessions_free(&s);
    return 0;
}
