#include "export/post.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "base/alloc.h"
#include "log.h"

enum {
    ANSWER_MAX = 16 * 1024,
    ASK_LIMIT_MS = 5000,
    RETRY_AFTER_MAX = 300 /* s */
};

struct poster {
    CURL *curl;
    const struct options *options;
    struct curl_slist *plain_headers, *gzip_headers;
    struct bytes left; /* of the body */
    bool offered;      /* libcurl has asked for some of it */
    struct buf answer;
    const _Atomic uint64_t *abort_at;
    curl_socket_t socket;     /* the last that was opened */
    uint64_t moved, moved_at; /* bytes that the peer had then, and when it got the last of them */
    char error[CURL_ERROR_SIZE];
};

static size_t on_answer(char *bytes, size_t size, size_t count, void *self)
{
    struct poster *poster = self;
    size_t n = size * count;
    if (poster->answer.len + n > ANSWER_MAX)
        return 0; /* not an APM Server's answer: ends the request */
    buf_add(&poster->answer, bytes, n);
    return n;
}

/* Without a way to go back, so that libcurl does not send again on another connection what this one
 * has taken and not answered. */
static size_t on_body(char *out, size_t size, size_t count, void *self)
{
    struct poster *poster = self;
    size_t n = poster->left.len < size * count ? poster->left.len : size * count;
    memcpy(out, poster->left.data, n);
    poster->left.data += n;
    poster->left.len -= n;
    poster->offered = true;
    return n;
}

static int on_socket(void *self, curl_socket_t fd, curlsocktype purpose)
{
    struct poster *poster = self;
    (void)purpose;
    poster->socket = fd;
    return CURL_SOCKOPT_OK;
}

static uint64_t monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* What the peer has got: the kernel takes megabytes at once and sends them in its own time. */
static uint64_t bytes_moved(const struct poster *poster, curl_off_t sent)
{
    int queued = 0;
    if (poster->socket == CURL_SOCKET_BAD || ioctl(poster->socket, SIOCOUTQ, &queued) != 0)
        queued = 0;
    return sent > queued ? (uint64_t)(sent - queued) : 0;
}

/* Not the whole upload is limited, but how long nothing of it moves. What comes back does not
 * count: an answer is short, and one that never ends is none. */
static bool stalled(struct poster *poster, curl_off_t sent, uint64_t now)
{
    uint64_t moved = bytes_moved(poster, sent);
    if (moved > poster->moved) {
        poster->moved = moved;
        poster->moved_at = now;
    }
    uint64_t limit = (uint64_t)poster->options->server_timeout; /* 0: none */
    return limit && now - poster->moved_at > limit;
}

static int on_progress(
    void *self, curl_off_t to_get, curl_off_t got, curl_off_t to_send, curl_off_t sent)
{
    struct poster *poster = self;
    uint64_t now = monotonic();
    uint64_t abort_at = atomic_load_explicit(poster->abort_at, memory_order_relaxed);
    (void)to_get, (void)got, (void)to_send;
    return (abort_at && now > abort_at) || stalled(poster, sent, now);
}

static void add_header(struct curl_slist **list, const char *text)
{
    struct curl_slist *longer = curl_slist_append(*list, text);
    if (longer)
        *list = longer;
}

static struct curl_slist *headers_of(const struct options *options, bool compressed)
{
    struct curl_slist *list = NULL;
    struct buf authorization = {0};
    add_header(&list, "Content-Type: application/x-ndjson");
    add_header(&list, "Accept: application/json");
    add_header(&list, "Expect:");
    if (compressed)
        add_header(&list, "Content-Encoding: gzip");
    if (options->api_key)
        buf_printf(&authorization, "Authorization: ApiKey %s", options->api_key);
    else if (options->secret_token)
        buf_printf(&authorization, "Authorization: Bearer %s", options->secret_token);
    if (authorization.len)
        add_header(&list, authorization.data);
    buf_free(&authorization);
    return list;
}

static void set_tls(CURL *curl, const struct options *options)
{
    if (options->server_ca_cert_file)
        curl_easy_setopt(curl, CURLOPT_CAINFO, options->server_ca_cert_file);
    if (options->verify_server_cert)
        return;
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
}

struct poster *poster_new(const struct options *options, const char *user_agent)
{
    CURL *curl = curl_easy_init();
    if (!curl)
        return NULL;
    struct poster *poster = xcalloc(1, sizeof *poster);
    poster->curl = curl;
    poster->options = options;
    poster->socket = CURL_SOCKET_BAD;
    poster->plain_headers = headers_of(options, false);
    poster->gzip_headers = headers_of(options, true);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, poster->error);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, user_agent);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_answer);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, poster);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_READDATA, poster);
    curl_easy_setopt(curl, CURLOPT_SOCKOPTFUNCTION, on_socket);
    curl_easy_setopt(curl, CURLOPT_SOCKOPTDATA, poster);
    curl_easy_setopt(curl, CURLOPT_MAXCONNECTS, 1L); /* so it is the one that is used */
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, poster);
    set_tls(curl, options);
    return poster;
}

