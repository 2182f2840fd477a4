#include "symbolize/debugfile.h"

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "symbolize/names.h"

#define DEBUG_ROOT "/usr/lib/debug"

/* What a candidate must prove: its build id, or its checksum where the object has no id. */
struct proof {
    struct build_id id;
    uint32_t crc;
};

static bool servers_asked;

void debugfile_ask_servers(bool ask)
{
    servers_asked = ask;
    if (ask)
        setenv("DEBUGINFOD_TIMEOUT", "5", 0);
}

int file_open(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* What dwz makes for several files to share is of type ET_REL, but then it has a build id. */
static bool is_expected_type(Elf *elf, bool has_id)
{
    GElf_Ehdr header;
    return gelf_getehdr(elf, &header) && (header.e_type == ET_EXEC || header.e_type == ET_DYN ||
                                             (header.e_type == ET_REL && has_id));
}

bool file_has_build_id(int fd, struct build_id id)
{
    Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
    if (!elf)
        return false;
    const void *bytes = NULL;
    bool same = false;
    if (is_expected_type(elf, id.len > 0)) {
        ssize_t len = dwelf_elf_gnu_build_id(elf, &bytes);
        same = len >= 0 && (size_t)len == id.len && (len == 0 || !memcmp(bytes, id.bytes, id.len));
    }
    elf_end(elf);
    return same;
}

static bool file_has_crc(int fd, uint32_t expected)
{
    static unsigned char block[65536];
    uLong crc = crc32(0, NULL, 0);
    ssize_t n;
    off_t at = 0;
    while ((n = pread(fd, block, sizeof(block), at)) > 0) {
        crc = crc32(crc, block, (uInt)n);
        at += n;
    }
    return n == 0 && crc == expected;
}

static bool is_proven(int fd, const struct proof *proof)
{
    return proof->id.len > 0 ? file_has_build_id(fd, proof->id) : file_has_crc(fd, proof->crc);
}

/* Takes the path; gives it on to *found_name with the descriptor if the file is the right one. */
static int try_path(struct buf *path, const struct proof *proof, char **found_name)
{
    int fd = path->data ? file_open(path->data) : -1;
    if (fd >= 0 && is_proven(fd, proof)) {
        *found_name = buf_take(path);
        return fd;
    }
    if (fd >= 0)
        close(fd);
    buf_free(path);
    return -1;
}

static int find_by_id(const struct proof *proof, char **found_name)
{
    if (proof->id.len < 2)
        return -1;
    struct buf path = {0};
    buf_printf(&path, DEBUG_ROOT "/.build-id/%02x/", proof->id.bytes[0]);
    for (size_t i = 1; i < proof->id.len; i++)
        buf_printf(&path, "%02x", proof->id.bytes[i]);
    buf_puts(&path, ".debug");
    return try_path(&path, proof, found_name);
}

static int find_by_link(
    const char *file_name, const char *link, const struct proof *proof, char **found_name)
{
    int dir_len = (int)(path_basename(file_name) - file_name);
    const char *const before[] = {"", "", DEBUG_ROOT};
    const char *const after[] = {"", ".debug/", ""};
    for (size_t i = 0; i < sizeof(before) / sizeof(*before); i++) {
        struct buf path = {0};
        buf_printf(&path, "%s%.*s%s%s", before[i], dir_len, file_name, after[i], link);
        /* A file may name itself, as some wrongly made debug links do. */
        int fd = path.data && strcmp(path.data, file_name) == 0
                     ? (buf_free(&path), -1)
                     : try_path(&path, proof, found_name);
        if (fd >= 0)
            return fd;
    }
    return -1;
}

/* The file which several debug files share (dwz); its name is relative to the debug file's folder.
 */
static int find_shared(
    Dwfl_Module *module, const char *file_name, const char *link, char **found_name)
{
    Dwarf_Addr bias;
    const char *name;
    const void *id = NULL;
    /* libdwfl asks when the module's Dwarf exists already, so this does not come back here. */
    Dwarf *dwarf = dwfl_module_getdwarf(module, &bias);
    ssize_t len = dwarf ? dwelf_dwarf_gnu_debugaltlink(dwarf, &name, &id) : 0;
    if (len <= 0)
        return -1;
    struct proof proof = {.id = {id, (size_t)len}};
    int fd = find_by_id(&proof, found_name);
    if (fd >= 0)
        return fd;
    struct buf path = {0};
    if (*link != '/' && file_name)
        buf_add(&path, file_name, (size_t)(path_basename(file_name) - file_name));
    buf_puts(&path, link);
    return try_path(&path, &proof, found_name);
}

int debugfile_find(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base,
    const char *file_name, const char *link, GElf_Word link_crc, char **found_name)
{
    /* A .gnu_debuglink is a bare file name, a .gnu_debugaltlink has folders. */
    if (link && strchr(link, '/'))
        return find_shared(module, file_name, link, found_name);
    struct proof proof = {.crc = link_crc};
    GElf_Addr vaddr;
    const unsigned char *id;
    int len = dwfl_module_build_id(module, &id, &vaddr);
    if (len > 0)
        proof.id = (struct build_id){id, (size_t)len};
    int fd = find_by_id(&proof, found_name);
    if (fd < 0 && link && file_name)
        fd = find_by_link(file_name, link, &proof, found_name);
    if (fd < 0 && servers_asked && proof.id.len)
        fd = dwfl_standard_find_debuginfo(
            module, userdata, name, base, file_name, link, link_crc, found_name);
    return fd;
}
