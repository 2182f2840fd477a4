#include "../snippet_ssl.h"

int snippet(void)
{
    static char buffer[64];
    struct sessions s = sessions_established();
    SHOW_SSL(s.server, SSL_read(s.server, buffer, sizeof buffer));
    SSL_write(s.client, "hello, recorder", 15);
    await_record(s.server);
    SHOW_SSL(s.server, SSL_peek(s.server, buffer, 3));
    SHOW_SSL(s.server, SSL_read(s.server, buffer, 5));
    show_bytes("got", buffer, 5);
    SHOW_SSL(s.server, SSL_read(s.server, buffer, 0));
    SHOW_SSL(s.server, SSL_read(s.server, buffer, sizeof buffer));
    show_bytes("got", buffer, 10);
    SHOW_SSL(s.server, SSL_read(s.server, buffer, -1));
    SSL_shutdown(s.client);
    await_record(s.server);
    SHOW_SSL(s.server, SSL_read(s.server, buffer, sizeof buffer));
    SHOW_SSL(s.server, SSL_read(s.server, buffer, sizeof buffer));
    ERR_clear_error();
    sessions_free(&s);
    s = sessions_established();
    client_sends(&s.pair, "no record at all");
    SHOW_SSL(s.server, SSL_read(s.server, buffer, sizeof buffer));
    ERR_clear_error();
    SSL *plain = SSL_new(s.server_context); /* neither end nor socket */
    SHOW_SSL(plain, SSL_read(plain, buffer, 1));
    SSL_free(plain);
    ERR_clear_error();
    sessions_free(&s);
    return 0;
}
