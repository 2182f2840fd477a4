#include "private/forms.h"

#include <ctype.h>

enum { TOKEN_LEAST = 10 /* {"a":1} */, SCHEME_BYTES_MAX = 24, CREDENTIALS_SURE = 24 };

static bool in_base64(char c)
{
    return isalnum((unsigned char)c) || (c && strchr("-_+=~", c));
}

static bool begins(const struct unit *units, const char *text)
{
    for (; *text; text++, units++)
        if (units->c != *text)
            return false;
    return true;
}

size_t form_token(const struct unit *units, bool slashes)
{
    size_t n = 0, whole = 0;
    if (!begins(units, "eyJ") && !begins(units, "ewog") && !begins(units, "ewoJ"))
        return 0;
    while (in_base64(units[n].c))
        n++;
    if (n < TOKEN_LEAST && units[n].c != '.')
        return 0;
    for (whole = n;
         in_base64(units[whole].c) || units[whole].c == '.' || (slashes && units[whole].c == '/');)
        whole++;
    return whole;
}

bool form_pem(const struct unit *units)
{
    return begins(units, "-----BEGIN");
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '+';
}

/* Those that are registered, and what some services have in their place. */
static const struct {
    const char *name;
    enum form_scheme kind;
} schemes[] = {{"bearer", SCHEME_ANYWHERE}, {"basic", SCHEME}, {"digest", SCHEME},
    {"token", SCHEME}, {"negotiate", SCHEME}, {"ntlm", SCHEME}, {"apikey", SCHEME},
    {"api-key", SCHEME}, {"api_key", SCHEME}, {"x-api-key", SCHEME}, {"kerberos", SCHEME},
    {"oauth", SCHEME}, {"dpop", SCHEME}, {"gnap", SCHEME}, {"hoba", SCHEME}, {"vapid", SCHEME},
    {"hawk", SCHEME}, {"webpush", SCHEME}, {"privatetoken", SCHEME}, {"scram-sha-1", SCHEME},
    {"scram-sha-256", SCHEME}, {"aws4-hmac-sha256", SCHEME}, {"goog4-rsa-sha256", SCHEME},
    {"sharedkey", SCHEME}, {"sharedkeylite", SCHEME}, {"sharedaccesssignature", SCHEME},
    {"googlelogin", SCHEME}, {"ssws", SCHEME}, {"jwt", SCHEME}, {"wsse", SCHEME},
    {"usernametoken", SCHEME}, {"signature", SCHEME_WORD}, {"mutual", SCHEME_WORD},
    {"mac", SCHEME_WORD}, {"aws", SCHEME_WORD}, {"key", SCHEME_WORD}, {"secret", SCHEME_WORD},
    {"password", SCHEME_WORD}, {"concealed", SCHEME_WORD}};

static size_t scheme_length(const struct unit *units, char name[SCHEME_BYTES_MAX])
{
    size_t n = 0;
    for (; isalnum((unsigned char)units[n].c) || units[n].c == '-' || units[n].c == '_'; n++) {
        if (n + 1 == SCHEME_BYTES_MAX)
            return 0;
        name[n] = (char)tolower((unsigned char)units[n].c);
    }
    name[n] = '\0';
    return n;
}

enum form_scheme form_scheme(const struct unit *units, size_t *ret_credentials)
{
    char name[SCHEME_BYTES_MAX];
    size_t n = scheme_length(units, name), rest = n;
    bool bearer = n && strcmp(name, "bearer") == 0;
    while (is_blank(units[rest].c) || (bearer && units[rest].c && strchr(",:=", units[rest].c)))
        rest++;
    if (!n || rest == n || !units[rest].c)
        return NO_SCHEME;
    *ret_credentials = rest;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (strcmp(name, schemes[i].name) == 0)
            return schemes[i].kind;
    return NO_SCHEME;
}

bool form_credentials(const struct unit *units, size_t count)
{
    bool odd = false;
    for (size_t i = 0; i < count; i++) {
        char c = units[i].c;
        odd |=
            isdigit((unsigned char)c) || c == '=' || c == ':' || (i && isupper((unsigned char)c));
    }
    return odd || count >= CREDENTIALS_SURE;
}
