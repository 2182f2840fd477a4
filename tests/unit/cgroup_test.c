/* Where the memory of a process' own group is read, version 1, version 2 and both. */
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

#include "metrics/cgroup.h"

static char root[] = "/tmp/cgroup_test-XXXXXX";

/* "%s" in the text is the folder of the test. */
static void put(const char *name, const char *text)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", root, name);
    for (char *slash = strchr(path + strlen(root) + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *file = fopen(path, "we");
    if (!file)
        return;
    for (const char *c = text; *c; c++)
        if (c[0] == '%' && c[1] == 's') {
            fputs(root, file);
            c++;
        } else {
            fputc(*c, file);
        }
    fclose(file);
}

static void check(const char *groups, const char *mounts, double used, double limit)
{
    put("cgroup", groups);
    put("mountinfo", mounts);
    struct cgroup_memory memory = cgroup_memory_of(root);
    CHECK(memory.used == used && memory.limit == limit);
    if (memory.used != used || memory.limit != limit)
        fprintf(stderr, "    %.0f of %.0f: %s", memory.used, memory.limit, groups);
}

#define V1 "35 31 0:32 / %s/memory rw - cgroup cgroup rw,memory\n"
#define V1_JOINED "35 31 0:32 /docker/x %s/memory rw shared:1 - cgroup cgroup rw,cpuset,memory\n"
#define V2 "41 31 0:38 / %s/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n"
#define CPU "32 31 0:29 / %s/cpu rw,relatime - cgroup cgroup rw,cpu\n"

static void test_versions(void)
{
    put("memory/memory.usage_in_bytes", "1\n");
    put("memory/memory.limit_in_bytes", "9223372036854771712\n");
    put("memory/a/b/memory.usage_in_bytes", "100\n");
    put("memory/a/b/memory.limit_in_bytes", "200\n");
    put("unified/memory.current", "2\n");
    put("unified/s/x.service/memory.current", "300\n");
    put("unified/s/x.service/memory.max", "400\n");
    put("unified/free/memory.current", "500\n");
    put("unified/free/memory.max", "max\n");
    check("4:memory:/a/b\n0::/s/x.service\n", CPU V1 V2, 100, 200);
    check("0::/s/x.service\n4:cpu,memory:/a/b\n", CPU V1 V2, 100, 200);
    check("4:memory:/\n", V1, 1, -1);
    check("4:memory:/docker/x/a/b\n", V1_JOINED, 100, 200);
    check("4:memory:/elsewhere\n", V1_JOINED, 1, -1);
    check("0::/s/x.service\n", CPU V2, 300, 400);
    check("1:cpu:/a\n0::/free\n", CPU V2, 500, -1);
    check("0::/../../s\n", V2, 2, -1);
    check("0::/none\n", V2, -1, -1);
    check("4:memory:/a/b\n", V2, -1, -1);
    check("1:cpu:/a\n", CPU V1, -1, -1);
    check("nonsense\n0:\n", "nonsense\n - \n", -1, -1);
    check("", "", -1, -1);
}

int main(void)
{
    char command[64];
    if (!mkdtemp(root))
        return 1;
    test_versions();
    snprintf(command, sizeof command, "rm -r %s", root);
    if (system(command) != 0)
        return 1;
    return check_result();
}
