#include "command/redact.h"

#include <ctype.h>
#include <stdbool.h>

#include "command/arguments.h"
#include "program.h"
#include "command/redact_escapes.h"
#include "command/redact_text.h"
#include "command/redact_values.h"
#include "command/secret_names.h"

/* What the argument before says of this one. */
enum expected {
    EXPECTS_ANYTHING,
    EXPECTS_SECRET,
    EXPECTS_LOGIN, /* maybe with a password */
    EXPECTS_FILE,  /* that holds a secret */
    EXPECTS_CODE,
    EXPECTS_MAYBE_CODE,
    EXPECTS_NUMBER, /* -p: a port, else it may be a password */
};

struct redactor {
    struct arena *arena;
    struct arguments arguments;
    enum expected expected;
    bool after_option;
};

static bool has_blank(const char *text)
{
    return strpbrk(text, BLANKS);
}

static const char *keep(struct redactor *r, const char *argument, size_t len)
{
    return arena_joined(r->arena, arena_bytes(r->arena, (struct bytes){argument, len}), REDACTED);
}

/* ---- statements and code ---- */

static bool begins_statement(const char *text)
{
    static const char *const verbs[] = {"select", "insert", "update", "delete", "with", "create",
        "alter", "drop", "grant", "revoke", "set", "copy", "call", "do", "begin", "explain",
        "values", "truncate", "merge", "replace", "use", "execute", "exec", "prepare", "declare",
        "listen", "notify", "import", "load", "export"};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        size_t len = strlen(verbs[i]);
        if (strncasecmp(text, verbs[i], len) == 0 && text[len] && strchr(BLANKS, text[len]))
            return true;
    }
    return false;
}

static bool joins_commands(const char *text)
{
    const char *semicolon = strchr(text, ';');
    return strpbrk(text, "|`\n") || strstr(text, "&&") || strstr(text, "$(") ||
           (semicolon && semicolon[1 + strspn(semicolon + 1, ";" BLANKS)]);
}

static const char *first_word(const char *text)
{
    return text + strspn(text, "(" BLANKS);
}

/* Several words which a shell or a database would take. */
static bool is_statement(const char *text)
{
    const char *first = first_word(text);
    return has_blank(first) && (begins_statement(first) || joins_commands(first) ||
                                   strncmp(first, "/*", 2) == 0 || *first == '#');
}

static bool is_command(const char *text)
{
    struct bytes word = {first_word(text), 0};
    word.len = strcspn(word.data, BLANKS);
    const char *slash = memrchr(word.data, '/', word.len);
    if (!word.data[word.len])
        return false;
    return arguments_known(slash ? bytes_skip(word, (size_t)(slash + 1 - word.data)) : word);
}

static bool may_be_code(const char *text)
{
    return strpbrk(text, "();'\"{}$`<>|&" BLANKS);
}

/* ---- one argument by the one before ---- */

static bool is_option(const char *argument)
{
    return (argument[0] == '-' && argument[1] && !argument[2]) ||
           (argument[0] == '-' && argument[1] == '-' && isalpha((unsigned char)argument[2]));
}

/* "8080:80", "127.0.0.1", "/run/x.pid". */
static bool is_port_or_path(const char *text)
{
    return !text[strspn(text, "0123456789.:,-*[]")] || *text == '/' || strncmp(text, "./", 2) == 0;
}

static bool is_expected(enum expected expected, const char *argument)
{
    switch (expected) {
    case EXPECTS_ANYTHING:
        return false;
    case EXPECTS_SECRET:
    case EXPECTS_CODE:
        return !is_option(argument);
    case EXPECTS_LOGIN:
        return *argument != '-' && is_login(bytes_of(argument));
    case EXPECTS_FILE:
        return *argument != '-' && !looks_like_path(bytes_of(argument));
    case EXPECTS_MAYBE_CODE:
        return may_be_code(argument);
    case EXPECTS_NUMBER:
        return *argument != '-' && !is_port_or_path(argument);
    }
    return true;
}

/* Of "-tAc": all letters, the last of them takes the value. */
static enum expected expected_by_letters(const char *letters)
{
    size_t len = strlen(letters);
    for (size_t i = 0; i < len; i++)
        if (!isalpha((unsigned char)letters[i]))
            return EXPECTS_ANYTHING;
    if (len == 1 && strchr("pP", *letters))
        return EXPECTS_NUMBER;
    if (len == 1 && *letters == 'a')
        return EXPECTS_LOGIN;
    char last = len ? letters[len - 1] : '\0';
    if (last && strchr("uU", last))
        return EXPECTS_LOGIN;
    return last && strchr("ceErqQx", last) ? EXPECTS_MAYBE_CODE : EXPECTS_ANYTHING;
}

static enum expected expected_by_name(const char *argument)
{
    struct bytes name = bytes_of(argument);
    if (names_a_flag(name))
        return EXPECTS_ANYTHING;
    switch (naming_of(name)) {
    case NAMES_USER:
        return EXPECTS_LOGIN;
    case NAMES_CODE:
        return EXPECTS_CODE;
    case NAMES_FILE:
        return EXPECTS_FILE;
    case NAMES_SECRET:
    case NAMES_SURELY_SECRET:
        return EXPECTS_SECRET;
    case NAMES_ANYTHING:
        break;
    }
    return argument[0] == '-' && argument[1] != '-' ? expected_by_letters(argument + 1)
                                                    : EXPECTS_ANYTHING;
}