void poster_free(struct poster *poster)
{
    curl_easy_cleanup(poster->curl);
    curl_slist_free_all(poster->plain_headers);
    curl_slist_free_all(poster->gzip_headers);
    buf_free(&poster->answer);
    free(poster);
}

/* Whether the answer is an APM Server's own: {"accepted":N,...}. *ret: N. */
static bool says_accepted(const struct poster *poster, uint64_t *ret)
{
    const char *found = poster->answer.data ? strstr(poster->answer.data, "\"accepted\":") : NULL;
    *ret = found ? strtoumax(found + strlen("\"accepted\":"), NULL, 10) : 0;
    return found;
}

/* Nobody has seen a byte of a body that libcurl did not ask for. */
static enum post_result judge_failure(struct poster *poster, CURLcode code, const char *server)
{
    const char *why = *poster->error ? poster->error : curl_easy_strerror(code);
    if (!poster->offered) {
        log_warning("%s: %s", server, why);
        return POST_NOT_TAKEN;
    }
    log_error("%s: %s; what was under way is lost", server, why);
    return POST_LOST;
}

/* Of an answer by which nothing was accepted. An APM Server says itself that it accepted nothing,
 * and each of its failures passes. Without such words somebody before it has answered: who refuses
 * a client, finds no route or has no server to hand it to has passed nothing on; behind 500, 502
 * and 504 may be a server that took it. */
static bool surely_not_taken(long status, bool own_words)
{
    static const long refusals[] = {401, 403, 404, 407, 429, 503};
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (status == refusals[i])
            return true;
    return own_words && status >= 500;
}

static enum post_result judge_status(
    const struct poster *poster, const char *server, const struct body *body, uint64_t *ret_lost)
{
    long status = 0;
    curl_easy_getinfo(poster->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200 && status < 300) {
        *ret_lost = 0;
        return POST_ACCEPTED;
    }
    uint64_t accepted;
    bool own_words = says_accepted(poster, &accepted);
    *ret_lost = accepted < body->events ? body->events - accepted : 0;
    log_error("%s: status %ld, %" PRIu64 " of %" PRIu64 " events accepted: %s", server, status,
        accepted, body->events, poster->answer.data ? poster->answer.data : "");
    return surely_not_taken(status, own_words) && !accepted ? POST_NOT_TAKEN : POST_LOST;
}

uint64_t poster_retry_after(const struct poster *poster)
{
    curl_off_t seconds = 0; /* of a date too */
    curl_easy_getinfo(poster->curl, CURLINFO_RETRY_AFTER, &seconds);
    if (seconds < 0)
        seconds = 0;
    return (uint64_t)(seconds < RETRY_AFTER_MAX ? seconds : RETRY_AFTER_MAX) * 1000000000u;
}

static CURLcode perform(struct poster *poster, const char *server, const char *path,
    int64_t limit_ms, const _Atomic uint64_t *abort_at)
{
    long connect_ms = (long)(poster->options->server_timeout / 1000000);
    struct buf url = {0};
    buf_clear(&poster->answer);
    *poster->error = '\0';
    poster->abort_at = abort_at;
    poster->offered = false;
    poster->moved = 0;
    poster->moved_at = monotonic();
    buf_printf(&url, "%s%s", server, path);
    curl_easy_setopt(poster->curl, CURLOPT_URL, url.data);
    curl_easy_setopt(poster->curl, CURLOPT_TIMEOUT_MS, (long)limit_ms);
    curl_easy_setopt(poster->curl, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
    CURLcode code = curl_easy_perform(poster->curl);
    buf_free(&url);
    return code;
}

uint32_t poster_ask_version(
    struct poster *poster, const char *server, const _Atomic uint64_t *abort_at)
{
    unsigned major = 0, minor = 0, patch = 0;
    int64_t limit_ms = poster->options->server_timeout / 1000000;
    curl_easy_setopt(poster->curl, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(poster->curl, CURLOPT_HTTPHEADER, poster->plain_headers);
    if (perform(poster, server, "/", limit_ms < ASK_LIMIT_MS ? limit_ms : ASK_LIMIT_MS, abort_at))
        return 0;
    const char *found = poster->answer.data ? strstr(poster->answer.data, "\"version\"") : NULL;
    if (!found || sscanf(found, "\"version\" : \"%3u.%3u.%3u", &major, &minor, &patch) != 3)
        return 0;
    return major << 16 | (minor & 0xff) << 8 | (patch & 0xff);
}

enum post_result poster_post(struct poster *poster, const char *server, const struct body *body,
    const _Atomic uint64_t *abort_at, uint64_t *ret_lost)
{
    curl_easy_setopt(poster->curl, CURLOPT_HTTPHEADER,
        body->compressed ? poster->gzip_headers : poster->plain_headers);
    curl_easy_setopt(poster->curl, CURLOPT_POST, 1L);
    poster->left = (struct bytes){body->bytes.data, body->bytes.len};
    curl_easy_setopt(poster->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->bytes.len);
    CURLcode code = perform(poster, server, "/intake/v2/events", 0, abort_at);
    *ret_lost = body->events;
    if (code != CURLE_OK)
        return judge_failure(poster, code, server);
    return judge_status(poster, server, body, ret_lost);
}
