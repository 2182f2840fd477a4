#include "trace/privacy.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/alloc.h"

/* Headers that carry credentials or prove who somebody is, whatever sanitize_field_names says. */
static const char secret_headers[] =
    "*authorization*,*authentication*,*-auth,auth,x-auth*,*auth-token*,*bearer*,*cookie*,*passw*,"
    "*pass,pass*,x-pass*,*-pass-*,*passphrase*,*passcode*,*pwd*,pw,*-pw,psw*,x-psw*,*secret*,*"
    "token*,"
    "*jwt*,*session*,sid,*-sid,*csrf*,*xsrf*,*signature*,sig,*-sig,*hmac*,*credential,credentials,"
    "x-*credentials*,*assertion*,*principal*,x-amzn-oidc-*,*api-key*,*apikey*,*access-key*,"
    "*private-key*,*signing-key*,*encryption-key*,*customer-key*,*license-key*,*cert,*certificate*,"
    "*client-cert*,*cert-chain*,x-vault-*,*otp,*-otp-*,otp-*,pin,*-pin,*-pin-*,*passkey*,*mfa*,*-"
    "2fa*,"
    "*nonce*,cvv,*-cvv*,*-cvc*,ssn,*-ssn,*-card*,dpop,digest,sec-websocket-protocol,*saml*,*wsse*,"
    "*ticket*";

/* Those whose value is one URL, which may be relative. */
static const char url_headers[] =
    "location,content-location,referer,referrer,destination,origin,url,*-url,uri,*-uri,*-path,"
    "x-accel-redirect";

static const char authority_headers[] = "host,*-host,*-server";

enum { HEADER_NAME_MAX = 256, REMEMBERED = 256, REMEMBERED_BYTES = 250 };

/* Clients send the same few values over and over: those that are shown as they are. */
struct plain_header {
    uint16_t name_len, len; /* len: of name and value; 0: none */
    char text[REMEMBERED_BYTES];
};

void privacy_init(struct privacy *ret, const struct options *options)
{
    ret->headers = sanitizer_new(options->sanitize_field_names, secret_headers);
    ret->urls = sanitizer_new(url_headers, NULL);
    ret->authorities = sanitizer_new(authority_headers, NULL);
    ret->text.names = sanitizer_new(options->sanitize_field_names, options->sanitize_query_names);
    ret->text.url = (enum url_mode)options->url;
    ret->plain = xcalloc(REMEMBERED, sizeof *ret->plain);
}

void privacy_free(struct privacy *privacy)
{
    sanitizer_free(privacy->headers);
    sanitizer_free(privacy->urls);
    sanitizer_free(privacy->authorities);
    sanitizer_free(privacy->text.names);
    free(privacy->plain);
}

/* "HTTP_X_TOKEN", as gateways call it, is "X-TOKEN". */
static struct bytes usual_name(struct bytes name, char text[static HEADER_NAME_MAX])
{
    static const char prefix[] = "HTTP-";
    for (size_t i = 0; i < name.len; i++)
        text[i] = name.data[i] == '_' ? '-' : name.data[i];
    struct bytes usual = {text, name.len};
    return usual.len > strlen(prefix) && strncasecmp(text, prefix, strlen(prefix)) == 0
               ? bytes_skip(usual, strlen(prefix))
               : usual;
}

/* A URL without its path is what comes before it; of one that is a path nothing is left. */
static bool is_path_alone(const struct privacy *privacy, enum text_kind kind, struct bytes value)
{
    return privacy->text.url == URL_TEMPLATE && kind == TEXT_URL &&
           !memmem(value.data, value.len, "//", 2);
}

static void hide_header(
    const struct privacy *privacy, struct bytes name, struct bytes value, struct buf *out)
{
    char text[HEADER_NAME_MAX];
    if (name.len > HEADER_NAME_MAX || sanitize_hides(privacy->headers, name)) {
        buf_puts(out, SANITIZED);
        return;
    }
    name = usual_name(name, text);
    enum text_kind kind = sanitize_hides(privacy->urls, name)          ? TEXT_URL
                          : sanitize_hides(privacy->authorities, name) ? TEXT_AUTHORITY
                                                                       : TEXT_ANY;
    if (sanitize_hides(privacy->headers, name))
        buf_puts(out, SANITIZED);
    else if (is_path_alone(privacy, kind, value))
        buf_puts(out, value.len ? "/" : "");
    else
        text_hide(&privacy->text, kind, value, out);
}

/* Its place among those that are remembered. */
static struct plain_header *place_of(
    const struct privacy *privacy, struct bytes name, struct bytes value)
{
    uint32_t hash = (uint32_t)(name.len * 31 + value.len);
    for (size_t i = 0; i < name.len; i++)
        hash = hash * 31 + (unsigned char)name.data[i];
    for (size_t i = 0; i < value.len; i++)
        hash = hash * 31 + (unsigned char)value.data[i];
    return &privacy->plain[(hash ^ hash >> 15) % REMEMBERED];
}

static bool is_it(const struct plain_header *plain, struct bytes name, struct bytes value)
{
    return plain->name_len == name.len && plain->len == name.len + value.len &&
           bytes_equal((struct bytes){plain->text, name.len}, name) &&
           bytes_equal((struct bytes){plain->text + name.len, value.len}, value);
}

static void remember(struct plain_header *plain, struct bytes name, struct bytes value)
{
    memcpy(plain->text, name.data, name.len);
    memcpy(plain->text + name.len, value.data, value.len);
    plain->name_len = (uint16_t)name.len;
    plain->len = (uint16_t)(name.len + value.len);
}

void privacy_header(
    const struct privacy *privacy, struct bytes name, struct bytes value, struct buf *out)
{
    bool fits = name.len && value.len && name.len + value.len <= REMEMBERED_BYTES;
    struct plain_header *plain = fits ? place_of(privacy, name, value) : NULL;
    size_t before = out->len;
    if (plain && is_it(plain, name, value)) {
        buf_add(out, value.data, value.len);
        return;
    }
    hide_header(privacy, name, value, out);
    if (plain && bytes_equal((struct bytes){out->data + before, out->len - before}, value))
        remember(plain, name, value);
}
