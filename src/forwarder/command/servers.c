#include "command/servers.h"

#include <ctype.h>
#include <stdint.h>

#include "command/arguments.h"

enum { NAME_BYTES_MAX = 64 };

/* Lists of options, each after a space. Those that are not listed have a value, where the
 * application is the first argument without an option. */
struct server {
    const char *names;
    const char *naming;      /* the value is what the operator calls the service */
    const char *application; /* the value is what is served, the better ones first */
    const char *flags;       /* have no value */
    const char *endings;     /* of files that are what is served */
    bool positional, by_folder;
    bool mixed; /* the option tells the language */
};

static const struct server servers[] = {
    {" gunicorn", " -n --name",
        .flags = " --reload --daemon -D --preload --check-config --print-config --spew -R "
                 "--no-sendfile --reuse-port --capture-output --enable-stdio-inheritance "
                 "--initgroups --proxy-protocol --do-handshake-on-connect --log-syslog "
                 "--suppress-ragged-eofs --disable-redirect-access-to-syslog "
                 "--strip-header-spaces",
        .positional = true},
    {" uvicorn hypercorn daphne granian sanic",
        .flags = " --reload --factory --access-log --no-access-log --use-colors --no-use-colors "
                 "--proxy-headers --no-proxy-headers --server-header --no-server-header "
                 "--date-header --no-date-header --no-server-name --debug --dev",
        .positional = true},
    {" waitress-serve dramatiq", .flags = " --call --expose-tracebacks", .positional = true},
    {" flask celery", .application = " --app -A"},
    {" uwsgi uwsgi-core uwsgi_python", " --name",
        .application = " -w --module --wsgi-file --psgi --mount --ini", .endings = " .ini",
        .mixed = true},
    {" starman starlet plackup twiggy hypnotoad morbo", .application = " -a --app",
        .endings = " .psgi .pl"},
    {" puma unicorn thin rackup rails sidekiq", .by_folder = true},
};

static bool lists(const char *list, struct bytes word)
{
    for (const char *item = list; item && *item;) {
        size_t len = strcspn(++item, " ");
        if (len == word.len && memcmp(item, word.data, len) == 0)
            return true;
        item += len;
    }
    return false;
}

/* ---- what an application is called ---- */

static bool is_generic(struct bytes word)
{
    return lists(" wsgi asgi app application main server uwsgi", word);
}

static bool is_generic_folder(struct bytes word)
{
    return !word.len || word.data[0] == '.' ||
           lists(" app bin code conf config etc home html local opt root srv src usr www", word);
}

static bool is_path(struct bytes named)
{
    static const char *const endings[] = {".py", ".psgi", ".pl", ".ini"};
    if (memchr(named.data, '/', named.len))
        return true;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t len = strlen(endings[i]);
        if (named.len > len && memcmp(named.data + named.len - len, endings[i], len) == 0)
            return true;
    }
    return false;
}

/* "gunicorn3" too; of a module, "uvicorn.main", what comes first. */
static const struct server *server_of(const char *name)
{
    struct bytes word = {name, is_path(bytes_of(name)) ? 0 : strcspn(name, ".")};
    while (word.len && isdigit((unsigned char)word.data[word.len - 1]))
        word.len--;
    for (size_t i = 0; i < sizeof servers / sizeof *servers; i++)
        if (lists(servers[i].names, word))
            return &servers[i];
    return NULL;
}

bool servers_know(const char *name)
{
    return server_of(name) != NULL;
}

static struct bytes last_part(struct bytes text, char separator)
{
    const char *at = text.len ? memrchr(text.data, separator, text.len) : NULL;
    return at ? bytes_skip(text, (size_t)(at + 1 - text.data)) : text;
}

/* The file without its ending, or its folder where the file is called like any other. */
static struct bytes name_of_path(struct bytes path)
{
    struct bytes file = last_part(path, '/'), name = file;
    const char *dot = memrchr(file.data, '.', file.len);
    if (dot && dot > file.data)
        name.len = (size_t)(dot - file.data);
    if (!is_generic(name) || path.len <= file.len + 1)
        return name;
    struct bytes folder = last_part((struct bytes){path.data, path.len - file.len - 1}, '/');
    return is_generic_folder(folder) ? name : folder;
}

