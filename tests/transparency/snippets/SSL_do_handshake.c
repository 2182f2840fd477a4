#include "../snippet_ssl.h"

int snippet(void)
{
    struct sessions s = sessions_new();
    SHOW_SSL(s.client, SSL_do_handshake(s.client));
    await_record(s.server);
    SHOW_SSL(s.server, SSL_do_handshake(s.server));
    await_record(s.client);
    SHOW_SSL(s.client, SSL_do_handshake(s.client));
    await_record(s.server);
    SHOW_SSL(s.server, SSL_do_handshake(s.server));
    sessions_free(&s);
    s = sessions_new();
    SSL *plain = SSL_new(s.server_context); /* neither end nor socket */
    SHOW_SSL(plain, SSL_do_handshake(plain));
    SSL_free(plain);
    shutdown(s.pair.client, SHUT_WR);
    await_record(s.server);
    SHOW_SSL(s.server, SSL_do_handshake(s.server));
    ERR_clear_error();
    sessions_free(&s);
    return 0;
}
