#include "../snippet_ssl.h"

/* Works with TLS in the kernel alone; without that the library refuses. */
int snippet(void)
{
    struct sessions s = sessions_established();
    int file = open("/etc/passwd", O_RDONLY);
    SHOW_SSL(s.server, SSL_sendfile(s.server, file, 0, 10, 0));
    SHOW_SSL(s.server, SSL_sendfile(s.server, -1, 0, 10, 0));
    ERR_clear_error();
    close(file);
    sessions_free(&s);
    return 0;
}
