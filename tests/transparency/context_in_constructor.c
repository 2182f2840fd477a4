/* Before main. */
#include "runner.h"

CONTEXT_WITH(in_constructor, .in_constructor = true)
{
    run_snippet();
}
