/* What of headers and URLs is hidden: a marker that was planted in them must not come out, whatever
 * it is wrapped in; what is harmless stays byte for byte. */
#include <ctype.h>
#include <stdlib.h>

#include "check.h"
#include "options.h"
#include "trace/privacy.h"
#include "trace/url.h"

#define MARKER "S3CRET"

static struct privacy privacy;

static void begin(const char *variable, const char *value)
{
    setenv(variable, value, 1);
    privacy_init(&privacy, options_load());
    unsetenv(variable);
}

static void end(void)
{
    privacy_free(&privacy);
}

/* A block of its own, so that a sanitizer sees reads behind its end. */
static char *own_copy(const char *text, size_t len)
{
    char *copy = malloc(len + !len);
    memcpy(copy, text, len);
    return copy;
}

static char *header_shown(const char *name, const char *value)
{
    struct buf out = {0};
    char *copy = own_copy(value, strlen(value));
    privacy_header(&privacy, bytes_of(name), (struct bytes){copy, strlen(value)}, &out);
    free(copy);
    return buf_take(&out);
}

static void check_hidden(const char *what, const char *text, const char *shown)
{
    check_count++;
    if (!shown || !strstr(shown, MARKER))
        return;
    check_failures++;
    fprintf(stderr, "%s: %s\n  is shown as %s\n", what, text, shown);
}

static void check_header_hidden(const char *name, const char *value)
{
    char *shown = header_shown(name, value);
    check_hidden(name, value, shown);
    free(shown);
}

static void check_header(const char *name, const char *value, const char *expected)
{
    char *shown = header_shown(name, value);
    CHECK_STR(shown, expected);
    free(shown);
}

static void check_target_hidden(const char *target, const char *authority)
{
    struct arena arena = {0};
    struct http_context http = {0};
    char *copy = own_copy(target, strlen(target));
    url_split(&privacy, &arena, (struct bytes){copy, strlen(target)}, (struct bytes){NULL, 0},
        bytes_of(authority), &http);
    check_hidden("path of", target, http.path);
    check_hidden("query of", target, http.query);
    check_hidden("host of", target, http.host);
    check_hidden("URL of", target, http.full_url);
    check_hidden("scheme of", target, http.scheme);
    free(copy);
    arena_free(&arena);
}

/* ---- headers that are hidden by their names ---- */

static const char *const secret_names[] = {"Authorization", "Proxy-Authorization",
    "Authentication-Info", "Proxy-Authentication-Info", "WWW-Authenticate", "Cookie", "Cookie2",
    "Set-Cookie", "Set-Cookie2", "X-Set-Cookie", "Sec-WebSocket-Protocol",
    "X-Goog-Iap-Jwt-Assertion", "X-Amzn-Oidc-Data", "X-Amzn-Oidc-Accesstoken",
    "X-Amzn-Oidc-Identity", "Cf-Access-Jwt-Assertion", "CF-Access-Client-Secret",
    "X-Forwarded-Access-Token", "X-Ms-Token-Aad-Id-Token", "X-Ms-Client-Principal", "X-Db-Password",
    "X-Passwd", "X-Pass", "X-Pwd", "X-Pw", "X-Passphrase", "X-User-Pass", "X-Csrf-Token",
    "X-CSRFToken", "X-Csrf", "X-Xsrf-Token", "X-XSRF", "X-Api-Signature", "X-Hub-Signature",
    "X-Hub-Signature-256", "Stripe-Signature", "X-Shopify-Hmac-Sha256", "X-Amz-Security-Token",
    "Ssl-Client-Cert", "X-Client-Cert", "X-Forwarded-Client-Cert", "X-Forwarded-Tls-Client-Cert",
    "X-SSL-CERT", "X-ARR-ClientCert", "Client-Cert", "Client-Cert-Chain", "X-Vault-Token",
    "X-Vault-Wrap-Ttl", "X-Otp", "X-GitHub-OTP", "X-Pin", "X-User-Pin", "Digest", "DPoP",
    "X-Api-Key", "Apikey", "X-Gitlab-Token", "Private-Token", "X-Session-Id", "X-Sid", "X-Nonce",
    "X-Client-Secret", "X-Aws-Credential", "X-WSSE", "X-Plex-Token", "X-Card-Number",
    "X-Amz-Server-Side-Encryption-Customer-Key", "X-Refresh-Token", "X-Mfa-Code", "X-Auth-User",
    "X-Remote-Auth", "Pin", "Sid", "Ssn", "X-Credentials", "OTP-Code", "Bearer",
    "X-A-Name-That-Is-Longer-Than-The-Names-That-Are-Remembered-Token"};

static void test_names(void)
{
    char name[128];
    for (int round = 0; round < 2; round++) /* the second time from memory */
        for (size_t i = 0; i < sizeof secret_names / sizeof *secret_names; i++) {
            check_header_hidden(secret_names[i], MARKER);
            snprintf(name, sizeof name, "HTTP_%s", secret_names[i]);
            for (char *c = name; *c; c++)
                *c = (char)(*c == '-' ? '_' : toupper((unsigned char)*c));
            check_header_hidden(name, MARKER);
            check_header_hidden(name + strlen("HTTP_"), MARKER);
        }
    check_header("X-Pass", "abc", "[REDACTED]");
}

