#include "../snippet_gnutls.h"

int snippet(void)
{
    static char buffer[64];
    struct sessions s = sessions_established();
    SHOW(gnutls_record_recv(s.server, buffer, sizeof buffer));
    gnutls_record_send(s.client, "hello, recorder", 15);
    await_input(s.pair.server);
    SHOW(gnutls_record_recv(s.server, buffer, 5));
    show_bytes("got", buffer, 5);
    SHOW(gnutls_record_recv(s.server, buffer, sizeof buffer));
    show_bytes("got", buffer, 10);
    SHOW(gnutls_record_recv(s.server, NULL, 0));
    gnutls_bye(s.client, GNUTLS_SHUT_WR);
    await_input(s.pair.server);
    SHOW(gnutls_record_recv(s.server, buffer, sizeof buffer));
    SHOW(gnutls_record_recv(s.server, buffer, sizeof buffer));
    sessions_free(&s);
    return 0;
}
