#include "options_parse.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct unit {
    const char *name;
    int64_t factor;
};

/* Digits only, and no more than fit; what follows them is left to the caller. */
static bool parse_digits(const char *text, const char **ret_rest, int64_t *ret)
{
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno)
        return false;
    *ret_rest = end;
    *ret = value;
    return true;
}

static bool parse_unit(
    const char *text, const struct unit *units, int64_t bare, int64_t *ret_factor)
{
    if (!*text) {
        *ret_factor = bare;
        return true;
    }
    for (; units->name; units++)
        if (strcasecmp(text, units->name) == 0) {
            *ret_factor = units->factor;
            return true;
        }
    return false;
}

bool parse_duration(const char *text, int64_t unit_ns, bool granular, int64_t *ret)
{
    static const struct unit units[] = {
        {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}, {"m", INT64_C(60000000000)}, {NULL, 0}};
    int64_t number, factor, value;
    bool negative = *text == '-';
    if (!parse_digits(text + negative, &text, &number) ||
        !parse_unit(text, granular ? units : units + 1, unit_ns, &factor) ||
        __builtin_mul_overflow(number, factor, &value))
        return false;
    *ret = negative ? -value : value;
    return true;
}

bool parse_size(const char *text, uint64_t *ret)
{
    static const struct unit units[] = {
        {"b", 1}, {"kb", 1 << 10}, {"mb", 1 << 20}, {"gb", 1 << 30}, {NULL, 0}};
    int64_t number, factor, value;
    if (!parse_digits(text, &text, &number) || !parse_unit(text, units, 1, &factor) ||
        __builtin_mul_overflow(number, factor, &value))
        return false;
    *ret = (uint64_t)value;
    return true;
}

bool parse_bool(const char *text, bool *ret)
{
    bool is_true = strcmp(text, "true") == 0;
    if (!is_true && strcmp(text, "false") != 0)
        return false;
    *ret = is_true;
    return true;
}

bool parse_integer(const char *text, int64_t *ret)
{
    int64_t value;
    bool negative = *text == '-';
    if (!parse_digits(text + negative, &text, &value) || *text)
        return false;
    *ret = negative ? -value : value;
    return true;
}

bool parse_number(const char *text, double *ret)
{
    char *end;
    if (!*text || text[strspn(text, "0123456789.eE+-")])
        return false;
    double value = strtod(text, &end);
    if (*end || !isfinite(value))
        return false;
    *ret = value;
    return true;
}

bool parse_choice(const char *text, const char *choices, int *ret)
{
    size_t len = strlen(text);
    for (int i = 0;; i++) {
        size_t n = strcspn(choices, "|");
        if (n == len && strncasecmp(choices, text, n) == 0) {
            *ret = i;
            return true;
        }
        if (!choices[n])
            return false;
        choices += n + 1;
    }
}

bool valid_urls(const char *text)
{
    do {
        text += strspn(text, " \t,");
        size_t len = strcspn(text, ", \t");
        size_t scheme = strncasecmp(text, "http://", 7) == 0    ? 7
                        : strncasecmp(text, "https://", 8) == 0 ? 8
                                                                : 0;
        if (!scheme || len == scheme)
            return false;
        text += len;
        text += strspn(text, " \t,");
    } while (*text);
    return true;
}