/* ---- headers that are hidden by what they hold ---- */

#define JWT "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIiwibiI6IlMzQ1JFVCJ9." MARKER "_sig"

static const struct {
    const char *name, *value;
} secret_values[] = {
    {"X-Any", "Bearer " MARKER},
    {"X-Any", "bearer\t" MARKER},
    {"X-Any", "BEARER  " MARKER " x"},
    {"X-Any", "Basic " MARKER},
    {"X-Any", "basic " MARKER},
    {"X-Any", "\"Basic " MARKER "\""},
    {"X-Any", "Digest username=\"a\", realm=\"b\", response=\"" MARKER "\""},
    {"X-Any", "Negotiate " MARKER},
    {"X-Any", "NTLM " MARKER},
    {"X-Any", "ApiKey " MARKER},
    {"X-Any", "Token " MARKER},
    {"X-Any", "token token=" MARKER},
    {"X-Any", "AWS4-HMAC-SHA256 Credential=AKIA/x, Signature=" MARKER},
    {"X-Any", "AWS AKIA:" MARKER},
    {"X-Any", "OAuth oauth_nonce=\"1\", oauth_token=\"" MARKER "\""},
    {"X-Any", "Bearer, " MARKER},
    {"X-Any", "bearer," MARKER},
    {"X-Any", "Bearer:" MARKER},
    {"X-Any", "a\r\n Bearer " MARKER},
    {"X-Any", "a\rAuthorization: Bearer " MARKER},
    {"X-Any", ":Authorization: Basic " MARKER},
    {"X-Any", ": Bearer " MARKER},
    {"X-Any", "value, Basic " MARKER},
    {"X-Any", JWT},
    {"X-Any", "a " JWT " b"},
    {"X-Any", "id=" JWT},
    {"X-Any", "\"" JWT "\""},
    {"X-Any", "a:" JWT},
    {"X-Any", "x." JWT},
    {"X-Any", "eyJhIjoi" MARKER},
    {"X-Any", "ewogICJhIjog" MARKER},
    {"X-Any", "-----BEGIN CERTIFICATE----- " MARKER " -----END CERTIFICATE-----"},
    {"X-Any", "-----BEGIN%20RSA%20PRIVATE%20KEY-----%0A" MARKER},
    {"X-Any", "Hash=1;Cert=\"-----BEGIN%20CERTIFICATE-----%0A" MARKER "%0A\""},
    {"X-Any", "a=1; token=" MARKER},
    {"X-Any", "a=1;password=" MARKER ";b=2"},
    {"X-Any", "password = " MARKER},
    {"X-Any", "password=\"a;" MARKER "\"; b=2"},
    {"X-Any", "Server=db;Password=a;" MARKER ";Database=x"},
    {"X-Any", "password=a," MARKER},
    {"X-Any", "password='a=1 " MARKER "'"},
    {"X-Any", "{\"password\":\"" MARKER "\"}"},
    {"X-Any", "{\"a\":{\"api_key\" : \"x\\\"" MARKER "\"}}"},
    {"X-Any", "{password: " MARKER "}"},
    {"X-Any", "{\"secret\":[1,\"" MARKER "\"]}"},
    {"X-Any", "{'token':'" MARKER "'}"},
    {"X-Any", "{\\\"token\\\":\\\"" MARKER "\\\"}"},
    {"X-Any", "token:" MARKER},
    {"X-Any", "%7B%22password%22%3A%22" MARKER "%22%7D"},
    {"X-Any", "token: " MARKER},
    {"X-Any", "user:" MARKER "@host"},
    {"X-Any", "a, user:" MARKER "@host/x"},
    {"X-Any", "http://user:" MARKER "@host"},
    {"X-Any", "see ftp://user:" MARKER "@host, or not"},
    {"X-Any", "http://a:b@h,http://c:" MARKER "@h"},
    {"X-Any", "jdbc:postgresql://u:" MARKER "@h/d"},
    {"X-Any", "//user:" MARKER "@host/"},
    {"X-Any", "http:/user:" MARKER "@host/"},
    {"X-Any", "http%3A%2F%2Fuser%3A" MARKER "%40host%2F"},
    {"X-Any", "http%253A%252F%252Fuser%253A" MARKER "%2540host%252F"},
    {"X-Any", "user%3A" MARKER "%40host"},
    {"X-Any", "a=b&access_token=" MARKER},
    {"X-Any", "/a;x=" MARKER},
    {"X-Any", "url=/a;x=" MARKER},
    {"X-Any", "</a;x=" MARKER ">; rel=a"},
    {"baggage", "user=a,token=" MARKER ",b=c"},
    {"baggage", "token = " MARKER ";p=1,b=c"},
    {"tracestate", "a=1,secret=" MARKER},
    {"Host", "user:" MARKER "@host"},
    {"Host", MARKER "@host"},
    {"Host", "user:a/" MARKER "?#@host:80"},
    {"Host", MARKER "%40host"},
    {"Host", "user:\"" MARKER "\"@host"},
    {"X-Forwarded-Host", "a, u:" MARKER "@host"},
    {"X-Original-Host", MARKER "@host"},
    {"X-Forwarded-Server", "u:" MARKER "@host"},
    {"Forwarded", "for=1.2.3.4;host=u:" MARKER "@host;proto=http"},
    {"Forwarded", "for=1.2.3.4;host=\"u:" MARKER "@host\";proto=http"},
    {"Origin", "https://u:" MARKER "@host"},
    {"Location", "b;x=" MARKER},
    {"Location", "?token=" MARKER},
    {"Location", "b?token=" MARKER},
    {"Location", "https://h/cb#access_token=" MARKER "&x=1"},
    {"Location", "https://h/cb#a=1&id_token=" MARKER},
    {"Location", "/cb?code=" MARKER "&state=1"},
    {"Location", "/cb?code=1&state=" MARKER},
    {"Destination", "https://u:" MARKER "@h/a"},
    {"Refresh", "0; url=http://u:" MARKER "@h/"},
    {"Refresh", "0;url=/a?token=" MARKER},
    {"Refresh", "5; URL='/a;jsessionid=" MARKER "'"},
    {"Refresh", "5; /a?pwd=" MARKER},
    {"Link", "<https://u:" MARKER "@h/>; rel=\"next\""},
    {"Link",
        "<https://h/?page=2&token=" MARKER ">; rel=\"next\", <https://h/?sig=" MARKER ">; rel=x"},
    {"Link", "</a;jsessionid=" MARKER ">; rel=next"},
    {"X-Original-Url", "/a?api_key=" MARKER},
    {"X-Original-Uri", "/a;sid=" MARKER "?b"},
    {"X-Rewrite-Url", "/a?sig=" MARKER},
    {"X-Forwarded-Uri", "http://u:" MARKER "@h/"},
    {"X-Forwarded-Path", "a;b=" MARKER},
    {"X_Original_URL", "a;b=" MARKER},
    {"HTTP_X_ORIGINAL_URL", "a;b=" MARKER},
    {"Report-To", "{\"endpoints\":[{\"url\":\"https://h/?key=" MARKER "\"}]}"},
    {"Content-Security-Policy", "report-uri https://h/?key=" MARKER "; script-src 'self'"},
    {"Referer", "http://u:" MARKER},
    {"X-Any", "Unsupported 'http://u:a/" MARKER},
    {"Via", "1.1 u:" MARKER "@proxy"},
    {"User-Agent", "curl http://u:" MARKER "@h"},
};

