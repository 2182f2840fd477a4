#include "sql/encoding.h"

#include <errno.h>
#include <iconv.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/buf.h"

/* In the order of PostgreSQL's numbers, which never change: its name, and iconv's (NULL: bytes are
 * left as they are). */
static const struct {
    const char *name, *iconv;
} encodings[] = {{"SQL_ASCII", NULL}, {"EUC_JP", "EUC-JP"}, {"EUC_CN", "EUC-CN"},
    {"EUC_KR", "EUC-KR"}, {"EUC_TW", "EUC-TW"}, {"EUC_JIS_2004", "EUC-JISX0213"}, {"UTF8", NULL},
    {"MULE_INTERNAL", NULL}, {"LATIN1", "ISO-8859-1"}, {"LATIN2", "ISO-8859-2"},
    {"LATIN3", "ISO-8859-3"}, {"LATIN4", "ISO-8859-4"}, {"LATIN5", "ISO-8859-9"},
    {"LATIN6", "ISO-8859-10"}, {"LATIN7", "ISO-8859-13"}, {"LATIN8", "ISO-8859-14"},
    {"LATIN9", "ISO-8859-15"}, {"LATIN10", "ISO-8859-16"}, {"WIN1256", "CP1256"},
    {"WIN1258", "CP1258"}, {"WIN866", "CP866"}, {"WIN874", "CP874"}, {"KOI8R", "KOI8-R"},
    {"WIN1251", "CP1251"}, {"WIN1252", "CP1252"}, {"ISO_8859_5", "ISO-8859-5"},
    {"ISO_8859_6", "ISO-8859-6"}, {"ISO_8859_7", "ISO-8859-7"}, {"ISO_8859_8", "ISO-8859-8"},
    {"WIN1250", "CP1250"}, {"WIN1253", "CP1253"}, {"WIN1254", "CP1254"}, {"WIN1255", "CP1255"},
    {"WIN1257", "CP1257"}, {"KOI8U", "KOI8-U"}, {"SJIS", "CP932"}, {"BIG5", "BIG5"}, {"GBK", "GBK"},
    {"UHC", "UHC"}, {"GB18030", "GB18030"}, {"JOHAB", "JOHAB"},
    {"SHIFT_JIS_2004", "SHIFT_JISX0213"}};

enum { COUNT = sizeof encodings / sizeof *encodings };

static iconv_t converter_of(int encoding)
{
    static iconv_t converters[COUNT];
    static bool open[COUNT];
    if (encoding < 0 || encoding >= COUNT || !encodings[encoding].iconv)
        return (iconv_t)-1;
    if (!open[encoding])
        converters[encoding] = iconv_open("UTF-8", encodings[encoding].iconv);
    open[encoding] = true;
    return converters[encoding];
}

static bool is_ascii(struct bytes text)
{
    unsigned char all = 0;
    for (size_t i = 0; i < text.len; i++)
        all |= (unsigned char)text.data[i];
    return all < 0x80;
}

char *sql_to_utf8(struct bytes text, int encoding)
{
    iconv_t converter = is_ascii(text) ? (iconv_t)-1 : converter_of(encoding);
    if (converter == (iconv_t)-1)
        return xmemdup0(text.data, text.len);
    struct buf out = {0};
    char *in = (char *)(uintptr_t)text.data;
    size_t left = text.len;
    iconv(converter, NULL, NULL, NULL, NULL);
    while (left) {
        char piece[512], *to = piece;
        size_t room = sizeof piece;
        size_t done = iconv(converter, &in, &left, &to, &room);
        buf_add(&out, piece, sizeof piece - room);
        if (done == (size_t)-1 && errno == EINVAL)
            break;
        if (done == (size_t)-1 && errno == EILSEQ) {
            buf_puts(&out, "\xef\xbf\xbd");
            in++;
            left--;
        }
    }
    return buf_take(&out);
}

int sql_encoding_of(struct bytes name)
{
    for (int i = 0; i < COUNT; i++)
        if (bytes_equal_nocase(name, bytes_of(encodings[i].name)))
            return i;
    return -1;
}
