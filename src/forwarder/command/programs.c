#include "command/programs.h"

#include <stddef.h>
#include <string.h>

/* As their manual pages have them. The longer of two names that begin alike comes first. */
/* clang-format off */
static const struct program_options programs[] = {
    /* name, language, runtime, valued, attached, code, script, secret, long_valued, long_code, positional */
    {"python", "Python", "CPython", "WXQ", "", "c", "m", "", " --check-hash-based-pycs", "", "s"},
    {"pypy", "Python", NULL, "WX", "", "c", "m", "", "", "", "s"},
    {"perl", "Perl", NULL, "I", "iMmFxDdCV0", "eE", "", "", "", "", "s"},
    {"ruby", "Ruby", NULL, "IrCEF", "iKTWx0", "e", "", "", " --encoding", "", "s"},
    {"php-fpm", "PHP", "PHP", "cdygp", "", "", "", "", " --fpm-config --php-ini", "", "s"},
    {"php-cgi", "PHP", "PHP", "bcdTz", "", "", "f", "", "", "", "s"},
    {"php", "PHP", "PHP", "dcSztg", "", "rBRE", "f", "", " --define --php-ini", " --run --process-begin --process-code --process-end", "s"},
    {"nodejs", "JavaScript", NULL, "rC", "", "ep", "", "", " --require --import --loader --conditions", " --eval --print", "s"},
    {"node", "JavaScript", NULL, "rC", "", "ep", "", "", " --require --import --loader --conditions", " --eval --print", "s"},
    {"dash", "Shell", NULL, "o", "", "c", "", "", "", "", "s"},
    {"bash", "Shell", NULL, "oO", "", "c", "", "", " --rcfile --init-file", "", "s"},
    {"zsh", "Shell", NULL, "o", "", "c", "", "", "", "", "s"},
    {"ksh", "Shell", NULL, "o", "", "c", "", "", "", "", "s"},
    {"sh", "Shell", NULL, "o", "", "c", "", "", "", "", "s"},

    {"awk", NULL, NULL, "vF", "", "e", "f", "", " --assign --field-separator", " --source", "c-"},
    {"gawk", NULL, NULL, "vFi", "", "e", "f", "", " --assign --field-separator", " --source", "c-"},
    {"mawk", NULL, NULL, "vFW", "", "", "f", "", "", "", "c-"},
    {"sed", NULL, NULL, "l", "i", "e", "f", "", "", " --expression", "c-"},
    {"jq", NULL, NULL, "", "", "", "f", "", "", "", "c-"},
    {"lua", NULL, NULL, "l", "", "e", "", "", "", "", "s"},
    {"Rscript", NULL, NULL, "", "", "e", "", "", "", "", "s"},
    {"deno", NULL, NULL, "", "", "", "", "", "", " eval", "-"},
    {"psql", NULL, NULL, "dfFhLopPRTUv", "", "c", "", "", " --dbname --file --field-separator --host --log-file --output --port --pset --record-separator --table-attr --username --set --variable", " --command", "-"},
    {"mysql", NULL, NULL, "DPShu", "", "e", "", "p", " --database --host --port --socket --user", " --execute --init-command", "-"},
    {"mariadb", NULL, NULL, "DPShu", "", "e", "", "p", " --database --host --port --socket --user", " --execute --init-command", "-"},
    {"mysqldump", NULL, NULL, "PShu", "", "", "", "p", "", " --where", "-"},
    {"mysqladmin", NULL, NULL, "PShu", "", "", "", "p", "", "", "-"},
    {"sqlite", NULL, NULL, "", "", "", "", "", "", " -cmd", "-c"},
    {"mongosh", NULL, NULL, "u", "", "", "", "p", "", " --eval", "-"},
    {"mongo", NULL, NULL, "u", "", "", "", "p", "", " --eval", "-"},
    {"redis-cli", NULL, NULL, "hpsrinua", "", "", "", "a", "", " --eval", "-c"},
    {"sshpass", NULL, NULL, "fdPp", "", "", "", "p", "", "", "w"},
    {"curl", NULL, NULL, "uUEbdFHoAeTmxX", "", "", "", "uUbdFE", "", "", "-"},
    {"ssh", NULL, NULL, "BbcDEeFIiJLlmOopQRSWw", "", "", "", "", "", "", "-c"},
    {"su", NULL, NULL, "gGsw", "", "c", "", "", "", " --command", "-"},
    {"runuser", NULL, NULL, "ugGsw", "", "c", "", "", "", " --command", "-"},
    {"env", NULL, NULL, "uC", "", "S", "", "", " --unset --chdir", " --split-string", "a"},
    {"sudo", NULL, NULL, "ACDghpRrTtUu", "", "", "", "", " --user --group --host --prompt --chdir", "", "a"},
    {"nice", NULL, NULL, "n", "", "", "", "", " --adjustment", "", "w"},
    {"ionice", NULL, NULL, "cnpPu", "", "", "", "", "", "", "w"},
    {"nohup", NULL, NULL, "", "", "", "", "", "", "", "w"},
    {"setsid", NULL, NULL, "", "", "", "", "", "", "", "w"},
    {"stdbuf", NULL, NULL, "ioe", "", "", "", "", "", "", "w"},
    {"timeout", NULL, NULL, "ks", "", "", "", "", " --kill-after --signal", "", "-w"},
    {"time", NULL, NULL, "fo", "", "", "", "", "", "", "w"},
    {"xargs", NULL, NULL, "aEdILnPs", "", "", "", "", "", "", "w"},
    {"strace", NULL, NULL, "abeEIoOpPsSuUX", "", "", "", "", "", "", "w"},
    {"watch", NULL, NULL, "nq", "", "", "", "", " --interval", "", "c"},
};
/* clang-format on */

const struct program_options *program_options_of(const char *base, const char **ret_version)
{
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        size_t len = strlen(programs[i].name);
        if (strncmp(base, programs[i].name, len) != 0)
            continue;
        const char *version = base + len;
        if (version[strspn(version, "0123456789.")] != '\0')
            continue;
        *ret_version = version;
        return &programs[i];
    }
    return NULL;
}