static struct bytes name_of_module(struct bytes module)
{
    for (;;) {
        struct bytes last = last_part(module, '.');
        if (last.len == module.len || !is_generic(last))
            return module;
        module.len -= last.len + 1;
    }
}

static bool is_name(struct bytes name)
{
    bool letter = false;
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.data[i];
        letter |= isalpha(c) != 0;
        if (!isalnum(c) && !(c && strchr("._-", c)))
            return false;
    }
    return letter && name.len <= NAME_BYTES_MAX;
}

const char *servers_application(struct arena *arena, const char *named)
{
    struct bytes text = {named, strcspn(named, ":([")};
    if (!text.len || !is_name(last_part(text, '/')))
        return NULL;
    struct bytes name = is_path(text) ? name_of_path(text) : name_of_module(text);
    return is_name(name) ? arena_bytes(arena, name) : NULL;
}

/* ---- the arguments ---- */

/* How good an answer is: an option that comes early in the list is better than a later one. */
static size_t rank(const char *list, struct bytes option)
{
    return (size_t)((const char *)memmem(list, strlen(list), option.data, option.len) - list);
}

struct search {
    struct arena *arena;
    const struct server *server;
    const char *name, *application; /* as given */
    size_t best;
    const char *language;
};

static void take_option(struct search *s, struct bytes option, const char *value)
{
    const struct server *server = s->server;
    if (lists(server->naming, option))
        s->name = value;
    if (!lists(server->application, option))
        return;
    size_t found = rank(server->application, option);
    if (s->application && found > s->best)
        return;
    s->best = found;
    s->application = value;
    s->language = bytes_equal(option, BYTES("--psgi"))  ? "Perl"
                  : bytes_equal(option, BYTES("--ini")) ? NULL
                                                        : "python";
    const char *mounted = bytes_equal(option, BYTES("--mount")) ? strchr(value, '=') : NULL;
    if (mounted)
        s->application = mounted + 1;
}

/* Whether it is one of those that have their value attached, or else none. */
static bool take_attached(struct search *s, const char *argument)
{
    size_t len = strcspn(argument, "=");
    if (argument[len]) {
        take_option(s, (struct bytes){argument, len}, argument + len + 1);
        return true;
    }
    struct bytes letter = {argument, 2};
    if (argument[1] == '-' || len <= 2)
        return false;
    take_option(s, letter, argument + 2);
    return true;
}

static void take_positional(struct search *s, const char *argument)
{
    const char *dot = strrchr(argument, '.');
    if (s->application)
        return;
    if (!s->server->positional && !(dot && lists(s->server->endings, bytes_of(dot))))
        return;
    s->application = argument;
    s->best = SIZE_MAX;
}

static void look_through(struct search *s, struct bytes argv)
{
    const char *argument, *option = NULL;
    bool cut = false;
    while ((argument = arguments_take(s->arena, &argv, &cut)) && !cut) {
        if (option && *argument != '-') {
            take_option(s, bytes_of(option), argument);
            option = NULL;
        } else if (*argument != '-') {
            take_positional(s, argument);
        } else {
            bool ended = take_attached(s, argument) || lists(s->server->flags, bytes_of(argument));
            option = ended || !strcmp(argument, "-") || !strcmp(argument, "--") ? NULL : argument;
        }
    }
}

bool servers_read(struct arena *arena, const char *name, struct bytes argv, struct served *ret)
{
    struct search s = {.arena = arena, .server = server_of(name)};
    *ret = (struct served){0};
    if (!s.server)
        return false;
    look_through(&s, argv);
    const char *told = s.name ? servers_application(arena, s.name) : NULL;
    if (!told && s.application)
        told = servers_application(arena, s.application);
    ret->application = told;
    if (s.application && !is_path(bytes_of(s.application)) &&
        servers_application(arena, s.application))
        ret->module = s.application;
    ret->by_folder = s.server->by_folder;
    ret->language = s.server->mixed ? s.language : NULL;
    return true;
}
