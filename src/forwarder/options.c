/* The table of options.def at work: reading the environment, describing, documenting. */
#include "options.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "options_others.h"
#include "options_parse.h"
#include "private/text.h"

enum origin { UPSTREAM, OWN };

enum kind {
    STRING,
    SECRET,
    URLS,
    LIST,
    SECONDS,
    MILLISECONDS,
    GRANULAR,
    SIZE,
    INTEGER,
    NUMBER,
    BOOL,
    CHOICES
};

#define HOURS(n) ((n)*3600e9)
#define VARIABLE_MAX 80

struct setting {
    const char *name, *value, *choices, *meaning; /* value: the default */
    enum origin origin;
    enum kind kind;
    size_t offset; /* in struct options */
    double least, most;
};

static const struct setting settings[] = {
#define OPTION(origin, kind, name, value, least, most, meaning)                                    \
    {#name, value, NULL, meaning, origin, kind, offsetof(struct options, name), least, most},
#define CHOICE(origin, name, value, choices, meaning)                                              \
    {#name, value, choices, meaning, origin, CHOICES, offsetof(struct options, name), 0, 0},
#include "options.def"
#undef OPTION
#undef CHOICE
};

static struct arena texts;
static struct options loaded;

static const char *variable_name(const struct setting *setting, char ret[VARIABLE_MAX])
{
    snprintf(ret, VARIABLE_MAX, "%s_%s", setting->origin == OWN ? "APMSHIM" : "ELASTIC_APM",
        setting->name);
    for (char *c = ret; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return ret;
}

static bool within(const struct setting *setting, double value)
{
    return value >= setting->least && value <= setting->most;
}

/* Header fields are made of these: a line break would begin another one. */
static bool printable(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return false;
    return true;
}

static bool store_text(const struct setting *setting, const char *text, void *field)
{
    if ((setting->kind == URLS && !valid_urls(text)) || !printable(text))
        return false;
    *(const char **)field = *text ? arena_string(&texts, text) : NULL;
    return true;
}

static bool store_duration(const struct setting *setting, const char *text, int64_t *field)
{
    int64_t unit = setting->kind == SECONDS ? 1000000000 : 1000000, value;
    if (!parse_duration(text, unit, setting->kind == GRANULAR, &value) ||
        !within(setting, (double)value))
        return false;
    *field = value;
    return true;
}

static bool store_number(const struct setting *setting, const char *text, void *field)
{
    union {
        int64_t integer;
        uint64_t size;
        double number;
    } value;
    if (setting->kind == SIZE) {
        if (!parse_size(text, &value.size) || !within(setting, (double)value.size))
            return false;
    } else if (setting->kind == INTEGER) {
        if (!parse_integer(text, &value.integer) || !within(setting, (double)value.integer))
            return false;
    } else if (!parse_number(text, &value.number) || !within(setting, value.number)) {
        return false;
    }
    memcpy(field, &value, sizeof value);
    return true;
}

static bool store_bool(const struct setting *setting, const char *text, bool *field)
{
    if (setting->origin == OWN && strcmp(text, "1") == 0)
        text = "true";
    if (setting->origin == OWN && strcmp(text, "0") == 0)
        text = "false";
    return parse_bool(text, field);
}

static bool store(const struct setting *setting, const char *text)
{
    void *field = (char *)&loaded + setting->offset;
    switch (setting->kind) {
    case STRING:
    case SECRET:
    case URLS:
    case LIST:
        return store_text(setting, text, field);
    case SECONDS:
    case MILLISECONDS:
    case GRANULAR:
        return store_duration(setting, text, field);
    case SIZE:
    case INTEGER:
    case NUMBER:
        return store_number(setting, text, field);
    case BOOL:
        return store_bool(setting, text, field);
    case CHOICES:
        return parse_choice(text, setting->choices, field);
    }
    return false;
}

static bool is_ours(const char *name, size_t len)
{
    char variable[VARIABLE_MAX];
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        variable_name(&settings[i], variable);
        if (strlen(variable) == len && memcmp(variable, name, len) == 0)
            return true;
    }
    return false;
}

const struct options *options_load(void)
{
    struct buf problems = {0};
    char variable[VARIABLE_MAX];
    arena_free(&texts);
    loaded = (struct options){0};
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct setting *setting = &settings[i];
        const char *text = getenv(variable_name(setting, variable));
        (void)store(setting, setting->value);
        if (!text || !*text)
            continue;
        loaded.given[i] = store(setting, text);
        if (!loaded.given[i])
            buf_printf(&problems, "%s is not valid and has been ignored; it stays %s\n", variable,
                *setting->value ? setting->value : "unset");
    }
    options_name_others(environ, is_ours, &problems);
    loaded.problems = arena_bytes(&texts, (struct bytes){problems.data, problems.len});
    buf_free(&problems);
    return &loaded;
}

static void describe(struct buf *b, const struct setting *setting, bool given)
{
    static const struct text_rules by_form = {NULL, URL_FULL};
    char variable[VARIABLE_MAX];
    const char *text = given ? getenv(variable_name(setting, variable)) : setting->value;
    buf_printf(b, "%s=", setting->name);
    if (setting->kind == SECRET)
        buf_puts(b, "[REDACTED]");
    else if (setting->kind == URLS)
        text_hide(&by_form, TEXT_ANY, bytes_of(text), b);
    else
        buf_puts(b, text ? text : "");
    buf_printf(b, " (%s)\n", given ? "environment" : "default");
}

void options_describe(const struct options *options, struct buf *b)
{
    static const enum option_id always[] = {
        OPTION_server_url, OPTION_service_name, OPTION_service_version, OPTION_log_level};
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        bool wanted = options->given[i];
        for (size_t k = 0; k < sizeof always / sizeof *always; k++)
            wanted |= always[k] == i;
        if (wanted)
            describe(b, &settings[i], options->given[i]);
    }
}

