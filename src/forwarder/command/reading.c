#include "command/reading.h"

#include <ctype.h>

/* A value that the next argument is. */
enum awaited { NOTHING, VALUE, SCRIPT, HIDDEN };

struct reader {
    struct arguments *arguments;
    const struct program_options *options;
    enum awaited awaited;
    bool options_over, program_given;
    size_t positionals;
    bool is_wrapped; /* this is another command than the program's own */
};

static bool has(const char *letters, char c)
{
    return strchr(letters, c) != NULL;
}

static bool lists(const char *list, struct bytes option)
{
    for (const char *found = list;
         option.len && (found = memmem(found, strlen(found), option.data, option.len)); found++)
        if (found > list && found[-1] == ' ' && (found[option.len] == ' ' || !found[option.len]))
            return true;
    return false;
}

static void hide(struct argument *argument, size_t from)
{
    argument->role = ARGUMENT_HIDDEN;
    argument->from = from;
}

static void found_script(struct reader *r, struct argument *argument, size_t from)
{
    argument->role = ARGUMENT_SCRIPT;
    argument->from = from;
    if (!r->program_given && !r->is_wrapped)
        r->arguments->script = argument->text + from;
    r->program_given = true;
}

/* -c, or -cCODE. In some programs it may have other letters behind it, and the code comes next. */
static void found_code(struct reader *r, struct argument *argument, size_t from)
{
    const char *rest = argument->text + from;
    size_t letters = 0;
    while (isalpha((unsigned char)rest[letters]))
        letters++;
    if (*rest)
        hide(argument, from);
    if (!rest[letters] && letters <= 3)
        r->awaited = HIDDEN;
    r->program_given = true;
}

static void read_letters(struct reader *r, struct argument *argument)
{
    const struct program_options *o = r->options;
    for (size_t i = 1; argument->text[i]; i++) {
        char c = argument->text[i];
        bool ends = !argument->text[i + 1];
        if (has(o->code, c)) {
            found_code(r, argument, i + 1);
            return;
        }
        if (has(o->secret, c)) {
            if (!ends)
                hide(argument, i + 1);
            else if (has(o->valued, c))
                r->awaited = HIDDEN;
            return;
        }
        if (has(o->script, c)) {
            if (ends)
                r->awaited = SCRIPT;
            else
                found_script(r, argument, i + 1);
            return;
        }
        if (has(o->valued, c)) {
            r->awaited = ends ? VALUE : NOTHING;
            return;
        }
        if (has(o->attached, c))
            return;
    }
}

static void read_long(struct reader *r, struct argument *argument)
{
    struct bytes name = {argument->text, strcspn(argument->text, "=")};
    bool attached = argument->text[name.len] == '=';
    if (lists(r->options->long_code, name)) {
        r->program_given = true;
        if (attached)
            hide(argument, name.len + 1);
        else
            r->awaited = HIDDEN;
    } else if (!attached && lists(r->options->long_valued, name)) {
        r->awaited = VALUE;
    }
}

/* Another command begins here, be it one that is not known. */
static void begin_command(struct reader *r, const char *program)
{
    const char *version;
    r->options = program_options_of(basename(program), &version);
    r->options_over = r->program_given = false;
    r->is_wrapped = true;
    r->positionals = 0;
}

static void read_positional(struct reader *r, struct argument *argument)
{
    const char *kinds = r->options->positional;
    size_t last = strlen(kinds) - 1;
    char kind = kinds[r->positionals < last ? r->positionals : last];
    const char *equals = strchr(argument->text, '=');
    if (kind == 'a' && equals && equals > argument->text)
        return;
    r->positionals++;
    if (kind == 'a' || kind == 'w') {
        begin_command(r, argument->text);
    } else if (kind == 's') {
        if (!r->program_given)
            found_script(r, argument, 0);
        r->options_over = true;
    } else if (kind == 'c' && !(r->program_given && kinds[1])) {
        hide(argument, 0);
    }
}

static void read_awaited(struct reader *r, struct argument *argument)
{
    enum awaited awaited = r->awaited;
    bool option = argument->text[0] == '-' && argument->text[1];
    r->awaited = NOTHING;
    if (awaited == SCRIPT)
        found_script(r, argument, 0);
    if (awaited == HIDDEN) {
        hide(argument, 0);
        if (option) /* of a shell: `-c -x code` */
            r->awaited = HIDDEN;
    }
    r->options_over |= awaited == SCRIPT;
}

static void read_argument(struct reader *r, struct argument *argument)
{
    const char *text = argument->text;
    bool option = !r->options_over && (text[0] == '-' || text[0] == '+') && text[1];
    if (r->awaited)
        read_awaited(r, argument);
    else if (option && strcmp(text, "--") == 0)
        r->options_over = true;
    else if (lists(r->options->long_code, bytes_of(text)) || (option && text[1] == '-'))
        read_long(r, argument);
    else if (option)
        read_letters(r, argument);
    else if (strcmp(text, "-") == 0 && !r->options_over) /* the program comes by standard input */
        r->program_given = true;
    else if (!(r->options_over && r->program_given && r->options->positional[0] == 's'))
        read_positional(r, argument);
}

static void split(struct arena *arena, struct bytes argv, struct arguments *arguments)
{
    size_t count = 1;
    for (size_t i = 0; i < argv.len; i++)
        count += argv.data[i] == '\0';
    arguments->items = arena_alloc(arena, count * sizeof *arguments->items);
    while (argv.len) {
        size_t len = strnlen(argv.data, argv.len);
        arguments->items[arguments->count++] = (struct argument){
            .text = arena_bytes(arena, (struct bytes){argv.data, len}), .cut = len == argv.len};
        argv = bytes_skip(argv, len + 1);
    }
}

struct arguments arguments_read(
    struct arena *arena, struct bytes argv, const struct program_options *options)
{
    struct arguments arguments = {0};
    split(arena, argv, &arguments);
    struct reader reader = {.arguments = &arguments, .options = options};
    for (size_t i = 1; i < arguments.count && reader.options; i++)
        read_argument(&reader, &arguments.items[i]);
    return arguments;
}
