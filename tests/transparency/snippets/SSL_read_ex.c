#include "../snippet_ssl.h"

int snippet(void)
{
    static char buffer[64];
    size_t done = 77;
    struct sessions s = sessions_established();
    SHOW_SSL(s.server, SSL_read_ex(s.server, buffer, sizeof buffer, &done));
    SSL_write(s.client, "hello, recorder", 15);
    await_record(s.server);
    SHOW_SSL(s.server, SSL_read_ex(s.server, buffer, 5, &done));
    printf("done %zu\n", done);
    SHOW_SSL(s.server, SSL_read_ex(s.server, buffer, 0, &done));
    SHOW_SSL(s.server, SSL_read_ex(s.server, buffer, sizeof buffer, &done));
    show_bytes("got", buffer, done);
    SSL_shutdown(s.client);
    await_record(s.server);
    SHOW_SSL(s.server, SSL_read_ex(s.server, buffer, sizeof buffer, &done));
    printf("done %zu\n", done);
    ERR_clear_error();
    sessions_free(&s);
    return 0;
}
