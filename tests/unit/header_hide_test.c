/* Headers that are not to be seen, cut at every byte. */
#include <stdlib.h>

#include "check.h"
#include "shim/cgi_hide.c"
#include "shim/header_hide.c"
#include "shim/http_hide.c"

static const char request[] =
    "GET /a:b?c=d HTTP/1.1\r\nHost: h:80\r\nAuthorization: Bearer S3CRET\r\n"
    "Content-Length: 5\r\nX-Folded: S3CRET\r\n S3CRET\r\n\tS3CRET:S3CRET\r\n"
    "Blank : S3CRET\r\nCookie:S3CRET;a=S3CRET\r\ntraceparent: 00-1-2-01\r\n"
    "Transfer-Encoding: chunked\r\nContent-Length-S3: S3CRET\r\n"
    "A-Name-That-Is-Longer-Than-What-Is-Kept: S3CRET\r\n\r\n"
    "5\r\nhello\r\n0\r\n\r\nGET /b HTTP/1.1\r\nAuthorization:S3CRET\nHost: x\n\n";
static const char expected[] =
    "GET /a:b?c=d HTTP/1.1\r\nHost: h:80\r\nAuthorization: ?????? ??????\r\n"
    "Content-Length: 5\r\nX-Folded: ??????\r\n ??????\r\n\t?????????????\r\n"
    "Blank : ??????\r\nCookie:???????????????\r\ntraceparent: 00-1-2-01\r\n"
    "Transfer-Encoding: chunked\r\nContent-Length-S3: ??????\r\n"
    "A-Name-That-Is-Longer-Than-What-Is-Kept: ??????\r\n\r\n"
    "5\r\nhello\r\n0\r\n\r\nGET /b HTTP/1.1\r\nAuthorization:??????\nHost: x\n\n";

/* In pieces of every size. */
static void check(const char *text, const char *wanted, size_t len)
{
    char *bytes = malloc(len + 1);
    for (size_t piece = 1; piece <= len; piece++) {
        struct header_side side = {0};
        memcpy(bytes, text, len);
        for (size_t at = 0; at < len; at += piece)
            header_hide(&side, bytes + at, piece < len - at ? piece : len - at);
        CHECK(memcmp(bytes, wanted, len) == 0);
    }
    free(bytes);
}

#define CHECK_HIDDEN(text, wanted) check(text, wanted, sizeof(text) - 1)

static void test_gateways(void)
{
    CHECK_HIDDEN("\1\1\0\1\0\10\0\0\0\1\0\0\0\0\0\0"
                 "\1\4\0\1\0\72\2\0\11\3HTTP_HOSTa:1\13\6HTTP_COOKIES3CRET\x80\0\0\6\6HTTP_A"
                 "S3CRET\5\1HTTPSx\0\0\1\4\0\1\0\0\0\0\1\5\0\1\0\3\0\0abc"
                 "\1\6\0\1\0\14\0\0Cookie:S3C\r\n",
        "\1\1\0\1\0\10\0\0\0\1\0\0\0\0\0\0"
        "\1\4\0\1\0\72\2\0\11\3HTTP_HOSTa:1\13\6HTTP_COOKIE??????\x80\0\0\6\6HTTP_A"
        "??????\5\1HTTPSx\0\0\1\4\0\1\0\0\0\0\1\5\0\1\0\3\0\0abc"
        "\1\6\0\1\0\14\0\0Cookie:???\r\n");
    CHECK_HIDDEN(
        "\0\64\0\0\11\0HTTP_HOST\3\0a:1\13\0HTTP_COOKIE\6\0S3CRET\6\0METHOD\0\0\1\0a\0\0body",
        "\0\64\0\0\11\0HTTP_HOST\3\0a:1\13\0HTTP_COOKIE\6\0??????\6\0METHOD\0\0\1\0a\0\0body");
    CHECK_HIDDEN("53:CONTENT_LENGTH\0"
                 "3\0HTTP_COOKIE\0S3CRET\0HTTP_HOST\0a:1\0X\0\0,abc",
        "53:CONTENT_LENGTH\0"
        "3\0HTTP_COOKIE\0??????\0HTTP_HOST\0a:1\0X\0\0,abc");
}

int main(void)
{
    CHECK_HIDDEN(request, expected);
    CHECK_HIDDEN("\2\1name: value\n", "\2\1name: value\n");
    test_gateways();
    char tail[] = "S3CRET\r\nSet-Cookie: S3CRET\r\nConnection: close\r\n";
    struct header_side side = {.speaks = HTTP1};
    header_hide_gap(&side, 5);
    header_hide(&side, tail, strlen(tail));
    CHECK_STR(tail, "??????\r\nSet-Cookie: ??????\r\nConnection: close\r\n");
    return check_result();
}
