/* The ordinary case. */
#include "runner.h"

CONTEXT(in_main)
{
    run_snippet();
}
