/* Says whether we are in this process. */
#include <stdio.h>
#include <string.h>

int main(void)
{
    char line[4096];
    int found = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps))
        found |= strstr(line, "libapmshim") != NULL;
    printf("preloaded %d\n", found);
    return 7;
}
