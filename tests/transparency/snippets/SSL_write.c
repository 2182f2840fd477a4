#include "../snippet_ssl.h"

int snippet(void)
{
    char got[32];
    struct sessions s = sessions_established();
    SHOW_SSL(s.server, SSL_write(s.server, "hello", 5));
    await_record(s.client);
    SHOW_SSL(s.client, SSL_read(s.client, got, sizeof got));
    show_bytes("client got", got, 5);
    SHOW_SSL(s.server, SSL_write(s.server, "hello", 0));
    SHOW_SSL(s.server, SSL_write(s.server, "hello", -1));
    ERR_clear_error();
    shutdown(s.pair.server, SHUT_WR);
    signal(SIGPIPE, SIG_IGN);
    SHOW_SSL(s.server, SSL_write(s.server, "hello", 5));
    ERR_clear_error();
    SSL *plain = SSL_new(s.server_context);
    SHOW_SSL(plain, SSL_write(plain, "x", 1));
    SSL_free(plain);
    ERR_clear_error();
    signal(SIGPIPE, SIG_DFL);
    sessions_free(&s);
    return 0;
}
