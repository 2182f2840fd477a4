#include "command/arguments.h"

#include <ctype.h>

enum positionals {
    PLAIN,
    RUNS,      /* the first is a script or program; what follows is for that */
    CODE,      /* the first is the program, if no option was */
    THEN_CODE, /* so is all behind the first, a file or a command */
};

/* Languages are called as Elastic's agents call them. Letters are single-letter options, which may
 * stand together and have their value attached. Names and long options are each after a space. */
struct program_row {
    const char *names, *language, *runtime;
    enum positionals positionals;
    const char *code, *long_code;     /* the value is the program itself, or a statement */
    const char *script, *long_script; /* the value is the script or module */
    const char *valued, *long_valued; /* take another value */
    const char *attached;             /* take one that is attached, or none */
    const char *secret;               /* the value is a password; may be in `attached` too */
    const char *code_follows;         /* the first that is no option is the program */
    const char *stdin_code;           /* the program comes by standard input */
};

#define SHELL                                                                                      \
    .language = "Shell", .positionals = RUNS, .valued = "oO", .code_follows = "c", .stdin_code = "s"

static const struct program_row rows[] = {
    {" python", "python", "CPython", RUNS, .code = "c", .script = "m", .valued = "WXQ",
        .long_valued = " --check-hash-based-pycs"},
    {" pypy", "python", NULL, RUNS, .code = "c", .script = "m", .valued = "WX"},
    {" perl", "Perl", NULL, RUNS, .code = "eE", .valued = "I", .attached = "iFMmxdV"},
    {" ruby jruby", "ruby", NULL, RUNS, .code = "e", .valued = "IrCEX", .attached = "iFxKTW",
        .long_valued = " --encoding --external-encoding --internal-encoding"},
    {" php-fpm", "PHP", "PHP", PLAIN, .valued = "cdygp", .long_valued = " --fpm-config --php-ini"},
    {" php-cgi", "PHP", "PHP", RUNS, .script = "f", .valued = "bcdTz"},
    {" php", "PHP", "PHP", RUNS, .code = "rBRE", .script = "fF",
        .long_code = " --run --process-begin --process-code --process-end",
        .long_script = " --file --process-file", .valued = "dcSztg",
        .long_valued = " --php-ini --define --server --docroot --zend-extension",
        .stdin_code = "-"},
    {" node nodejs", "javascript", NULL, RUNS, .code = "ep", .long_code = " --eval --print",
        .valued = "rC",
        .long_valued =
            " --require --import --loader --experimental-loader --conditions --env-file"},
    {" java javaw", "Java", NULL, RUNS, .long_script = " -jar -m --module",
        .long_valued = " -cp -classpath --class-path -p --module-path --upgrade-module-path "
                       "--add-modules --limit-modules --add-opens --add-exports --add-reads "
                       "--patch-module --enable-native-access --source"},
    {" dash sh zsh ksh", SHELL},
    {" bash", SHELL, .long_valued = " --rcfile --init-file"},
    {" ash mksh", .positionals = RUNS, .valued = "o", .code_follows = "c"},
    {" fish", .positionals = RUNS, .code = "cC", .long_code = " --command --init-command"},
    {" bun", .positionals = RUNS, .code = "ep", .long_code = " --eval --print", .valued = "r"},
    {" deno", .positionals = RUNS},
    {" eval timeit", .positionals = CODE, .code = "s"}, /* deno eval, python -m timeit */
    {" lua luajit", .positionals = RUNS, .code = "e", .valued = "lj", .attached = "ObJ"},
    {" R Rscript", .positionals = RUNS, .code = "e", .valued = "fg"},
    {" julia", .positionals = RUNS, .code = "eE", .long_code = " --eval --print", .valued = "JLpt"},
    {" elixir iex", .positionals = RUNS, .code = "e", .long_code = " --eval --rpc-eval"},
    {" groovy scala osascript expect", .positionals = RUNS, .code = "ec"},
    {" awk gawk mawk nawk", .positionals = CODE, .code = "e", .long_code = " --source",
        .script = "f", .valued = "FvElioW"},
    {" sed gsed", .positionals = CODE, .code = "e", .long_code = " --expression", .script = "f",
        .valued = "l", .attached = "i"},
    {" su runuser", .code = "c", .long_code = " --command", .valued = "gGsw"},
    {" ssh", .positionals = THEN_CODE, .valued = "BbcDEeFIiJLlmOopQRSWw"},
    {" watch", .positionals = CODE, .valued = "nq", .long_valued = " --interval"},
    {" psql usql", .code = "c", .long_code = " --command", .valued = "dfhLopPRTUFv"},
    {" postgres", .valued = "BcCdDfFhkNpSt"},
    {" nginx", .valued = "cegp"},
    {" mysql mariadb mysqldump mariadb-dump mysqladmin mariadb-admin mysqlimport mysqlslap",
        .code = "ew", .long_code = " --execute --init-command --where --query --create",
        .valued = "uhPSD", .attached = "p", .secret = "p"},
    {" sqlite3 sqlite", .positionals = THEN_CODE, .long_code = " -cmd --cmd",
        .long_valued = " -separator -init -nullvalue -newline -mmap -vfs"},
    {" duckdb", .positionals = THEN_CODE, .long_code = " -c -cmd -s",
        .long_valued = " -separator -init -nullvalue"},
    {" mongosh mongo mongodump mongorestore mongoimport mongoexport",
        .long_code = " --eval --query", .code = "q", .valued = "uhdc", .attached = "p",
        .secret = "p"},
    {" redis-cli valkey-cli keydb-cli", .positionals = THEN_CODE, .secret = "a",
        .valued = "hpsuniradDtX", .long_valued = " --user --eval --pattern --cacert --cert --sni"},
    {" sqlcmd bcp osql", .code = "qQ", .secret = "P", .valued = "SUdio"},
    {" cqlsh", .code = "e", .long_code = " --execute", .secret = "p", .valued = "ukf"},
    {" isql", .positionals = THEN_CODE},
    {" sqlplus", .positionals = CODE},
    {" sshpass", .positionals = RUNS, .secret = "p", .valued = "fdP"},
    {" ldapsearch ldapmodify ldapadd ldapdelete ldapwhoami", .secret = "w",
        .valued = "HDbsfyYUXRhpaxlz"},
    {" ldappasswd", .secret = "was", .valued = "HDyYUXRhp"},
    {" curl", .secret = "uUbEd",
        .long_code = " --data --data-raw --data-binary --data-urlencode --json --cert --proxy-cert",
        .valued = "HXoAeTFmrCcDhKQtwyYzP"},
    {" openssl", .long_code = " -k -K -pass"},
    {" htpasswd", .positionals = THEN_CODE},
    {" 7z 7za 7zr rar unrar", .secret = "p", .attached = "p"},
    {" snmpget snmpwalk snmpset snmpbulkwalk", .secret = "cAX", .valued = "vlaxur"},
};