/* ---- documentation ---- */

static void print_kind(FILE *file, const struct setting *setting)
{
    static const char *const kinds[] = {[STRING] = "text",
        [SECRET] = "secret",
        [URLS] = "URLs",
        [LIST] = "list",
        [SECONDS] = "duration, s",
        [MILLISECONDS] = "duration, ms",
        [GRANULAR] = "duration, ms",
        [SIZE] = "size",
        [INTEGER] = "integer",
        [NUMBER] = "number",
        [BOOL] = "true, false"};
    if (!setting->choices) {
        fputs(kinds[setting->kind], file);
        return;
    }
    for (const char *c = setting->choices; *c; c++)
        fputs(*c == '|' ? ", " : (char[]){*c, '\0'}, file);
}

static void print_table(FILE *file, enum origin origin)
{
    char variable[VARIABLE_MAX];
    fputs("| variable | value | default | meaning |\n| --- | --- | --- | --- |\n", file);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct setting *setting = &settings[i];
        if (setting->origin != origin)
            continue;
        fprintf(file, "| `%s` | ", variable_name(setting, variable));
        print_kind(file, setting);
        fprintf(file, *setting->value ? " | `%s`" : " | %s", setting->value);
        fprintf(file, " | %s |\n", setting->meaning);
    }
}

void options_print(FILE *file)
{
    fputs(
        "# Options\n\n"
        "Set in the service's environment. A value that is not valid is reported in the log and\n"
        "ignored; so is each variable of these two kinds that is no option here. This page is "
        "what\n"
        "`apmshim-forwarder --options` prints.\n\n"
        "Durations are whole numbers with `ms`, `s` or `m`; without a unit they count in the one\n"
        "given. `exit_span_min_duration` also takes `us`. Sizes are whole numbers with `b`, `kb`,\n"
        "`mb` or `gb`, of 1024 each. Items of a list are separated by commas. In wildcards only\n"
        "`*` is special; case is ignored unless they begin with `(?-i)`. Paths are absolute: the\n"
        "forwarder's working folder is `/`.\n\n"
        "## Options of every Elastic APM agent\n\n",
        file);
    print_table(file, UPSTREAM);
    fputs("\n## Options of this one\n\n", file);
    print_table(file, OWN);
}