/* ---- URLs: what stands behind "http://" ---- */

static const char *const users[] = {"u:" MARKER "@h/", "u:" MARKER "@h", "u:" MARKER "@h:80/a?b=c",
    MARKER "@h/", ":" MARKER "@h/", MARKER ":x@h/", "u:a@" MARKER "@h/", "u:a/" MARKER "@h/",
    "u:a?" MARKER "@h/", "u:a#" MARKER "@h/", "u:a:" MARKER "@h/", "u:1/" MARKER "@h/",
    "u:" MARKER "%40@h/", "u%3A" MARKER "%40h/", "u:a%2F" MARKER "@h/", "u:a%2f" MARKER "%40h/",
    "u:%53%33" MARKER "@h", "u:a," MARKER "@h", "u:a;" MARKER "@h", "u:a&" MARKER "@h",
    "u:a=" MARKER "@h", "u:" MARKER "@[::1]:80/", "u:a//" MARKER "@h/", "u:/" MARKER "@h/",
    "u:a%252F" MARKER "%2540h/", "u@x:" MARKER "@h/", "u:a[" MARKER "@h", "u:a\"" MARKER "@h"};

/* ---- queries ---- */

static const char *const queries[] = {"access_token=" MARKER, "refresh_token=" MARKER,
    "id_token=" MARKER, "token=" MARKER, "TOKEN=" MARKER, "ToKeN=" MARKER, "my_token=" MARKER,
    "_token=" MARKER, "csrf=" MARKER, "csrfmiddlewaretoken=" MARKER, "_csrf=" MARKER,
    "xsrf_x=" MARKER, "authenticity_token=" MARKER, "code=" MARKER, "state=" MARKER, "pass=" MARKER,
    "userPass=" MARKER, "pwd=" MARKER, "passwd=" MARKER, "password=" MARKER,
    "old_password_2=" MARKER, "secret=" MARKER, "client_secret=" MARKER, "key=" MARKER,
    "apikey=" MARKER, "api_key=" MARKER, "api-key=" MARKER, "AWSAccessKeyId=" MARKER, "sig=" MARKER,
    "signature=" MARKER, "x_signature=" MARKER, "hmac=" MARKER, "hash=" MARKER, "auth=" MARKER,
    "oauth_verifier=" MARKER, "session=" MARKER, "session_id=" MARKER, "sid=" MARKER,
    "PHPSESSID=" MARKER, "jsessionid=" MARKER, "otp=" MARKER, "pin=" MARKER, "ssn=" MARKER,
    "cvv=" MARKER, "card=" MARKER, "card_number=" MARKER, "X-Amz-Signature=" MARKER,
    "X-Amz-Credential=" MARKER, "X-Amz-Security-Token=" MARKER, "X-Goog-Signature=" MARKER,
    "X-Goog-Credential=" MARKER, "Policy=" MARKER, "Key-Pair-Id=" MARKER, "j_password=" MARKER,
    "pass1=" MARKER, "access-token=" MARKER, "apiKey=" MARKER, "X-Api-Key=" MARKER,
    "user.pass=" MARKER, "otp_code=" MARKER, "hdnts=exp=1~acl=/*~hmac=" MARKER,
    "p%61ssw%6frd=" MARKER, "token[]=1&token[]=" MARKER, "credentials%5Bx%5D=" MARKER,
    "jwt=" MARKER, "assertion=" MARKER, "client_assertion=" MARKER, "SAMLRequest=" MARKER,
    "SAMLResponse=" MARKER, "RelayState=" MARKER, "nonce=" MARKER, "ticket=" MARKER,
    "invite=" MARKER, "reset=" MARKER, "reset_code=" MARKER, "cookie=" MARKER,
    "device_code=" MARKER, "code_verifier=" MARKER, "%74oken=" MARKER, "t%6Fken=" MARKER,
    "%2574oken=" MARKER, "to%00ken=" MARKER, "token%3D" MARKER, "a%26token%3D" MARKER,
    "user[password]=" MARKER, "password[]=" MARKER, "password[0][x]=" MARKER,
    "user%5Bpassword%5D=" MARKER, "a.password=" MARKER, "a.password.b=" MARKER,
    "a[b][secret]=" MARKER, "+token=" MARKER, "%20token=" MARKER, "token+=" MARKER,
    "token%20=" MARKER, "a=1&token=" MARKER, "a=1;token=" MARKER, "a=1&amp;token=" MARKER,
    "token=" MARKER "&a=1", "token=a;" MARKER, "token=a%26" MARKER, "token=a+" MARKER,
    "token=a%20" MARKER, "token=a," MARKER, "token=a=" MARKER, "token==" MARKER, "token=a/" MARKER,
    "token=a?" MARKER, "token=a:" MARKER, "token=a@" MARKER, "token=%00" MARKER,
    "token=\"a&b\"" MARKER, "token=\"a\" " MARKER, "a=Basic%20dXN%2B" MARKER, "token=\"" MARKER,
    "token='a&" MARKER "'", "token=[REDACTED]" MARKER, "token:" MARKER, "q=password:" MARKER,
    "q=password:12&a=" JWT, "&&token=" MARKER, "?token=" MARKER, "a?token=" MARKER,
    "a=b?token=" MARKER, "/token=" MARKER, JWT, "a=" JWT, "a=b+" JWT, "eyJhIjoi" MARKER "fQ",
    "a=Bearer+" MARKER, "a=Bearer%20" MARKER, "a=Basic+" MARKER, "a=Token%20" MARKER,
    "Bearer%20" MARKER, "a=http://u:" MARKER "@h/", "a=http%3A%2F%2Fu%3A" MARKER "%40h%2F",
    "a=//u:" MARKER "@h", "a=u:" MARKER "@h", "next=%2Fcb%3Ftoken%3D" MARKER,
    "next=%252Fcb%253Ftoken%253D" MARKER, "next=/cb?token=" MARKER,
    "next=http://h/cb&token=a/" MARKER, "next=http://auth:80/&token=" MARKER,
    "next=http%3A%2F%2Fh%2Fcb%3Fa%3D1%26token%3D" MARKER "%26b%3D2",
    "next=%2Fa%3Bjsessionid%3D" MARKER, "next=/a;jsessionid=" MARKER,
    "query={user(password:\"" MARKER "\"){id}}", "query={user(pin:" MARKER ")}",
    "query=%7Buser(password%3A%22" MARKER "%22)%7D", "variables={\"password\":\"" MARKER "\"}",
    "variables=%7B%22password%22%3A%22" MARKER "%22%7D", "v={\"password\":\"a&b" MARKER "\"}",
    "v={\"password\":{\"a\":\"" MARKER "\"}}", "v=[{\"token\":\"" MARKER "\"}]",
    "v=%7B%22password%22%3A%22a%26" MARKER "%22%7D", "filter=(token=" MARKER ")",
    "pem=-----BEGIN+KEY-----" MARKER, "conn=Server%3Ddb%3BPassword%3D" MARKER};

