#include "../snippet.h"

int snippet(void)
{
    static char memory[16], buffer[32];
    struct pair pair = pair_tcp();
    FILE *stream = fdopen(pair.server, "r+");
    client_sends(&pair, "a line\nmore");
    printf("%s", fgets(buffer, sizeof buffer, stream));
    FILE *output = fdopen(dup(pair.server), "w");
    fprintf(output, "buffered until it is closed");
    SHOW(fclose(output));
    client_shows(&pair);
    SHOW(fclose(stream)); /* cannot give back what it has read ahead */
    SHOW(write(pair.server, "x", 1));
    stream = fmemopen(memory, sizeof memory, "w"); /* no descriptor at all */
    SHOW(fclose(stream));
    stream = tmpfile();
    SHOW(fclose(stream));
    stream = fdopen(dup(pair.listener), "r");
    SHOW(fclose(stream));
    stream = fopen("/dev/full", "w");
    fputs("lost", stream);
    SHOW(fclose(stream));
    close(pair.client);
    close(pair.listener);
    return 0;
}