/* A word may be a name too: mysqladmin password x, redis-cli config set requirepass x. */
static enum expected expected_after(const char *argument)
{
    bool slash = *argument == '/' && !strchr(argument + 1, '/');
    if (strpbrk(argument, "=:" BLANKS))
        return EXPECTS_ANYTHING;
    if (*argument == '-' || slash)
        return expected_by_name(argument);
    struct bytes word = bytes_of(argument);
    bool path = memchr(word.data, '/', word.len);
    return !path && naming_of_last(word) == NAMES_SURELY_SECRET ? EXPECTS_SECRET : EXPECTS_ANYTHING;
}

/* "Authorization:" "Bearer" "x", "password" "=" "x". */
static bool goes_before_secret(const char *argument)
{
    static const char *const words[] = {
        "bearer", "basic", "digest", "token", "negotiate", "=", ":", "=>", "is"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(argument, words[i]) == 0)
            return true;
    return false;
}

/* ---- one argument by itself ---- */

/* -uuser:password, -p=password, -c"select 1". 0: it has no value in it that must not be told. */
static size_t attached_from(const char *argument)
{
    if (argument[0] != '-' || !argument[1] || argument[1] == '-' || !argument[2])
        return 0;
    if (strchr("uU", argument[1]) && is_login(bytes_of(argument + 2)))
        return 2;
    if (strchr("pP", argument[1]) && argument[2] == '=' && !is_port_or_path(argument + 3))
        return 3;
    size_t word = strcspn(argument, "=:" BLANKS);
    return argument[word] && strchr(BLANKS, argument[word]) ? 2 : 0;
}

static const char *by_itself(
    struct redactor *r, const char *argument, enum argument_kind kind, bool *ret_pending)
{
    bool is_setting = kind == ARGUMENT_SETTING || r->after_option;
    size_t attached = kind == ARGUMENT_ORDINARY ? attached_from(argument) : 0;
    if (attached)
        return keep(r, argument, attached);
    if (kind == ARGUMENT_ORDINARY && *argument != '-' &&
        (is_statement(argument) || is_command(argument)))
        return REDACTED;
    const char *safe = redact_escapes(r->arena, argument, is_setting, ret_pending);
    if (safe)
        return safe;
    size_t name = *argument == '-' ? strcspn(argument, "=") : 0;
    return keep(r, argument, name + (name && argument[name]));
}

static const char *redact_one(struct redactor *r, const char *argument, bool *ret_private)
{
    bool pending = false;
    enum expected expected = r->expected;
    struct argument meaning = arguments_next(&r->arguments, argument);
    bool known = meaning.kind == ARGUMENT_SETTING &&
                 (expected == EXPECTS_MAYBE_CODE || expected == EXPECTS_NUMBER);
    *ret_private = meaning.kind == ARGUMENT_PRIVATE;
    if (expected == EXPECTS_SECRET && goes_before_secret(argument))
        return argument;
    r->expected = EXPECTS_ANYTHING;
    if (*ret_private)
        return keep(r, argument, meaning.from);
    if (!known && is_expected(expected, argument))
        return REDACTED;
    const char *safe = by_itself(r, argument, meaning.kind, &pending);
    if (meaning.kind == ARGUMENT_ORDINARY)
        r->expected = expected_after(argument);
    if (pending)
        r->expected = EXPECTS_SECRET;
    r->after_option = *argument == '-' && !strchr(argument, '=');
    return safe;
}

/* ---- all of them ---- */

/* A title may be a whole command line. Where in it code begins, all the rest may be. */
static const char *redact_words(struct redactor *r, const char *title)
{
    struct buf out = {0};
    bool is_private = false;
    for (const char *c = title; *c && !is_private;) {
        size_t blanks = strspn(c, BLANKS), len = strcspn(c + blanks, BLANKS);
        const char *word = arena_bytes(r->arena, (struct bytes){c + blanks, len});
        buf_add(&out, c, blanks);
        buf_puts(&out, c == title || !len ? word : redact_one(r, word, &is_private));
        c += blanks + len;
    }
    const char *result = arena_bytes(r->arena, (struct bytes){out.data, out.len});
    buf_free(&out);
    return result;
}

static const char *redact_title(struct redactor *r, const char *title)
{
    bool pending = false;
    const char *safe =
        is_statement(title) ? NULL : redact_escapes(r->arena, title, false, &pending);
    if (!safe)
        return REDACTED;
    return has_blank(safe) ? redact_words(r, safe) : safe;
}

/* By its file, or as it is called: "-bash", "psql: shop", "sh" where the file is busybox. */
static void begin(struct redactor *r, const char *exe, const char *title)
{
    const char *name = program_executable(r->arena, exe ? exe : "");
    if (!arguments_known(bytes_of(name)) && title) {
        title += *title == '-';
        name = arena_bytes(r->arena, (struct bytes){title, strcspn(title, ":" BLANKS)});
        name = arguments_base_name(name);
    }
    arguments_begin(&r->arguments, name);
}

size_t redact_arguments(
    struct arena *arena, const char *exe, struct bytes argv, const char **out, size_t max)
{
    struct redactor r = {.arena = arena};
    bool cut, is_private;
    size_t count = 0;
    const char *argument;
    while (count < max && (argument = arguments_take(arena, &argv, &cut))) {
        if (count == 0)
            begin(&r, exe, argument);
        out[count] = cut          ? REDACTED
                     : count == 0 ? redact_title(&r, argument)
                                  : redact_one(&r, argument, &is_private);
        count++;
    }
    return count;
}
