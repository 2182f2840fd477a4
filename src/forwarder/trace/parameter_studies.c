#include "trace/parameter_studies.h"

#include <stdio.h>
#include <stdlib.h>
#include <uthash.h>

#include "base/alloc.h"
#include "trace/query.h"

enum {
    STUDIES_MAX = 128,
    PARAMETERS_MAX = 8, /* of a route: further ones are not studied */
    VALUES_MAX = 32,    /* a parameter with more decides nothing */
    TEXT_BYTES_MAX = 40,
    REQUESTS_LEAST = 16, /* looked at then, and whenever there are twice as many */
    REQUESTS_MOST = 256,
    OFTEN = 4,
    ROUTE_BYTES_MAX = 512,
};

struct value {
    char text[TEXT_BYTES_MAX + 1]; /* empty: requests without the parameter */
    unsigned requests;
    struct signature always, ever; /* what each of them did, and any */
};

struct parameter {
    char name[TEXT_BYTES_MAX + 1];
    bool decides_nothing;
    unsigned value_count;
    struct value *values; /* VALUES_MAX */
};

struct study {
    UT_hash_handle hh;
    unsigned requests, parameter_count;
    struct parameter *parameters; /* PARAMETERS_MAX; NULL: the study is over */
    char decider[TEXT_BYTES_MAX + 1];
    char key[]; /* scope, then the route */
};

struct parameter_studies {
    struct study *studies;
};

struct parameter_studies *parameter_studies_new(void)
{
    return xcalloc(1, sizeof(struct parameter_studies));
}

static void end_study(struct study *study)
{
    for (unsigned i = 0; i < study->parameter_count; i++)
        free(study->parameters[i].values);
    free(study->parameters);
    study->parameters = NULL;
    study->parameter_count = 0;
}

void parameter_studies_free(struct parameter_studies *studies)
{
    struct study *study, *next;
    HASH_ITER(hh, studies->studies, study, next)
    {
        HASH_DEL(studies->studies, study);
        end_study(study);
        free(study);
    }
    free(studies);
}

static struct study *find(
    const struct parameter_studies *studies, uint64_t scope, struct bytes route)
{
    char key[sizeof scope + ROUTE_BYTES_MAX];
    struct study *study = NULL;
    if (!studies->studies || !route.len || route.len > ROUTE_BYTES_MAX)
        return NULL;
    memcpy(key, &scope, sizeof scope);
    memcpy(key + sizeof scope, route.data, route.len);
    HASH_FIND(hh, studies->studies, key, sizeof scope + route.len, study);
    return study;
}

static struct study *begin_study(
    struct parameter_studies *studies, uint64_t scope, struct bytes route)
{
    if (!route.len || route.len > ROUTE_BYTES_MAX || HASH_COUNT(studies->studies) >= STUDIES_MAX)
        return NULL;
    struct study *study = xcalloc(1, sizeof *study + sizeof scope + route.len + 1);
    study->parameters = xcalloc(PARAMETERS_MAX, sizeof *study->parameters);
    memcpy(study->key, &scope, sizeof scope);
    memcpy(study->key + sizeof scope, route.data, route.len);
    HASH_ADD(hh, studies->studies, key, sizeof scope + route.len, study);
    return study;
}

/* ---- what was seen ---- */

static void set_text(char *text, struct bytes from)
{
    snprintf(text, TEXT_BYTES_MAX + 1, "%.*s", (int)from.len, from.data);
}

/* Those before it did not have it; what they did is not known any more. */
static void note_parameter(struct study *study, struct bytes name)
{
    if (!query_is_identifier(name) || study->parameter_count == PARAMETERS_MAX)
        return;
    for (unsigned i = 0; i < study->parameter_count; i++)
        if (bytes_equal(bytes_of(study->parameters[i].name), name))
            return;
    struct parameter *parameter = &study->parameters[study->parameter_count++];
    set_text(parameter->name, name);
    parameter->values = xcalloc(VALUES_MAX, sizeof *parameter->values);
}

static struct value *value_of(struct parameter *parameter, struct bytes text)
{
    for (unsigned i = 0; i < parameter->value_count; i++)
        if (bytes_equal(bytes_of(parameter->values[i].text), text))
            return &parameter->values[i];
    if (parameter->value_count == VALUES_MAX)
        return NULL;
    struct value *value = &parameter->values[parameter->value_count++];
    set_text(value->text, text);
    return value;
}

static void note_value(struct parameter *parameter, struct bytes text, struct signature done)
{
    bool known = !text.len || query_is_identifier(text);
    struct value *value = known ? value_of(parameter, text) : NULL;
    if (!value) {
        parameter->decides_nothing = true;
        return;
    }
    value->always.names = value->requests ? value->always.names & done.names : done.names;
    value->always.stacks = value->requests ? value->always.stacks & done.stacks : done.stacks;
    value->ever.names |= done.names;
    value->ever.stacks |= done.stacks;
    value->requests++;
}

/* ---- what it tells ---- */

/* Whether all requests with the value did something that none with another did. */
static bool is_characteristic(const struct parameter *parameter, const struct value *value)
{
    struct signature others = {0};
    for (unsigned i = 0; i < parameter->value_count; i++) {
        if (&parameter->values[i] == value)
            continue;
        others.names |= parameter->values[i].ever.names;
        others.stacks |= parameter->values[i].ever.stacks;
    }
    return value->always.names & ~others.names || value->always.stacks & ~others.stacks;
}

/* How many of its values do; 0: it does not decide, or that is not known. */
static unsigned decisions(const struct parameter *parameter)
{
    unsigned often = 0, characteristic = 0;
    if (parameter->decides_nothing)
        return 0;
    for (unsigned i = 0; i < parameter->value_count; i++) {
        const struct value *value = &parameter->values[i];
        if (value->requests < OFTEN)
            continue;
        often++;
        characteristic += is_characteristic(parameter, value);
    }
    bool usual = often >= 2 && 2 * often >= parameter->value_count;
    return usual && characteristic >= (often == 2 ? 1 : 2) ? characteristic : 0;
}

static void conclude(struct study *study)
{
    unsigned most = 0;
    for (unsigned i = 0; i < study->parameter_count; i++) {
        unsigned n = decisions(&study->parameters[i]);
        if (n > most)
            set_text(study->decider, bytes_of(study->parameters[i].name));
        most = n > most ? n : most;
    }
    if (most || study->requests >= REQUESTS_MOST)
        end_study(study);
}

void parameter_studies_add(struct parameter_studies *studies, uint64_t scope, const char *route,
    struct bytes query, struct signature done)
{
    struct bytes rest = query;
    struct study *study = find(studies, scope, bytes_of(route));
    if (!study && query.len)
        study = begin_study(studies, scope, bytes_of(route));
    if (!study || !study->parameters)
        return;
    while (rest.len) {
        struct bytes pair = bytes_take(&rest, '&');
        note_parameter(study, bytes_take(&pair, '='));
    }
    for (unsigned i = 0; i < study->parameter_count; i++) {
        struct parameter *parameter = &study->parameters[i];
        if (!parameter->decides_nothing)
            note_value(parameter, query_value(query, bytes_of(parameter->name)), done);
    }
    study->requests++;
    if (study->requests >= REQUESTS_LEAST && (study->requests & (study->requests - 1)) == 0)
        conclude(study);
}

struct bytes parameter_studies_find(
    const struct parameter_studies *studies, uint64_t scope, struct bytes route)
{
    const struct study *study = find(studies, scope, route);
    return bytes_of(study ? study->decider : "");
}
