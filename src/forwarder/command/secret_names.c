#include "command/secret_names.h"

#include <ctype.h>

enum { AHEAD_MAX = 32 };

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Anywhere in a name, whatever stands between the letters: "api-key", "sessionApiKey2". */
static const char *const sure_parts[] = {"passw", "passphrase", "passcode", "passkey", "pwd",
    "secret", "credential", "apikey", "accesskey", "privatekey", "bearer", "jwt"};
static const char *const parts[] = {
    "cookie", "sessi", "signature", "credit", "principal", "mnemonic"};

/* A whole word. */
static const char *const sure_words[] = {"pw", "pas", "pass", "pat", "creds", "psk"};
static const char *const words[] = {
    "pin", "nonce", "otp", "totp", "sid", "sig", "sas", "cred", "card", "cvv", "cvc", "ssn"};
static const char *const user_words[] = {"user", "username", "userid", "login"};
static const char *const code_words[] = {"eval", "exec", "execute", "command", "cmd", "query",
    "sql", "code", "statement", "expression", "expr"};

/* The end of a word. */
static const char *const endings[] = {"key", "keys", "pw", "psk", "salt"};
static const char *const file_endings[] = {
    "file", "filename", "path", "dir", "directory", "folder"};

/* Words that have "pass" in them and are none. */
static const char *const passing[] = {"bypass", "compass", "passenger", "passive", "passing",
    "passed", "passes", "passage", "passthr", "surpass"};

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

/* Bytes beyond ASCII are letters. */
static bool in_word(char c)
{
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* The length of `part` at the beginning of `name`, with what separates words left out; 0: it is not
 * there. */
static size_t begins(struct bytes name, const char *part)
{
    size_t i = 0;
    for (; *part; i++) {
        if (i == name.len)
            return 0;
        if (i && !in_word(name.data[i]))
            continue;
        if (tolower((unsigned char)name.data[i]) != *part)
            return 0;
        part++;
    }
    return i;
}

/* Behind the first such part; NULL: there is none. */
static const char *behind_part(struct bytes name, const char *part)
{
    for (; name.len; name = bytes_skip(name, 1)) {
        size_t len = begins(name, part);
        if (len)
            return name.data + len;
    }
    return NULL;
}

static bool has_part(struct bytes name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (behind_part(name, list[i]))
            return true;
    return false;
}

static bool ends_in(struct bytes word, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(list[i]);
        if (word.len >= len &&
            bytes_equal_nocase(bytes_skip(word, word.len - len), bytes_of(list[i])))
            return true;
    }
    return false;
}

/* "token", not "tokenizer". */
static bool is_token(struct bytes name)
{
    const char *end = name.data + name.len, *behind;
    while ((behind = behind_part(name, "token"))) {
        name = (struct bytes){behind, (size_t)(end - behind)};
        if (!begins(name, "iz") && !begins(name, "is"))
            return true;
    }
    return false;
}

/* "auth", "oauth", "authorization", not "author". */
static bool is_authentication(struct bytes word)
{
    const char *end = word.data + word.len, *behind;
    while ((behind = behind_part(word, "auth"))) {
        word = (struct bytes){behind, (size_t)(end - behind)};
        if (!begins(word, "or") || begins(word, "oriz") || begins(word, "oris"))
            return true;
    }
    return false;
}

static struct bytes without_number(struct bytes word)
{
    while (word.len && isdigit((unsigned char)word.data[word.len - 1]))
        word.len--;
    return word;
}

/* Takes off what separates words, and all to the next that does. */
static struct bytes take_run(struct bytes *name)
{
    while (name->len && !in_word(*name->data))
        *name = bytes_skip(*name, 1);
    struct bytes run = {name->data, 0};
    while (run.len < name->len && in_word(run.data[run.len]))
        run.len++;
    *name = bytes_skip(*name, run.len);
    return without_number(run);
}

/* The same by words: a run of lower case with the capitals before it, without the number at
 * its end. "HTTPApiKey2" is HTTP, Api, Key. */
