/* names_tool wildcard PATTERN TEXT | traceparent [NAME VALUE]... | template PATH: what the naming
 * helpers make of their arguments. */
#include "trace/path_template.h"
#include "trace/traceparent.h"
#include "base/wildcard.h"

#include <stdio.h>

enum { HEADERS_MAX = 64 };

static void print_traceparent(char **argv, size_t count)
{
    struct header_view headers[HEADERS_MAX];
    struct trace_parent parent;
    for (size_t i = 0; i < count && i < HEADERS_MAX; i++)
        headers[i] = (struct header_view){bytes_of(argv[2 * i]), bytes_of(argv[2 * i + 1])};
    if (traceparent_of_headers(headers, count, &parent))
        printf("valid %d %g\n", parent.sampled, parent.sample_rate);
    else
        printf("invalid\n");
}

int main(int argc, char **argv)
{
    struct buf out = {0};
    if (argc == 4 && strcmp(argv[1], "wildcard") == 0) {
        printf("%s\n", wildcard_match(argv[2], bytes_of(argv[3])) ? "true" : "false");
    } else if (argc >= 2 && argc <= 2 * HEADERS_MAX && strcmp(argv[1], "traceparent") == 0) {
        print_traceparent(argv + 2, (size_t)(argc - 2) / 2);
    } else if (argc == 3 && strcmp(argv[1], "template") == 0) {
        path_template(bytes_of(argv[2]), &out);
        printf("%s\n", out.data);
    } else {
        fprintf(stderr, "usage: names_tool wildcard|traceparent|template ARGUMENTS\n");
        return 2;
    }
    buf_free(&out);
    return 0;
}