const char *arguments_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Where the version begins in "python3.11", if `name` is python; NULL: it is not. */
static const char *version_within(struct bytes given, const char *name, size_t len)
{
    if (given.len < len || memcmp(given.data, name, len) != 0)
        return NULL;
    for (size_t i = len; i < given.len; i++)
        if (!isdigit((unsigned char)given.data[i]) && given.data[i] != '.')
            return NULL;
    return given.data + len;
}

static const struct program_row *row_of(struct bytes given, const char **ret_version)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (const char *name = rows[i].names + 1;; name++) {
            size_t len = strcspn(name, " ");
            if ((*ret_version = version_within(given, name, len)))
                return &rows[i];
            name += len;
            if (!*name)
                break;
        }
    return NULL;
}

bool arguments_known(struct bytes name)
{
    const char *version;
    return row_of(name, &version);
}

bool arguments_interpreter(const char *name, struct interpreter *ret)
{
    const struct program_row *row = row_of(bytes_of(name), &ret->version);
    if (!row || !row->language)
        return false;
    ret->language = row->language;
    ret->runtime = row->runtime;
    return true;
}

const char *arguments_take(struct arena *arena, struct bytes *argv, bool *ret_cut)
{
    if (!argv->len)
        return NULL;
    size_t len = strnlen(argv->data, argv->len);
    const char *argument = arena_bytes(arena, (struct bytes){argv->data, len});
    *ret_cut = len == argv->len;
    *argv = bytes_skip(*argv, len + 1);
    return argument;
}

void arguments_begin(struct arguments *arguments, const char *name)
{
    const char *version;
    *arguments = (struct arguments){.row = row_of(bytes_of(name), &version)};
}

static bool has(const char *letters, char c)
{
    return letters && strchr(letters, c);
}

/* Whether the option, or what was left of it by abbreviation, is in the list. */
static bool lists(const char *list, struct bytes option)
{
    enum { SHORTEST = 5 };
    for (const char *item = list; item && *item;) {
        size_t len = strcspn(++item, " ");
        bool fits = option.len == len || (option.len >= SHORTEST && option.len < len);
        if (fits && memcmp(item, option.data, option.len) == 0)
            return true;
        item += len;
    }
    return false;
}

/* An option's value begins at `from`. */
static struct argument take_value(
    struct arguments *arguments, enum argument_kind kind, const char *argument, size_t from)
{
    if (kind == ARGUMENT_SCRIPT && arguments->has_program)
        kind = ARGUMENT_SETTING;
    if (kind == ARGUMENT_SCRIPT)
        arguments_begin(arguments, arguments_base_name(argument + from));
    return (struct argument){kind, from};
}

/* The same, or it is the next argument where this one ends there. */
static struct argument with_value(
    struct arguments *arguments, enum argument_kind kind, const char *argument, size_t from)
{
    if (argument[from])
        return take_value(arguments, kind, argument, from);
    arguments->wanted = kind;
    return (struct argument){ARGUMENT_ORDINARY, 0};
}