/* ---- paths ---- */

static const char *const paths[] = {"a;jsessionid=" MARKER, "a;JSESSIONID=" MARKER "/b",
    "a;sid=" MARKER, "a;PHPSESSID=" MARKER ";b=1/c", "a;x=1;y=" MARKER "/c", "a;any=" MARKER,
    "a;" MARKER, "a;$sessionid$" MARKER "/b", "a;a=1," MARKER, ";a=" MARKER, "a;;b=" MARKER,
    "a%3Bjsessionid%3D" MARKER, "a%3bjsessionid=" MARKER "/b", "a;jsessionid%3D" MARKER,
    "a%253Bjsessionid%253D" MARKER, "a;x=b%2F" MARKER, "a;x=b%3F" MARKER, "token=" MARKER,
    "a/token=" MARKER "/b", "a&token=" MARKER, "a%3Ftoken=" MARKER, "a%3Ftoken%3D" MARKER,
    "verify/" JWT, "verify/" JWT "/x", "Bearer%20" MARKER, "proxy/http://u:" MARKER "@h/x",
    "proxy/http:/u:" MARKER "@h/x", "proxy/http%3A%2F%2Fu%3A" MARKER "%40h%2Fx", "u:" MARKER "@h",
    "x(password='" MARKER "')", "a//b;c=" MARKER, "a//b;c=" MARKER "/d", "a;b=c;" MARKER "/",
    "{\"token\":\"" MARKER "\"}"};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static char *encoded(const char *text)
{
    struct buf out = {0};
    for (; *text; text++)
        if (isalnum((unsigned char)*text) || strchr("-_.~", *text))
            buf_putc(&out, *text);
        else
            buf_printf(&out, "%%%02X", (unsigned char)*text);
    return buf_take(&out);
}

