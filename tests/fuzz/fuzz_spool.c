/* Any file in the spool: a body is read whole or not at all. */
#include "export/spool.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[32];
    int fd = input_file(data, size, path);
    FILE *file = fdopen(fd, "re");
    require(file && fseek(file, 0, SEEK_SET) == 0);
    struct body *body = spool_read(file);
    if (body) {
        require(body->bytes.len < size && body->bytes.data[body->bytes.len] == '\0');
        require(memcmp(body->bytes.data, data + size - body->bytes.len, body->bytes.len) == 0);
        body_free(body);
    }
    fclose(file);
    return 0;
}