static struct argument read_long(
    struct arguments *arguments, const char *argument, const char **ret_letters)
{
    const struct program_row *row = arguments->row;
    struct bytes option = {argument, strcspn(argument, "=")};
    arguments->after_long = false;
    size_t from = option.len + (argument[option.len] == '=');
    if (lists(row->long_code, option)) {
        arguments->has_program = true;
        return with_value(arguments, ARGUMENT_PRIVATE, argument, from);
    }
    if (lists(row->long_script, option))
        return with_value(arguments, ARGUMENT_SCRIPT, argument, from);
    if (lists(row->long_valued, option) && !argument[option.len])
        return with_value(arguments, ARGUMENT_SETTING, argument, from);
    arguments->after_long = argument[1] == '-' && !argument[option.len];
    *ret_letters = argument[1] == '-' ? NULL : argument + 1;
    return (struct argument){ARGUMENT_ORDINARY, 0};
}

/* Letters of one argument; the value of one that takes it may be the next argument. */
static struct argument read_letters(
    struct arguments *arguments, const char *argument, const char *letters)
{
    const struct program_row *row = arguments->row;
    for (const char *c = letters; *c; c++) {
        size_t from = (size_t)(c + 1 - argument);
        if (has(row->attached, *c) && !c[1])
            break;
        if (has(row->secret, *c))
            return with_value(arguments, ARGUMENT_PRIVATE, argument, from);
        if (has(row->attached, *c))
            return (struct argument){ARGUMENT_SETTING, from};
        if (has(row->code, *c)) {
            arguments->has_program = true;
            from += strspn(argument + from, row->code); /* node -pe */
            return with_value(arguments, ARGUMENT_PRIVATE, argument, from);
        }
        if (has(row->script, *c))
            return with_value(arguments, ARGUMENT_SCRIPT, argument, from);
        if (has(row->valued, *c))
            return with_value(arguments, ARGUMENT_SETTING, argument, from);
        arguments->wants_code |= has(row->code_follows, *c);
        arguments->has_program |= has(row->stdin_code, *c);
    }
    return (struct argument){ARGUMENT_ORDINARY, 0};
}

static struct argument read_positional(struct arguments *arguments, const char *argument)
{
    enum positionals positionals = arguments->row->positionals;
    bool is_doubtful = arguments->after_long && !strpbrk(argument, "./");
    bool is_first = !arguments->positionals++, is_code = false,
         had_program = arguments->has_program;
    if (positionals == RUNS) {
        is_code = arguments->wants_code;
        if (!is_doubtful || is_code)
            arguments_begin(arguments, is_code ? "" : arguments_base_name(argument));
    } else if (positionals == CODE) {
        is_code = is_first && !had_program;
    } else if (positionals == THEN_CODE) {
        is_code = !is_first;
    }
    if (is_code)
        return (struct argument){ARGUMENT_PRIVATE, 0};
    bool is_script = positionals == RUNS && !had_program;
    return (struct argument){is_script ? ARGUMENT_SCRIPT : ARGUMENT_ORDINARY, 0};
}

/* Of a program that is not known: it may be a wrapper, and this what it runs; "-u postgres" is a
 * user, and what takes neither code nor passwords is not looked for. */
static void look_for_program(struct arguments *arguments, const char *argument)
{
    const char *version, *name = arguments_base_name(argument);
    bool names_user = arguments->names_user;
    size_t len = strlen(argument);
    arguments->names_user =
        *argument == '-' &&
        (strchr("uUg", argument[len - 1]) || strstr(argument, "user") || strstr(argument, "group"));
    const struct program_row *row = names_user ? NULL : row_of(bytes_of(name), &version);
    if (row && (row->positionals || row->code || row->secret || row->long_code))
        *arguments = (struct arguments){.row = row};
}

struct argument arguments_next(struct arguments *arguments, const char *argument)
{
    const struct argument ordinary = {ARGUMENT_ORDINARY, 0};
    const char *letters = NULL;
    if (arguments->wanted) {
        enum argument_kind wanted = arguments->wanted;
        arguments->wanted = ARGUMENT_ORDINARY;
        return take_value(arguments, wanted, argument, 0);
    }
    if (!arguments->row) {
        look_for_program(arguments, argument);
        return ordinary;
    }
    if (strcmp(argument, "-") == 0) {
        arguments->has_program = true;
        return ordinary;
    }
    bool option =
        argument[0] == '-' || (argument[0] == '+' && has(arguments->row->code_follows, 'c'));
    if (!option || arguments->only_positionals)
        return read_positional(arguments, argument);
    if (strcmp(argument, "--") == 0) {
        arguments->only_positionals = true;
        arguments->has_program |= has(arguments->row->stdin_code, '-');
        return ordinary;
    }
    struct argument read = read_long(arguments, argument, &letters);
    return letters && !arguments->wanted && !read.kind ? read_letters(arguments, argument, letters)
                                                       : read;
}
