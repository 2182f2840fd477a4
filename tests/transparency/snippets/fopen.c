#include "../snippet_stdio.h"

int snippet(void)
{
    struct streams s = streams_new();
    FILE *file = fopen("/dev/null", "r");
    printf("opened %d, fileno %d\n", file != NULL, file ? fileno(file) : -1);
    SHOW_STREAM(file, fgetc(file));
    fclose(file);
    SHOW(fopen("/nonexistent", "r") != NULL);
    SHOW(fopen("/dev/null", "nonsense") != NULL);
    streams_close(&s);
    return 0;
}
