/* Web frameworks, by stacks and by the files that package managers leave. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"

#include "trace/framework.h"

static struct frame frame(const char *filename, bool library)
{
    return (struct frame){.filename = filename, .function = "f", .library_frame = library};
}

static void test_which(void)
{
    const struct frame *found = NULL;
    const struct frame frames[] = {frame("shop/views.py", false), frame("flask/app.py", false),
        frame("starlette/applications.py", true), frame("fastapi/applications.py", true),
        frame("gunicorn/workers/sync.py", true)};
    CHECK(!framework_among(frames, 2, &found) && !framework_among(frames, 0, &found));
    CHECK_STR(framework_among(frames, 3, &found), "starlette");
    CHECK(found == &frames[2]);
    CHECK_STR(framework_among(frames, 5, &found), "fastapi");
    CHECK(found == &frames[3]);
}

/* The version that is told where this one entry is in the folder. */
static void check_version(const char *entry, const char *expected)
{
    char folder[] = "/tmp/apmshim-framework-XXXXXX", path[256], file[256];
    if (!mkdtemp(folder))
        abort();
    snprintf(path, sizeof path, "%s/django/core/handlers/base.py", folder);
    snprintf(file, sizeof file, "%s/%s", folder, entry);
    close(open(file, O_CREAT | O_WRONLY, 0600));
    struct frame found = frame("django/core/handlers/base.py", true);
    found.abs_path = path;
    char *version = framework_version(&found, "django");
    CHECK_STR(version ? version : "", expected);
    free(version);
    unlink(file);
    rmdir(folder);
}

static void test_version(void)
{
    check_version("Django-3.2.25.dist-info", "3.2.25");
    check_version("django-5.1rc1.dist-info", "5.1rc1");
    check_version("Django-3.2.25.egg-info", "3.2.25");
    check_version("Django-3.2.25-py3.11.egg-info", "3.2.25");
    check_version("django_extensions-3.2.dist-info", "");
    check_version("Django-.dist-info", "");
    check_version("Django-3.2", "");
    struct frame alone = frame("django/core/handlers/base.py", true);
    CHECK(!framework_version(&alone, "django"));
    alone.abs_path = "/nonesuch/django/core/handlers/base.py";
    CHECK(!framework_version(&alone, "django"));
    alone.abs_path = "base.py";
    CHECK(!framework_version(&alone, "django"));
}

int main(void)
{
    test_which();
    test_version();
    return check_result();
}