static void check_everywhere(const char *url)
{
    static const struct {
        const char *name, *format;
    } wraps[] = {{"Referer", "%s"}, {"Location", "%s"}, {"X-Original-Url", "%s"}, {"X-Any", "%s"},
        {"Link", "<%s>; rel=\"next\""}, {"Refresh", "5; url=%s"}, {"X-Any", "{\"a\":\"%s\"}"},
        {"X-Any", "GET %s HTTP/1.1"}};
    char *once = encoded(url), *twice = encoded(once);
    struct buf text = {0};
    for (size_t i = 0; i < COUNT(wraps); i++) {
        for (const char *const *form = (const char *const[]){url, once, twice, NULL}; *form;
             form++) {
            const char *at = strstr(wraps[i].format, "%s");
            buf_clear(&text);
            buf_add(&text, wraps[i].format, (size_t)(at - wraps[i].format));
            buf_puts(&text, *form);
            buf_puts(&text, at + 2);
            check_header_hidden(wraps[i].name, text.data);
        }
    }
    for (const char *const *form = (const char *const[]){url, once, twice, NULL}; *form; form++) {
        buf_clear(&text);
        buf_printf(&text, "/a?page=1&next=%s", *form);
        check_target_hidden(text.data, "h");
    }
    buf_free(&text);
    free(once);
    free(twice);
}

static void test_urls(void)
{
    struct buf text = {0};
    for (size_t i = 0; i < COUNT(secret_values); i++)
        check_header_hidden(secret_values[i].name, secret_values[i].value);
    for (size_t i = 0; i < COUNT(users); i++) {
        buf_clear(&text);
        buf_printf(&text, "http://%s", users[i]);
        check_target_hidden(text.data, "h");
        check_everywhere(text.data);
    }
    for (size_t i = 0; i < COUNT(queries); i++) {
        buf_clear(&text);
        buf_printf(&text, "/a/b?%s", queries[i]);
        check_target_hidden(text.data, "h");
        check_everywhere(text.data);
        text.data[4] = '#';
        check_header_hidden("Location", text.data);
        buf_clear(&text);
        buf_printf(&text, "https://h.example:8080/a?%s", queries[i]);
        check_target_hidden(text.data, "h");
        check_everywhere(text.data);
    }
    for (size_t i = 0; i < COUNT(paths); i++) {
        buf_clear(&text);
        buf_printf(&text, "/%s", paths[i]);
        check_target_hidden(text.data, "h");
        buf_puts(&text, "?a=b");
        check_target_hidden(text.data, "h");
        check_everywhere(text.data);
    }
    buf_free(&text);
}

static void test_authorities(void)
{
    static const char *const authorities[] = {"u:" MARKER "@h", MARKER "@h", "u:a/" MARKER "@h:80",
        "u%3A" MARKER "%40h", MARKER "%2540h", "u:a@" MARKER "@h"};
    for (size_t i = 0; i < COUNT(authorities); i++)
        check_target_hidden("/", authorities[i]);
    check_target_hidden("u:" MARKER "@h:443", "h"); /* as of CONNECT */
    check_target_hidden("u:a/" MARKER "@h:443", "h");
    check_target_hidden("u:" MARKER "@h", "h");
    check_target_hidden(MARKER "://h/", "h");
}

/* ---- what is shown in the place of it ---- */

