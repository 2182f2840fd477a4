#include "elf_facts.h"

#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <unistd.h>

struct known {
    const char *name; /* a '*' at the end: any name that begins so */
    unsigned family;
};

static const struct known known[] = {
    {"accept", FAMILY_SERVER},
    {"accept4", FAMILY_SERVER},
    {"listen", FAMILY_SERVER},
    {"PQexec*", FAMILY_LIBPQ},
    {"PQsend*", FAMILY_LIBPQ},
    {"PQconnect*", FAMILY_LIBPQ},
    {"SSL_read*", FAMILY_OPENSSL},
    {"SSL_write*", FAMILY_OPENSSL},
    {"BIO_f_ssl", FAMILY_SSL_BIO},
    {"BIO_new_ssl*", FAMILY_SSL_BIO},
    {"gnutls_record_recv", FAMILY_GNUTLS},
    {"mbedtls_ssl_read", FAMILY_MBEDTLS},
    {"_ZN6rustls*", FAMILY_RUSTLS},
    {"io_uring_queue_init*", FAMILY_IO_URING},
    {"io_uring_setup", FAMILY_IO_URING},
    {"dlopen", FAMILY_DLOPEN},
    {"dlmopen", FAMILY_DLOPEN},
};

static unsigned family_of(const char *name)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t len = strlen(known[i].name);
        bool prefix = known[i].name[len - 1] == '*';
        if (prefix ? strncmp(name, known[i].name, len - 1) == 0 : strcmp(name, known[i].name) == 0)
            return known[i].family;
    }
    return 0;
}

static void read_symbols(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, struct elf_facts *ret)
{
    Elf_Data *data = elf_getdata(section, NULL);
    size_t count = data && header->sh_entsize ? data->d_size / header->sh_entsize : 0;
    for (size_t i = 0; i < count; i++) {
        GElf_Sym symbol;
        if (!gelf_getsym(data, (int)i, &symbol))
            return;
        const char *name = elf_strptr(elf, header->sh_link, symbol.st_name);
        unsigned family = name && *name ? family_of(name) : 0;
        if (symbol.st_shndx == SHN_UNDEF)
            ret->imports |= family;
        else if (GELF_ST_TYPE(symbol.st_info) == STT_FUNC)
            ret->defines |= family;
    }
}

static void read_dynamic(
    struct arena *arena, Elf *elf, Elf_Scn *section, const GElf_Shdr *header, struct elf_facts *ret)
{
    Elf_Data *data = elf_getdata(section, NULL);
    GElf_Dyn entry;
    for (int i = 0; data && gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++) {
        const char *string = elf_strptr(elf, header->sh_link, entry.d_un.d_val);
        if (entry.d_tag == DT_NEEDED && string && ret->needed_count < NEEDED_MAX)
            ret->needed[ret->needed_count++] = arena_string(arena, string);
        else if (entry.d_tag == DT_RPATH)
            ret->rpath = arena_string(arena, string);
        else if (entry.d_tag == DT_RUNPATH)
            ret->runpath = arena_string(arena, string);
        else if (entry.d_tag == DT_FLAGS_1)
            ret->is_pie = entry.d_un.d_val & DF_1_PIE;
    }
}

static void read_sections(struct arena *arena, Elf *elf, struct elf_facts *ret)
{
    size_t names = 0;
    Elf_Scn *section = NULL;
    if (elf_getshdrstrndx(elf, &names) != 0)
        return;
    while ((section = elf_nextscn(elf, section))) {
        GElf_Shdr header;
        if (!gelf_getshdr(section, &header))
            continue;
        const char *name = elf_strptr(elf, names, header.sh_name);
        if (name && (strcmp(name, ".go.buildinfo") == 0 || strcmp(name, ".note.go.buildid") == 0))
            ret->is_go = true;
        if (header.sh_type == SHT_DYNSYM || header.sh_type == SHT_SYMTAB)
            read_symbols(elf, section, &header, ret);
        else if (header.sh_type == SHT_DYNAMIC)
            read_dynamic(arena, elf, section, &header, ret);
    }
}

static void read_interpreter(struct arena *arena, Elf *elf, struct elf_facts *ret)
{
    size_t count = 0, size;
    const char *image = elf_rawfile(elf, &size);
    if (!image || elf_getphdrnum(elf, &count) != 0)
        return;
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr header;
        if (!gelf_getphdr(elf, (int)i, &header) || header.p_type != PT_INTERP)
            continue;
        if (header.p_offset < size && header.p_filesz <= size - header.p_offset) {
            const char *path = image + header.p_offset;
            ret->interpreter =
                arena_bytes(arena, (struct bytes){path, strnlen(path, header.p_filesz)});
        }
    }
}

bool elf_facts_read(struct arena *arena, const char *path, struct elf_facts *ret)
{
    GElf_Ehdr header;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    elf_version(EV_CURRENT);
    Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
    bool good = elf && elf_kind(elf) == ELF_K_ELF && gelf_getehdr(elf, &header);
    if (good) {
        *ret = (struct elf_facts){
            .class = gelf_getclass(elf), .machine = header.e_machine, .type = header.e_type};
        read_interpreter(arena, elf, ret);
        read_sections(arena, elf, ret);
    }
    elf_end(elf);
    close(fd);
    return good;
}

const char *elf_machine_name(int machine)
{
    switch (machine) {
    case EM_X86_64:
        return "x86-64";
    case EM_386:
        return "32-bit x86";
    case EM_AARCH64:
        return "arm64";
    case EM_ARM:
        return "32-bit arm";
    case EM_RISCV:
        return "RISC-V";
    case EM_PPC64:
        return "ppc64";
    case EM_S390:
        return "s390";
    default:
        return "another machine";
    }
}
