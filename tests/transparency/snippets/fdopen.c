#include "../snippet_stdio.h"

int snippet(void)
{
    static char buffer[16];
    struct pair pair = pair_tcp();
    FILE *both = fdopen(pair.server, "r+");
    printf("fileno %d\n", fileno(both));
    client_sends(&pair, "a line\n");
    SHOW(fgets(buffer, sizeof buffer, both) != NULL);
    fprintf(both, "answer to %s", buffer);
    SHOW(fflush(both));
    client_shows(&pair);
    SHOW(fdopen(pair.client, "nonsense") != NULL);
    SHOW(fdopen(1000, "r") != NULL);
    SHOW(fdopen(-1, "r") != NULL);
    fclose(both);
    close(pair.client);
    close(pair.listener);
    return 0;
}