static const struct {
    const char *target, *path, *query, *full;
} targets[] = {
    {"/a?page=2&token=x&sort=-date", "/a", "page=2&token=[REDACTED]&sort=-date",
        "http://h/a?page=2&token=[REDACTED]&sort=-date"},
    {"/a;jsessionid=1/b?c", "/a;jsessionid=[REDACTED]/b", "c",
        "http://h/a;jsessionid=[REDACTED]/b?c"},
    {"/a?%74oken=x", "/a", "%74oken=[REDACTED]", "http://h/a?%74oken=[REDACTED]"},
    {"/a?user%5Bpassword%5D=x&b=c", "/a", "user%5Bpassword%5D=[REDACTED]&b=c",
        "http://h/a?user%5Bpassword%5D=[REDACTED]&b=c"},
    {"/a?token=&b", "/a", "token=&b", "http://h/a?token=&b"},
    {"/a?token", "/a", "token", "http://h/a?token"},
    {"/a?S3CRET", "/a", "S3CRET", "http://h/a?S3CRET"},
    {"/a?next=http%3A%2F%2Fu%3Ap%40h%2Fx&b=c", "/a", "next=http%3A%2F%2F[REDACTED]%40h%2Fx&b=c",
        "http://h/a?next=http%3A%2F%2F[REDACTED]%40h%2Fx&b=c"},
};

static void test_shown(void)
{
    for (size_t i = 0; i < COUNT(targets); i++) {
        struct arena arena = {0};
        struct http_context http = {0};
        url_split(&privacy, &arena, bytes_of(targets[i].target), (struct bytes){NULL, 0},
            BYTES("h"), &http);
        CHECK_STR(http.path, targets[i].path);
        CHECK_STR(http.query, targets[i].query);
        CHECK_STR(http.full_url, targets[i].full);
        arena_free(&arena);
    }
    check_header("Referer", "https://u:p@h/a;b=c?d=e&key=f#g=h",
        "https://[REDACTED]@h/a;b=[REDACTED]?d=e&key=[REDACTED]");
    check_header("Link", "<https://h/?token=a&b=c>; rel=\"next\"",
        "<https://h/?token=[REDACTED]&b=c>; rel=\"next\"");
    check_header(
        "baggage", "user=a,token=b;p=1,region=eu", "user=a,token=[REDACTED];p=1,region=eu");
    check_header("X-Any", "{\"password\":\"a\",\"b\":1}", "{\"password\":\"[REDACTED]\",\"b\":1}");
    check_header("X-Any", "password=", "password=");
}

/* ---- harmless ---- */

