/* No descriptor is left: EMFILE, and the connection waits. */
#include "../snippet.h"

#include <sys/resource.h>

int snippet(void)
{
    struct rlimit before, none;
    int listener = listener_tcp(), client = client_of(listener);
    getrlimit(RLIMIT_NOFILE, &before);
    none = before;
    none.rlim_cur = 0;
    setrlimit(RLIMIT_NOFILE, &none);
    SHOW(accept(listener, NULL, NULL));
    setrlimit(RLIMIT_NOFILE, &before);
    int server = (int)SHOW(accept(listener, NULL, NULL));
    close(server);
    close(client);
    close(listener);
    return 0;
}
