#include "export/print.h"

bool print_open(const struct options *options, struct sink *ret_sink)
{
    (void)options;
    *ret_sink = (struct sink){0};
    return true;
}