static const struct {
    const char *name, *value;
} harmless[] = {
    {"Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"},
    {"Accept", "*/*"},
    {"Accept-Encoding", "gzip, deflate, br;q=1.0, zstd"},
    {"Accept-Language", "en-US,en;q=0.5"},
    {"Accept-Ranges", "bytes"},
    {"Access-Control-Allow-Credentials", "true"},
    {"Access-Control-Allow-Headers", "Authorization, X-Api-Key, Content-Type"},
    {"Access-Control-Allow-Origin", "https://shop.example.com:8443"},
    {"Age", "17"},
    {"Allow", "GET, HEAD"},
    {"Alt-Svc", "h3=\":443\"; ma=2592000,h3-29=\":443\"; ma=2592000"},
    {"Cache-Control", "public, max-age=31536000, stale-while-revalidate=60"},
    {"Connection", "keep-alive, Upgrade"},
    {"Content-Disposition", "form-data; name=\"file\"; filename=\"report 2024.pdf\""},
    {"Content-Length", "1234"},
    {"Content-Range", "bytes 0-1023/146515"},
    {"Content-Security-Policy", "default-src 'self'; img-src https: data:; report-uri /csp?a=b"},
    {"Content-Type", "multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW"},
    {"Content-Type", "application/grpc+proto"},
    {"Date", "Mon, 01 Jan 2024 12:30:00 GMT"},
    {"ETag", "W/\"33a64df551425fcc55e4d42a148795d9f25f89d4\""},
    {"ETag", "\"abc==\""},
    {"Expires", "Thu, 01 Jan 1970 00:00:00 GMT"},
    {"Expect", "100-continue"},
    {"Forwarded", "for=192.0.2.60;proto=http;by=203.0.113.43, for=\"[2001:db8:cafe::17]:4711\""},
    {"From", "user@example.org"},
    {"grpc-timeout", "100m"},
    {"Host", "shop.example.com:8080"},
    {"Host", "127.0.0.1:8000"},
    {"Host", "auth:8080"},
    {"Host", "[::1]:8000"},
    {"If-Modified-Since", "Sat, 29 Oct 1994 19:43:31 GMT"},
    {"If-None-Match", "\"a-b-c\", W/\"d\""},
    {"Keep-Alive", "timeout=5, max=1000"},
    {"Link", "</style.css>; rel=preload; as=style"},
    {"Link", "<https://api.example.com/items?page=2&per_page=10>; rel=\"next\""},
    {"Location", "/orders/17?quarter=2#items"},
    {"Location", "https://shop.example.com/cart"},
    {"Origin", "null"},
    {"Origin", "http://localhost:3000"},
    {"Pragma", "no-cache"},
    {"Prefer", "return=minimal; foo=\"some parameter\""},
    {"Range", "bytes=0-1023"},
    {"Referer", "https://shop.example.com/search?page=2&sort=-date&q=monkey"},
    {"Referer", "http://shop.example.com:8080/users/bob@example.org/orders?mail=bob@example.org"},
    {"Referer", "http://localhost:3000/@scope/pkg@1.0.0"},
    {"Retry-After", "120"},
    {"Sec-CH-UA", "\"Chromium\";v=\"118\", \"Not=A?Brand\";v=\"99\""},
    {"Sec-Fetch-Mode", "cors"},
    {"Server", "nginx/1.24.0 (Ubuntu)"},
    {"Server", "BaseHTTP/0.6 Python/3.12.3"},
    {"Server-Timing", "db;dur=53, app;dur=47.2;desc=\"all of it\""},
    {"SOAPAction", "\"http://tempuri.org/IService/GetItems\""},
    {"Strict-Transport-Security", "max-age=63072000; includeSubDomains; preload"},
    {"TE", "trailers"},
    {"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
    {"tracestate", "es=s:0.5,rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"},
    {"baggage", "userId=alice,region=eu%20west;p=1"},
    {"Transfer-Encoding", "chunked"},
    {"Upgrade", "websocket"},
    {"Upgrade-Insecure-Requests", "1"},
    {"User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0"},
    {"User-Agent", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
    {"User-Agent", "bot/1.0 (mailto:bot@example.com)"},
    {"User-Agent", "curl/8.5.0"},
    {"Vary", "Accept-Encoding, Cookie, Authorization"},
    {"Via", "1.1 vegur, 1.0 proxy:3128 (squid)"},
    {"X-Accel-Expires", "0"},
    {"X-Cache", "HIT from cache-1:80"},
    {"X-Empty", ""},
    {"X-Forwarded-For", "203.0.113.195, 2001:db8:85a3::8a2e:370:7334"},
    {"X-Forwarded-Host", "shop.example.com"},
    {"X-Forwarded-Proto", "https"},
    {"X-Original-Uri", "/orders/17?quarter=2"},
    {"X-Request-Id", "7b0e5a2e-1f64-4bb7-9a6e-0e6c1c5f"},
    {"X-Amzn-Trace-Id", "Root=1-67891233-abcdef012345678912345678;Sampled=1"},
    {"X-Any", "http://host:/a, https://*.example.com:*"},
    {"X-Any", "http://[::1]:80/a http://[fe80::a]/"},
    {"X-Powered-By", "PHP/8.2"},
    {"X-Total-Count", "100%"},
    {"X-Any", "50% off, 100%25"},
    {"X-Any", "caf\xc3\xa9 \xff\xfe"},
    {"X-Any", "a=b; c = d & e"},
    {"X-Any", "{\"a\":\"b\",\"c\":[1]}"},
};

static const char *const harmless_targets[] = {"/?page=2&sort=-date&q=monkey", "/", "/a/b.html",
    "/a?b", "/a?b=c&d=e;f=g", "/caf%C3%A9?q=%E2%82%AC", "/@scope/pkg@1.0.0", "/users/bob@h.org",
    "/search?q=a+b%2Bc&lang=de", "/a?q=basic+income", "/a?q=token+ring", "/a?email=bob@h.org",
    "/a?next=%2Forders%3Fpage%3D2", "/a?time=12:30:00", "/a?ids[]=1&ids[]=2", "/a?filter[name]=x",
    "/a?x=%7B%22a%22%3A1%7D", "/v1/models/a:predict", "/v1/tokens:revoke", "/Products(7)/Name",
    "/a?url=https://h.example/x%3Fa%3Db", "/a?100%", "/a?%", "/a%20b?c%20d", "/a?size=40000",
    "/a?query={users(first:5){name}}", "/shop.Orders/Place", "/a,b/c=d/e"};

static void test_harmless(void)
{
    for (size_t i = 0; i < COUNT(harmless); i++)
        check_header(harmless[i].name, harmless[i].value, harmless[i].value);
    for (size_t i = 0; i < COUNT(harmless_targets); i++) {
        struct arena arena = {0};
        struct http_context http = {0};
        url_split(
            &privacy, &arena, bytes_of(harmless_targets[i]), BYTES("http"), BYTES("h"), &http);
        CHECK_STR(http.full_url, arena_joined(&arena, "http://h", harmless_targets[i]));
        check_header("Referer", http.full_url, http.full_url);
        arena_free(&arena);
    }
}

/* ---- cuts, lengths and any bytes ---- */

/* What a cut leaves of a text must not show what the text does not: here all that is secret is
 * behind its name. */
static void test_cuts(void)
{
    static const char *const texts[] = {"/a?token=" MARKER MARKER, "http://u:" MARKER "@h/?a=b",
        "/a;jsessionid=" MARKER "?b", "/a?next=http%3A%2F%2Fu%3A" MARKER "%40h%2F", "/a?b=" JWT,
        "/a?v={\"password\":\"" MARKER "\",\"b\":[1]}", "Link: <http://h/?sig=" MARKER ">; rel=a"};
    for (size_t i = 0; i < COUNT(texts); i++)
        for (size_t n = 0; n <= strlen(texts[i]); n++)
            for (int kind = TEXT_ANY; kind <= TEXT_QUERY; kind++) {
                char *copy = own_copy(texts[i], n);
                struct buf out = {0};
                text_hide(&privacy.text, (enum text_kind)kind, (struct bytes){copy, n}, &out);
                CHECK(out.len <= 4 * n + 16);
                free(copy);
                buf_free(&out);
            }
}

/* The marker is where the cut will be. */
static void test_hidden_before_cut(void)
{
    static const char *const begins[] = {
        "/a?token=", "/a?b=eyJhbGciOiJIUzI1NiJ9.", "/a;b=", "http://u:", "/?v=http://u:"};
    for (size_t i = 0; i < COUNT(begins); i++) {
        struct buf text = {0};
        buf_puts(&text, begins[i]);
        while (text.len < URL_BYTES_MAX + 100)
            buf_puts(&text, MARKER);
        buf_puts(&text, "@h/");
        check_target_hidden(text.data, "h");
        check_header_hidden("Referer", text.data);
        check_header_hidden("X-Any", text.data);
        buf_free(&text);
    }
}

/* Each of these many times over: none may be looked through again and again. */
static void test_long(void)
{
    static const char *const pieces[] = {"/", "//", "//a:b", "%2F%2F", "%25", "@", "a:", "\"", "'",
        "token=", "token=\"", "token=,", "=", ";", "&", "eyJ", "eyJ.", "bearer ", "basic ", "{",
        "[", " ", ", ", ",a", "<", "http://a:b/", "-----BEGIN", "token=,a", "://", "?", "\\", "a"};
    for (size_t i = 0; i < COUNT(pieces); i++) {
        struct buf text = {0}, out = {0};
        while (text.len < 64 * 1024)
            buf_puts(&text, pieces[i]);
        for (int kind = TEXT_ANY; kind <= TEXT_QUERY; kind++)
            text_hide(
                &privacy.text, (enum text_kind)kind, (struct bytes){text.data, text.len}, &out);
        CHECK(out.len > 0);
        buf_free(&text);
        buf_free(&out);
    }
}

static void test_any_bytes(void)
{
    static const char letters[] = "/:@?=&;#%25aA\"'<>{}[]() \\,.-_+token=eyJ\0\xff";
    char text[200];
    srandom(7);
    for (int round = 0; round < 20000; round++) {
        size_t n = (size_t)random() % sizeof text;
        for (size_t i = 0; i < n; i++)
            text[i] = letters[(size_t)random() % sizeof letters];
        char *copy = own_copy(text, n);
        struct buf out = {0};
        text_hide(&privacy.text, (enum text_kind)(round % 5), (struct bytes){copy, n}, &out);
        privacy_header(&privacy, BYTES("Referer"), (struct bytes){copy, n}, &out);
        CHECK(out.len < 4096);
        free(copy);
        buf_free(&out);
    }
}

/* ---- options ---- */

static void check_url_option(
    const char *mode, const char *path, const char *full, const char *referer, const char *link)
{
    struct arena arena = {0};
    struct http_context http = {0};
    begin("APMSHIM_URL", mode);
    url_split(&privacy, &arena, BYTES("/users/1234/x?a=b"), (struct bytes){NULL, 0}, BYTES("h:80"),
        &http);
    CHECK_STR(http.path, path);
    CHECK(!http.query);
    CHECK_STR(http.full_url, full);
    check_header("Referer", "https://h.example/users/1234?a=b#c", referer);
    check_header("X-Original-Url", "/users/1234?a=b", strcmp(mode, "path") ? "/" : "/users/1234");
    check_header("Location", "b/c?d", strcmp(mode, "path") ? "/" : "b/c");
    check_header("Link", "<https://h/1?a=b>; rel=\"next\"", link);
    check_header("User-Agent", "a/1.0 (b?; c)", "a/1.0 (b?; c)");
    arena_free(&arena);
    end();
}

static void test_options(void)
{
    check_url_option("path", "/users/1234/x", "http://h:80/users/1234/x",
        "https://h.example/users/1234", "<https://h/1>; rel=\"next\"");
    check_url_option("template", "/users/:id/x", "http://h:80/users/:id/x", "https://h.example/",
        "<https://h/>; rel=\"next\"");
    begin("APMSHIM_SANITIZE_QUERY_NAMES", "colour");
    check_header("Referer", "/?code=1&colour=2&password=3",
        "/?code=1&colour=[REDACTED]&password=[REDACTED]");
    end();
    begin("ELASTIC_APM_SANITIZE_FIELD_NAMES", "colour");
    check_header("Referer", "/?code=1&colour=2", "/?code=[REDACTED]&colour=[REDACTED]");
    check_header("Authorization", "x", "[REDACTED]");
    check_header("X-Colour", "x", "x");
    check_header("Colour", "x", "[REDACTED]");
    end();
}

int main(void)
{
    clearenv();
    begin("A", "");
    test_names();
    test_urls();
    test_authorities();
    test_shown();
    test_harmless();
    test_cuts();
    test_hidden_before_cut();
    test_long();
    test_any_bytes();
    end();
    test_options();
    return check_result();
}
