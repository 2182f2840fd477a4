#include "../snippet_gnutls.h"

int snippet(void)
{
    char got[32];
    struct sessions s = sessions_established();
    SHOW(gnutls_record_send2(s.server, "hello", 5, 0, 0));
    await_input(s.pair.client);
    SHOW(gnutls_record_recv(s.client, got, sizeof got));
    SHOW(gnutls_record_send2(s.server, NULL, 0, 0, 0));
    sessions_free(&s);
    return 0;
}
