#include "../snippet.h"

#include <sys/prctl.h>

int snippet(void)
{
    char name[16] = "";
    SHOW(prctl(PR_GET_NAME, name));
    SHOW(prctl(PR_SET_NAME, "another"));
    SHOW(prctl(PR_SET_NAME, name));
    SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    SHOW(prctl(PR_GET_NO_NEW_PRIVS, 1, 2, 3, 4));
    SHOW(prctl(99999, 1, 2, 3, 4));
    return 0;
}