static struct bytes take_word(struct bytes *name)
{
    while (name->len && !in_word(*name->data))
        *name = bytes_skip(*name, 1);
    const char *s = name->data;
    size_t len = 0;
    for (; len < name->len && in_word(s[len]); len++) {
        bool follows_lower = len && is_upper(s[len]) && !is_upper(s[len - 1]);
        bool begins_next = len && is_upper(s[len]) && is_upper(s[len - 1]) && len + 1 < name->len &&
                           is_lower(s[len + 1]);
        if (follows_lower || begins_next)
            break;
    }
    struct bytes word = {s, len};
    *name = bytes_skip(*name, len);
    return without_number(word);
}

static enum naming naming_of_word(struct bytes word, bool is_last)
{
    if (BYTES_ARE_ONE_OF(word, sure_words))
        return NAMES_SURELY_SECRET;
    if (behind_part(word, "pass") && !has_part(word, passing, COUNT(passing)))
        return NAMES_SURELY_SECRET;
    if (is_authentication(word))
        return NAMES_SECRET;
    /* "keyStore" and "pin-length" are other things, "keyId" is said with the key. */
    bool whole = BYTES_ARE_ONE_OF(word, words) || ends_in(word, endings, COUNT(endings));
    return whole && is_last ? NAMES_SECRET : NAMES_ANYTHING;
}

/* "key id", "key file", "key value": what follows is still the key. */
static bool goes_on(struct bytes rest)
{
    static const char *const same[] = {"id", "value", "data", "string", "text", "material", "hex",
        "file", "path", "dir", "filename"};
    while (rest.len) {
        struct bytes word = take_word(&rest);
        if (word.len && !BYTES_ARE_ONE_OF(word, same))
            return false;
    }
    return true;
}

/* By camelCase, or only by what is between words: "kEy" is no two of them. */
static enum naming naming_of_words(struct bytes name, bool camel, struct bytes *ret_last)
{
    enum naming found = NAMES_ANYTHING;
    while (name.len) {
        struct bytes word = camel ? take_word(&name) : take_run(&name);
        if (!word.len)
            continue;
        *ret_last = word;
        /* No more than this is looked ahead, so that a name of many words takes no longer. */
        enum naming naming = naming_of_word(word, name.len <= AHEAD_MAX && goes_on(name));
        found = naming > found ? naming : found;
    }
    return found;
}

static enum naming secrecy_of(struct bytes name, struct bytes *ret_last)
{
    enum naming by_run = naming_of_words(name, false, ret_last);
    enum naming by_word = naming_of_words(name, true, ret_last);
    enum naming found = by_run > by_word ? by_run : by_word;
    if (has_part(name, sure_parts, COUNT(sure_parts)) || is_token(name))
        return NAMES_SURELY_SECRET;
    return !found && has_part(name, parts, COUNT(parts)) ? NAMES_SECRET : found;
}

static struct bytes without_ends(struct bytes name)
{
    while (name.len && !in_word(*name.data))
        name = bytes_skip(name, 1);
    while (name.len && !in_word(name.data[name.len - 1]))
        name.len--;
    return name;
}

enum naming naming_of(struct bytes name)
{
    struct bytes last = {0};
    enum naming secrecy = secrecy_of(without_ends(name), &last);
    if (secrecy) {
        bool is_file = ends_in(last, file_endings, COUNT(file_endings)) &&
                       !bytes_equal_nocase(last, BYTES("profile"));
        return is_file ? NAMES_FILE : secrecy;
    }
    if (BYTES_ARE_ONE_OF(last, user_words))
        return NAMES_USER;
    return BYTES_ARE_ONE_OF(last, code_words) ? NAMES_CODE : NAMES_ANYTHING;
}

enum naming naming_of_last(struct bytes name)
{
    name = without_ends(name);
    size_t from = name.len;
    while (from && in_word(name.data[from - 1]))
        from--;
    return naming_of(bytes_skip(name, from));
}

bool names_a_flag(struct bytes name)
{
    static const char *const flags[] = {"no", "without", "skip", "disable", "ask", "prompt"};
    return BYTES_ARE_ONE_OF(take_run(&name), flags);
}
