/* What was found out about one program, and whether it can be seen. */
#ifndef APMSHIM_CLI_FINDINGS_H
#define APMSHIM_CLI_FINDINGS_H

#include <stdbool.h>
#include <stdio.h>

enum weight {
    FINDING_SEEN,    /* something that will be traced, or a condition that is met */
    FINDING_LIMIT,   /* a part that won't be */
    FINDING_BLOCKER, /* nothing will be */
};

enum { FINDINGS_MAX = 64 };

/* All-zero is empty and valid. */
struct findings {
    unsigned count;
    bool nothing_to_trace;
    struct {
        enum weight weight;
        char *text;
    } items[FINDINGS_MAX];
};

void findings_add(struct findings *findings, enum weight weight, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The first blocker's text, or NULL. */
const char *findings_blocker(const struct findings *findings);
/* One line each, indented. */
void findings_print(const struct findings *findings, FILE *out);
void findings_free(struct findings *findings);

#endif
