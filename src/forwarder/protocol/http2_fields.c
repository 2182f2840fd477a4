#include "protocol/http2_fields.h"

static int status_of(struct bytes value)
{
    int status = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '9' || i == 3)
            return 0;
        status = status * 10 + (value.data[i] - '0');
    }
    return status >= 100 ? status : 0;
}

static void add_pseudo(struct http2_fields *fields, struct bytes name, struct bytes value)
{
    if (bytes_equal(name, BYTES(":method")))
        fields->method = value;
    else if (bytes_equal(name, BYTES(":path")))
        fields->path = value;
    else if (bytes_equal(name, BYTES(":scheme")))
        fields->scheme = value;
    else if (bytes_equal(name, BYTES(":authority")))
        fields->authority = value;
    else if (bytes_equal(name, BYTES(":status")))
        fields->status = status_of(value);
}

static struct bytes keep(struct arena *arena, const uint8_t *bytes, size_t n)
{
    return (struct bytes){arena_bytes(arena, (struct bytes){(const char *)bytes, n}), n};
}

static void add(struct http2_fields *fields, struct arena *arena, const nghttp2_nv *nv)
{
    fields->bytes += nv->namelen + nv->valuelen;
    if (!nv->namelen || fields->bytes > HTTP2_FIELD_BYTES_MAX || fields->count == HTTP2_FIELDS_MAX)
        return;
    struct bytes name = keep(arena, nv->name, nv->namelen);
    struct bytes value = keep(arena, nv->value, nv->valuelen);
    if (name.data[0] == ':')
        add_pseudo(fields, name, value);
    else
        fields->items[fields->count++] = (struct header_view){name, value};
}

bool http2_fields_read(nghttp2_hd_inflater *inflater, struct bytes block, struct arena *arena,
    struct http2_fields *ret_fields)
{
    memset(ret_fields, 0, sizeof *ret_fields);
    for (;;) {
        nghttp2_nv nv;
        int flags = 0;
        ssize_t taken = nghttp2_hd_inflate_hd2(
            inflater, &nv, &flags, (const uint8_t *)block.data, block.len, 1);
        if (taken < 0)
            return false;
        block = bytes_skip(block, (size_t)taken);
        if (flags & NGHTTP2_HD_INFLATE_EMIT)
            add(ret_fields, arena, &nv);
        if (flags & NGHTTP2_HD_INFLATE_FINAL)
            return nghttp2_hd_inflate_end_headers(inflater) == 0;
        if (!(flags & NGHTTP2_HD_INFLATE_EMIT) && !block.len)
            return false;
    }
}
