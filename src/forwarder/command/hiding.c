#include "command/hiding.h"

#include "base/buf.h"
#include "command/reading.h"
#include "private/text.h"
#include "sql/verb.h"
#include "base/wildcard.h"

/* Names of what is secret on a command line, beside those of sanitize_field_names. */
static const char secret_names[] =
    "*passw*,*passwd*,*pwd*,pw,*-pw,*_pw,pass,*pass,*pass_*,*pass-*,*passphrase*,*passcode*,"
    "*passin,*passout,*secret*,*token*,*credential*,creds,*api*key*,*access*key*,*private*key*,"
    "*account*key*,*shared*key*,*signature*,sig,*cookie*,*salt,pin,otp,psk,*jwt*,*bearer*,"
    "userpwd,*-userpwd";

/* Behind such a word it is the name of a file that holds it. */
static const char file_names[] = "*file,*path,*dir,*folder,*filename,*-store,*keystore";

/* Options whose value is "user:password". */
static const char user_names[] = "u,user,*-user,login,auth-user,username,*-username,U";

/* Options whose value is code in many programs, if it has blanks. */
static const char code_names[] =
    "c,e,E,r,x,command,*-command,cmd,eval,exec,execute,query,sql,code,script,expression,run";

struct hider {
    struct text_rules rules;
    struct wildcard_list *files, *users, *codes;
};

static struct hider hider_new(const char *names)
{
    return (struct hider){
        .rules.names = sanitizer_new(names ? names : SANITIZE_DEFAULT, secret_names),
        .rules.url = URL_FULL,
        .files = wildcard_list_parse(file_names),
        .users = wildcard_list_parse(user_names),
        .codes = wildcard_list_parse(code_names)};
}

static void hider_free(struct hider *h)
{
    sanitizer_free(h->rules.names);
    wildcard_list_free(h->files);
    wildcard_list_free(h->users);
    wildcard_list_free(h->codes);
}

/* "--db-password" without its dashes; empty: it is no option, or has its value with it. */
static struct bytes option_name(const char *argument)
{
    size_t dashes = strspn(argument, "-");
    struct bytes name = bytes_of(argument + dashes);
    bool alone = dashes && dashes <= 2 && !strpbrk(name.data, "=: \t\n");
    return alone ? name : (struct bytes){"", 0};
}

static bool is_secret(struct hider *h, struct bytes name)
{
    return name.len && sanitize_hides(h->rules.names, name) && !wildcard_list_match(h->files, name);
}

static bool has_blank(const char *text)
{
    return text[strcspn(text, " \t\n\r")] != '\0';
}

/* A verb of SQL and a blank behind it. */
static bool is_statement(const char *text)
{
    const char *verb = sql_verb(bytes_of(text));
    return verb && has_blank(text + strspn(text, " \t\n\r(;"));
}

/* By the argument before it. */
static bool is_secret_value(struct hider *h, const char *text, const char *before)
{
    struct bytes option = option_name(before);
    if (!option.len || strncmp(text, "--", 2) == 0)
        return false;
    return is_secret(h, option) || (wildcard_list_match(h->users, option) && strpbrk(text, ":%")) ||
           (wildcard_list_match(h->codes, option) && has_blank(text));
}

/* How much of an argument is its option: "/password:", "-u" before "anna:secret", "--command="
 * before code. 0: nothing of that kind. */
static size_t before_value(struct hider *h, const char *text)
{
    size_t dashes = strspn(text, "-/"), name = strcspn(text + dashes, ":= \t\n/");
    const char joint = text[dashes + name];
    struct bytes option = {text + dashes, name};
    if (!dashes || dashes > 2)
        return 0;
    if ((joint == ':' || joint == '=') && is_secret(h, option))
        return dashes + name + 1;
    if (joint == '=' && ((wildcard_list_match(h->codes, option) && has_blank(text)) ||
                            (wildcard_list_match(h->users, option) && strchr(text, ':'))))
        return dashes + name + 1;
    bool letter = text[0] == '-' && (text[1] == 'u' || text[1] == 'U');
    return letter && strchr(text, ':') && !strstr(text, "://") ? 2 : 0;
}

/* "--key-file=/etc/x.pem" */
static bool names_file(struct hider *h, const char *text)
{
    size_t name = strcspn(text, "=: \t\n");
    return text[0] == '-' && text[name] == '=' &&
           wildcard_list_match(h->files, (struct bytes){text, name});
}

static const char *with_hidden_end(struct arena *arena, const char *text, size_t from)
{
    return arena_printf(arena, "%.*s" SANITIZED, (int)from, text);
}

static const char *shown(
    struct hider *h, struct arena *arena, const struct argument *a, const char *before)
{
    struct buf out = {0};
    if (a->role == ARGUMENT_HIDDEN)
        return with_hidden_end(arena, a->text, a->from);
    if (a->cut || (before && is_secret_value(h, a->text, before)) || is_statement(a->text))
        return SANITIZED;
    size_t option = before_value(h, a->text);
    if (option)
        return with_hidden_end(arena, a->text, option);
    struct text_rules rules = h->rules;
    if (names_file(h, a->text))
        rules.names = NULL;
    buf_add(&out, "", 0);
    text_hide(&rules, TEXT_ANY, bytes_of(a->text), &out);
    const char *kept = arena_bytes(arena, (struct bytes){out.data, out.len});
    buf_free(&out);
    return kept;
}

struct shown_arguments arguments_without_secrets(
    struct arena *arena, const char *exe, struct bytes argv, const char *names)
{
    const char *version;
    const struct program_options *options =
        exe ? program_options_of(basename(exe), &version) : NULL;
    struct arguments arguments = arguments_read(arena, argv, options);
    struct hider hider = hider_new(names);
    const char **items = arena_alloc(arena, (arguments.count + 1) * sizeof *items);
    for (size_t i = 0; i < arguments.count; i++)
        items[i] =
            shown(&hider, arena, &arguments.items[i], i ? arguments.items[i - 1].text : NULL);
    hider_free(&hider);
    return (struct shown_arguments){arguments.count, items};
}
