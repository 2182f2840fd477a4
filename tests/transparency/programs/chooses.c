/* A library that looks at a file while the loader asks it which variant of a function to use, when
 * objects before it have not been relocated; and a program that says what it had found. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef LIBRARY
#define CALLS 16
static long results[CALLS];
static char bytes[8];

static int one(void)
{
    return 1;
}

static __typeof__(one) *choose(void)
{
    int ends[2], file = memfd_create("chooses", 0), i = 0;
    results[i++] = write(file, "seven", 5);
    results[i++] = lseek(file, 0, SEEK_SET);
    results[i++] = read(file, bytes, sizeof bytes);
    results[i++] = read(-1, bytes, 1);
    results[i++] = fcntl(file, F_GETFD);
    results[i++] = dup2(file, 70);
    results[i++] = close(70);
    results[i++] = close(file);
    results[i++] = close(70000);
    results[i++] = socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    results[i++] = send(ends[0], "ten", 3, 0);
    results[i++] = recv(ends[1], bytes + 5, 3, MSG_DONTWAIT);
    results[i++] = shutdown(ends[0], SHUT_WR);
    results[i++] = read(ends[1], bytes, 1);
    results[i++] = close(ends[0]);
    results[i++] = close(ends[1]);
    return one;
}

int answer(void) __attribute__((ifunc("choose")));

void show(void)
{
    for (int i = 0; i < CALLS; i++)
        printf("%d: %ld\n", i, results[i]);
    printf("%.8s %d\n", bytes, answer());
}
#else
void show(void);

int main(void)
{
    show();
    return 7;
}
#endif
