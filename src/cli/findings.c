#include "findings.h"

#include <stdarg.h>
#include <stdlib.h>

void findings_add(struct findings *findings, enum weight weight, const char *format, ...)
{
    va_list args;
    char *text;
    va_start(args, format);
    if (findings->count < FINDINGS_MAX && vasprintf(&text, format, args) >= 0) {
        findings->items[findings->count].weight = weight;
        findings->items[findings->count++].text = text;
    }
    va_end(args);
}

const char *findings_blocker(const struct findings *findings)
{
    for (unsigned i = 0; i < findings->count; i++)
        if (findings->items[i].weight == FINDING_BLOCKER)
            return findings->items[i].text;
    return NULL;
}

void findings_print(const struct findings *findings, FILE *out)
{
    static const char marks[] = {
        [FINDING_SEEN] = '+', [FINDING_LIMIT] = '!', [FINDING_BLOCKER] = '-'};
    for (unsigned i = 0; i < findings->count; i++)
        fprintf(out, "  %c %s\n", marks[findings->items[i].weight], findings->items[i].text);
}

void findings_free(struct findings *findings)
{
    for (unsigned i = 0; i < findings->count; i++)
        free(findings->items[i].text);
    *findings = (struct findings){0};
}
