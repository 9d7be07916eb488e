#include "cases/campaigns.h"

#include <stdlib.h>

#define SAME_CAMPAIGN (INT64_C(30) * 86400) /* seconds between two steps of one actor */
#define SAME_PLACE    3600                  /* where neither source nor account is known */
#define KEY_BYTES_MAX ((size_t)8 << 20)
#define KEY_MAX       512

/* One a step, in the order of time. */
struct part {
    uint32_t step;
    uint32_t up; /* in the union: the earlier one */
    bool founds; /* of the first of a union: whether one of them founds a case */
};

struct search {
    const struct steps *steps;
    struct part *parts;
    uint32_t count;
    struct texts accounts;           /* keys */
    uint32_t *by_account;            /* last part, + 1 */
    uint32_t *by_source, *by_target; /* by root */
};

static const struct step *step_of(const struct search *search, uint32_t part)
{
    return &search->steps->items[search->parts[part].step];
}

static int text_order(const struct steps *steps, host_id one, host_id other)
{
    return bytes_compare(hosts_text(steps->hosts, one), hosts_text(steps->hosts, other));
}

static const uint8_t *first_finding(const struct steps *steps, const struct step *step)
{
    static const uint8_t none[16];
    return step->findings.head ? steps_node(steps, step->findings.head)->id : none;
}

static int part_order(const void *a, const void *b, void *context)
{
    const struct steps *steps = context;
    const struct step *one = &steps->items[((const struct part *)a)->step];
    const struct step *other = &steps->items[((const struct part *)b)->step];
    int order = instant_compare(one->first, other->first);
    if (!order)
        order = text_order(steps, one->target, other->target);
    if (!order)
        order = text_order(steps, one->source, other->source);
    return order ? order : memcmp(first_finding(steps, one), first_finding(steps, other), 16);
}

static uint32_t root_of(const struct search *search, uint32_t part)
{
    while (search->parts[part].up != part)
        part = search->parts[part].up;
    return part;
}

static void join(struct search *search, uint32_t one, uint32_t other)
{
    one = root_of(search, one);
    other = root_of(search, other);
    const uint32_t first = one < other ? one : other;
    search->parts[first].founds |= search->parts[one ^ other ^ first].founds;
    search->parts[one ^ other ^ first].up = first;
}

/* Joins a part with the last one that has the same, when it is not too long ago. */
static void join_last(struct search *search, const uint32_t *last, uint32_t part, int64_t within)
{
    if (*last &&
        step_of(search, part)->first.seconds - step_of(search, *last - 1)->last.seconds <= within)
        join(search, *last - 1, part);
}

/* Domain and name in small letters, of the domain the first label; 0 for an account that says
 * nothing, or has no domain: there is an Administrator everywhere. */
static text_id account_key(struct search *search, const struct step *step)
{
    uint8_t key[KEY_MAX];
    const struct bytes account = texts_at(search->steps->accounts, step->account);
    const uint8_t *slash = account.length ? memchr(account.data, '\\', account.length) : NULL;
    if (!slash || slash == account.data || account.length > KEY_MAX || account_is_generic(account))
        return 0;
    const size_t domain = (size_t)(slash - account.data);
    const uint8_t *dot = memchr(account.data, '.', domain);
    const size_t label = dot ? (size_t)(dot - account.data) : domain;
    memcpy(key, account.data, label);
    memcpy(key + label, slash, account.length - domain);
    return texts_intern(&search->accounts, bytes_of(key, label + account.length - domain));
}

static void part_join(struct search *search, uint32_t part)
{
    const struct step *step = step_of(search, part);
    const text_id account = account_key(search, step);
    if (step->source) {
        join_last(search, &search->by_source[step->source], part, SAME_CAMPAIGN);
        join_last(search, &search->by_target[step->source], part, SAME_CAMPAIGN);
    }
    if (account)
        join_last(search, &search->by_account[account], part, SAME_CAMPAIGN);
    const uint32_t there = search->by_target[step->target];
    const struct step *before = there ? step_of(search, there - 1) : NULL;
    if (before && (!step->source || !before->source) &&
        (!account || !before->account ||
         account_same(texts_at(search->steps->accounts, step->account),
                      texts_at(search->steps->accounts, before->account))))
        join_last(search, &search->by_target[step->target], part, SAME_PLACE);
    if (step->source)
        search->by_source[step->source] = part + 1;
    if (account)
        search->by_account[account] = part + 1;
    search->by_target[step->target] = part + 1;
}

static bool search_begin(struct search *search)
{
    const uint32_t hosts = search->steps->hosts->texts.count + 1;
    search->parts = malloc((search->steps->count + 1) * sizeof(*search->parts));
    search->by_account = calloc(search->steps->count + 2, sizeof(*search->by_account));
    search->by_source = calloc(hosts, sizeof(*search->by_source));
    search->by_target = calloc(hosts, sizeof(*search->by_target));
    texts_init(&search->accounts, true, search->steps->count + 2, KEY_BYTES_MAX);
    if (!search->parts || !search->by_account || !search->by_source || !search->by_target)
        return false;
    for (uint32_t at = 0; at < search->steps->count; at++)
        if (search->steps->items[at].is_used)
            search->parts[search->count++] =
                (struct part){.step = at, .founds = search->steps->items[at].founds};
    qsort_r(search->parts, search->count, sizeof(*search->parts), part_order,
            (void *)(uintptr_t)search->steps);
    for (uint32_t part = 0; part < search->count; part++)
        search->parts[part].up = part;
    return true;
}

static void search_release(struct search *search)
{
    free(search->parts);
    free(search->by_account);
    free(search->by_source);
    free(search->by_target);
    texts_release(&search->accounts);
}

/* Counts what each case has, then puts each step at its place. */
static bool campaigns_write(struct campaigns *campaigns, const struct search *search)
{
    uint32_t *number = malloc((search->count + 1) * sizeof(*number)); /* of the case of a root */
    campaigns->steps = malloc((search->count + 1) * sizeof(*campaigns->steps));
    campaigns->begins = calloc(search->count + 2, sizeof(*campaigns->begins));
    if (!number || !campaigns->steps || !campaigns->begins) {
        free(number);
        return false;
    }
    for (uint32_t part = 0; part < search->count; part++) {
        const uint32_t root = root_of(search, part);
        if (!search->parts[root].founds)
            continue;
        number[part] = root == part ? campaigns->count++ : number[root];
        campaigns->begins[number[part] + 2]++;
    }
    for (uint32_t at = 2; at < campaigns->count + 1; at++)
        campaigns->begins[at] += campaigns->begins[at - 1];
    for (uint32_t part = 0; part < search->count; part++)
        if (search->parts[root_of(search, part)].founds)
            campaigns->steps[campaigns->begins[number[part] + 1]++] = search->parts[part].step;
    free(number);
    return true;
}

bool campaigns_find(struct campaigns *campaigns, const struct steps *steps)
{
    struct search search = {.steps = steps};
    *campaigns = (struct campaigns){0};
    bool is_done = search_begin(&search);
    for (uint32_t part = 0; is_done && part < search.count; part++)
        part_join(&search, part);
    is_done = is_done && campaigns_write(campaigns, &search);
    search_release(&search);
    return is_done;
}

void campaigns_release(struct campaigns *campaigns)
{
    free(campaigns->steps);
    free(campaigns->begins);
    *campaigns = (struct campaigns){0};
}
