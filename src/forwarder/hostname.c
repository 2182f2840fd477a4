#include "hostname.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { LOOKUP_LIMIT_S = 1, NAME_BYTES_MAX = 256 };

/* Shared with the thread that asks; the last of the two to leave frees it. */
struct lookup {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool answered, abandoned;
    char short_name[NAME_BYTES_MAX], full_name[NAME_BYTES_MAX];
};

static void lookup_free(struct lookup *lookup)
{
    pthread_mutex_destroy(&lookup->lock);
    pthread_cond_destroy(&lookup->changed);
    free(lookup);
}

/* A resolver whose server is away blocks for ten seconds and more: hence a thread of its own. */
static void *ask_resolver(void *data)
{
    struct lookup *lookup = data;
    struct addrinfo hints = {.ai_flags = AI_CANONNAME, .ai_socktype = SOCK_DGRAM}, *found = NULL;
    int error = getaddrinfo(lookup->short_name, NULL, &hints, &found);
    pthread_mutex_lock(&lookup->lock);
    if (error == 0 && found->ai_canonname)
        snprintf(lookup->full_name, sizeof lookup->full_name, "%s", found->ai_canonname);
    lookup->answered = true;
    bool abandoned = lookup->abandoned;
    pthread_cond_signal(&lookup->changed);
    pthread_mutex_unlock(&lookup->lock);
    if (error == 0)
        freeaddrinfo(found);
    if (abandoned)
        lookup_free(lookup);
    return NULL;
}

static struct lookup *lookup_new(const char *short_name)
{
    struct lookup *lookup = calloc(1, sizeof *lookup);
    if (!lookup)
        return NULL;
    pthread_mutex_init(&lookup->lock, NULL);
    pthread_cond_init(&lookup->changed, NULL);
    snprintf(lookup->short_name, sizeof lookup->short_name, "%s", short_name);
    pthread_t thread;
    if (pthread_create(&thread, NULL, ask_resolver, lookup) != 0) {
        lookup_free(lookup);
        return NULL;
    }
    pthread_detach(thread);
    return lookup;
}

/* NULL: no answer in time, or none that says more than the short name. */
static const char *qualified(struct arena *arena, const char *short_name)
{
    struct lookup *lookup = lookup_new(short_name);
    if (!lookup)
        return NULL;
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += LOOKUP_LIMIT_S;
    const char *name = NULL;
    pthread_mutex_lock(&lookup->lock);
    while (!lookup->answered &&
           pthread_cond_timedwait(&lookup->changed, &lookup->lock, &until) != ETIMEDOUT)
        ;
    bool answered = lookup->answered;
    if (lookup->full_name[0] && strncmp(lookup->full_name, "localhost", 9) != 0)
        name = arena_string(arena, lookup->full_name);
    lookup->abandoned = true;
    pthread_mutex_unlock(&lookup->lock);
    if (answered)
        lookup_free(lookup);
    return name;
}

static const char *first_line(struct arena *arena, const char *path)
{
    char line[NAME_BYTES_MAX] = "";
    FILE *file = fopen(path, "re");
    if (!file)
        return NULL;
    bool read = fgets(line, sizeof line, file) != NULL;
    fclose(file);
    line[strcspn(line, " \t\n")] = '\0';
    return read && line[0] ? arena_string(arena, line) : NULL;
}

static const char *from_elsewhere(struct arena *arena)
{
    static const char *const variables[] = {"HOSTNAME", "HOST"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *value = getenv(variables[i]);
        if (value && *value)
            return value;
    }
    return first_line(arena, "/etc/hostname");
}

const char *hostname_detect(struct arena *arena)
{
    char own[HOST_NAME_MAX + 1] = "";
    const char *name = NULL;
    if (gethostname(own, sizeof own - 1) == 0 && own[0])
        name = strchr(own, '.') ? own : qualified(arena, own);
    if (!name)
        name = own[0] ? own : from_elsewhere(arena);
    char *lower = arena_string(arena, name);
    for (char *c = lower; c && *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return lower;
}
