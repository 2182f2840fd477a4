#include "../snippet_ssl.h"

int snippet(void)
{
    char got[32];
    size_t done = 77;
    struct sessions s = sessions_established();
    SHOW_SSL(s.server, SSL_write_ex(s.server, "hello", 5, &done));
    printf("done %zu\n", done);
    await_record(s.client);
    SHOW_SSL(s.client, SSL_read(s.client, got, sizeof got));
    show_bytes("client got", got, 5);
    SHOW_SSL(s.server, SSL_write_ex(s.server, "hello", 0, &done));
    printf("done %zu\n", done);
    signal(SIGPIPE, SIG_IGN);
    shutdown(s.pair.server, SHUT_WR);
    SHOW_SSL(s.server, SSL_write_ex(s.server, "hello", 5, &done));
    printf("done %zu\n", done);
    ERR_clear_error();
    signal(SIGPIPE, SIG_DFL);
    sessions_free(&s);
    return 0;
}
