/* A library that has names of libc for functions of its own, with other arguments and results; and
 * a program that calls them. All names come with -DNAMES; what they answer tells whether every
 * argument arrived. Neither uses libc for anything that it could have a name of its own for.
 *
 * With -DLIBRARY the library alone; with -DPROGRAM a program that calls it; with both a program
 * that has the functions itself. */
#include <netinet/in.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define TYPE(name) double own_##name(const char *bus, ...) __asm__(#name);
NAMES(TYPE)

#ifdef LIBRARY
/* Registers for whole numbers and for others, their number, the stack. */
#define FUNCTION(name)                                                                             \
    double own_##name(const char *bus, ...)                                                        \
    {                                                                                              \
        double sum = *bus;                                                                         \
        va_list list;                                                                              \
        va_start(list, bus);                                                                       \
        for (int i = 1; i <= 10; i++)                                                              \
            sum = sum * 3 + (double)va_arg(list, long) + va_arg(list, double) / 8;                 \
        va_end(list);                                                                              \
        return sum + sizeof #name;                                                                 \
    }
NAMES(FUNCTION)
#endif

#ifdef PROGRAM
static long call(long number, long a, long b, long c)
{
    long result;
#if defined(__x86_64__)
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
#else
    register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b,
                     x2 __asm__("x2") = c;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    result = x0;
#endif
    return result;
}

static void say(const char *what, long number)
{
    char text[100], *end = text, digits[24], *digit = digits;
    while (*what)
        *end++ = *what++;
    *end++ = ' ';
    if (number < 0)
        *end++ = '-';
    for (unsigned long left = number < 0 ? -number : number; left || digit == digits; left /= 10)
        *digit++ = '0' + left % 10;
    while (digit > digits)
        *end++ = *--digit;
    *end++ = '\n';
    call(SYS_write, 1, (long)text, end - text);
}

static void try_each(const char *bus)
{
#define TRY(name)                                                                                  \
    say(#name, (long)(own_##name(bus, 2L, 1.5, -3L, 2.5, 4L, 3.5, 1L << 33, 4.5, 6L, 5.5, 7L, 6.5, \
                          8L, 7.5, 9L, 8.5, 10L, 9.5, 11L, 10.5) *                                 \
                      8));
    NAMES(TRY)
}

#ifdef CONSTRUCTOR
static __attribute__((constructor)) void early(void)
{
    try_each("early");
}
#endif

#ifdef ACCEPTS
int accept(int, struct sockaddr *, socklen_t *);

static char *page_at(long address)
{
    long result, protection = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_ANONYMOUS;
#if defined(__x86_64__)
    register long r10 __asm__("r10") = flags, r8 __asm__("r8") = -1, r9 __asm__("r9") = 0;
    __asm__ volatile(
        "syscall"
        : "=a"(result)
        : "a"((long)SYS_mmap), "D"(address), "S"(4096L), "d"(protection), "r"(r10), "r"(r8), "r"(r9)
        : "rcx", "r11", "memory");
#else
    register long x8 __asm__("x8") = SYS_mmap, x0 __asm__("x0") = address, x1 __asm__("x1") = 4096,
                     x2 __asm__("x2") = protection, x3 __asm__("x3") = flags, x4 __asm__("x4") = -1,
                     x5 __asm__("x5") = 0;
    __asm__ volatile("svc 0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
    result = x0;
#endif
    return (char *)result;
}

/* A connection that is recorded. */
static int accepted(void)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr.s_addr = __builtin_bswap32(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int listener = call(SYS_socket, AF_INET, SOCK_STREAM, 0),
        client = call(SYS_socket, AF_INET, SOCK_STREAM, 0);
    call(SYS_bind, listener, (long)&address, len);
    call(SYS_listen, listener, 1, 0);
    call(SYS_getsockname, listener, (long)&address, (long)&len);
    call(SYS_connect, client, (long)&address, len);
    return accept(listener, 0, 0);
}
#endif

int main(void)
{
    static char bus[4] = "bus";
    try_each(bus);
#ifdef ACCEPTS
    /* An address whose lower half is the connection's number. */
    char *page = page_at(1L << 32);
    int fd = accepted();
    say("descriptor", fd);
    page[fd] = 'n';
    try_each(page + fd);
#endif
    call(SYS_exit_group, 7, 0, 0);
}
#endif
