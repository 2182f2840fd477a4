/* Any environment: options stay within their bounds, and no secret is described. The input is a
 * list of variables: a byte for which one, its value, a newline. */
#include "options.h"
#include "require.h"

#define MARK "s3cr3t-" /* every secret begins with it */
#define HOURS(n) ((n)*3600e9)

struct variable {
    const char *name, *kind;
};

static const struct variable variables[] = {
#define IN_UPSTREAM "ELASTIC_APM_"
#define IN_OWN "APMSHIM_"
#define OPTION(origin, kind, name, value, least, most, meaning) {IN_##origin #name, #kind},
#define CHOICE(origin, name, value, choices, meaning) {IN_##origin #name, "CHOICE"},
#include "options.def"
#undef OPTION
#undef CHOICE
};

static const char *variable_name(const struct variable *variable, char *ret)
{
    char *c = ret;
    for (const char *from = variable->name; *from; from++)
        *c++ = *from >= 'a' && *from <= 'z' ? (char)(*from - 'a' + 'A') : *from;
    *c = '\0';
    return ret;
}

static void set_variables(struct bytes text)
{
    while (text.len) {
        const struct variable *v =
            &variables[(unsigned char)text.data[0] % (sizeof variables / sizeof *variables)];
        text = bytes_skip(text, 1);
        const char *end = text.len ? memchr(text.data, '\n', text.len) : NULL;
        int len = (int)(end ? (size_t)(end - text.data) : text.len);
        char name[80], value[4096];
        snprintf(value, sizeof value, "%s%.*s", strcmp(v->kind, "SECRET") == 0 ? MARK : "", len,
            text.data);
        setenv(variable_name(v, name), value, 1);
        text = bytes_skip(text, (size_t)len + 1);
    }
}

static void require_bounds(const struct options *options)
{
    struct bytes texts[OPTION_COUNT];
    size_t count = 0;
#define WITHIN(name, least, most)                                                                  \
    require((double)options->name >= (least) && (double)options->name <= (most));
#define BOUNDS_SECONDS WITHIN
#define BOUNDS_MILLISECONDS WITHIN
#define BOUNDS_GRANULAR WITHIN
#define BOUNDS_SIZE WITHIN
#define BOUNDS_INTEGER WITHIN
#define BOUNDS_NUMBER WITHIN
#define BOUNDS_BOOL(name, least, most) WITHIN(name, 0, 1)
#define TEXT(name, least, most) texts[count++] = bytes_of(options->name);
#define BOUNDS_STRING TEXT
#define BOUNDS_SECRET TEXT
#define BOUNDS_URLS TEXT
#define BOUNDS_LIST TEXT
#define OPTION(origin, kind, name, value, least, most, meaning) BOUNDS_##kind(name, least, most)
#define CHOICE(origin, name, value, choices, meaning) require(options->name >= 0);
#include "options.def"
#undef OPTION
#undef CHOICE
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < texts[i].len; k++)
            require((unsigned char)texts[i].data[k] >= ' ' && texts[i].data[k] != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes text = {(const char *)data, size};
    struct buf shown = {0};
    if (size && memmem(data, size, MARK, strlen(MARK)))
        return 0;
    clearenv();
    set_variables(text);
    const struct options *options = options_load();
    require_bounds(options);
    options_describe(options, &shown);
    require(!strstr(shown.data, MARK) && !strstr(options->problems, MARK));
    buf_free(&shown);
    return 0;
}
