#include "cases/steps.h"

#include <stdlib.h>

#define STEPS_MAX      (1U << 17)
#define NODES_MAX      (1U << 19)
#define KEYS_MAX       (1U << 18)
#define SAME_RUN       600   /* seconds of silence within one run by the same source or account */
#define NEAR           60    /* seconds, where neither is known */
#define SAME_KEY       86400 /* seconds, within one logon or connection */
#define LOOK_MAX       64    /* steps that are looked at for one sighting */
#define SWEEP_EVERY    4096  /* sightings */
#define SIDE_MAX       (CASE_FINDINGS_MAX / 2)

#define SCORE_NONE     0U
#define SCORE_POSSIBLE 1U
#define SCORE_SOURCE   2U
#define SCORE_ACCOUNT  4U
#define SCORE_KEY      16U

struct key_entry {
    uint64_t key;
    uint32_t step, serial;
};

/* --- Accounts --- */

static struct bytes domain_of(struct bytes account)
{
    const uint8_t *at = account.length ? memchr(account.data, '\\', account.length) : NULL;
    struct bytes domain = {account.data, at ? (size_t)(at - account.data) : 0};
    const uint8_t *dot = domain.length ? memchr(domain.data, '.', domain.length) : NULL;
    return dot ? bytes_of(domain.data, (size_t)(dot - domain.data)) : domain;
}

static struct bytes name_of(struct bytes account)
{
    const uint8_t *at = account.length ? memchr(account.data, '\\', account.length) : NULL;
    const size_t skipped = at ? (size_t)(at - account.data) + 1 : 0;
    return bytes_of(account.data + skipped, account.length - skipped);
}

bool account_same(struct bytes one, struct bytes other)
{
    const struct bytes domain = domain_of(one), other_domain = domain_of(other);
    return text_same(name_of(one), name_of(other)) &&
           (!domain.length || !other_domain.length || text_same(domain, other_domain));
}

bool account_is_sid(struct bytes account)
{
    static const char head[] = "S-1-5-21-";
    return account.length >= sizeof(head) && memcmp(account.data, head, sizeof(head) - 1) == 0;
}

bool account_is_generic(struct bytes account)
{
    static const char *const names[] = {"SYSTEM",          "ANONYMOUS LOGON", "LOCAL SERVICE",
                                        "NETWORK SERVICE", "ANONYMOUS",       "GUEST"};
    const struct bytes name = name_of(account);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (text_same(name, bytes_of_text(names[i])))
            return true;
    static const char well_known[] = "S-1-5-";
    return !name.length || name.data[name.length - 1] == '$' ||
           (name.length < sizeof(well_known) + 2 && name.length >= sizeof(well_known) - 1 &&
            memcmp(name.data, well_known, sizeof(well_known) - 1) == 0);
}

/* --- Lists of nodes --- */

static uint32_t node_take(struct steps *steps)
{
    if (steps->node_free) {
        const uint32_t taken = steps->node_free;
        steps->node_free = steps->nodes[taken - 1].next;
        return taken;
    }
    if (steps->node_count == steps->node_room) {
        const uint32_t room = steps->node_room ? steps->node_room * 2 : 1024;
        struct node *nodes = room > NODES_MAX ? NULL : realloc(steps->nodes, room * sizeof(*nodes));
        if (!nodes)
            return 0;
        steps->nodes = nodes;
        steps->node_room = room;
    }
    return ++steps->node_count;
}

/* The new node at the end of the list, or NULL. */
static struct node *list_add(struct steps *steps, struct node_list *list)
{
    const uint32_t taken = node_take(steps);
    if (!taken)
        return NULL;
    struct node *node = &steps->nodes[taken - 1];
    *node = (struct node){0};
    if (list->tail)
        steps->nodes[list->tail - 1].next = taken;
    else
        list->head = taken;
    list->tail = taken;
    list->count++;
    return node;
}

static void list_append(struct steps *steps, struct node_list *to, struct node_list *from)
{
    if (!from->head)
        return;
    if (to->tail)
        steps->nodes[to->tail - 1].next = from->head;
    else
        to->head = from->head;
    to->tail = from->tail;
    to->count += from->count;
    *from = (struct node_list){0};
}

static void list_free(struct steps *steps, struct node_list *list)
{
    if (list->tail) {
        steps->nodes[list->tail - 1].next = steps->node_free;
        steps->node_free = list->head;
    }
    *list = (struct node_list){0};
}

static void list_add_number(struct steps *steps, struct node_list *list, uint32_t number)
{
    if (!number || list->count >= STEP_TEXTS_MAX)
        return;
    for (const struct node *node = steps_node(steps, list->head); node;
         node = steps_node(steps, node->next))
        if (node->number == number)
            return;
    struct node *added = list_add(steps, list);
    if (added)
        added->number = number;
}

static void observe(struct steps *steps, struct node_list *list, uint32_t rule, uint32_t count)
{
    for (uint32_t at = list->head; at; at = steps->nodes[at - 1].next)
        if (steps->nodes[at - 1].observation.rule == rule) {
            steps->nodes[at - 1].observation.count += count;
            return;
        }
    struct node *node = list_add(steps, list);
    if (node) {
        node->observation.rule = rule;
        node->observation.count = count;
    }
}

/* --- Keys --- */

static bool step_is(const struct steps *steps, uint32_t step, uint32_t serial)
{
    return steps->items[step].is_used && steps->items[step].serial == serial;
}

static struct key_entry *key_place(const struct steps *steps, uint64_t key)
{
    uint32_t place = (uint32_t)(key >> 1) & (steps->key_size - 1);
    while (steps->keys[place].key && steps->keys[place].key != key)
        place = (place + 1) & (steps->key_size - 1);
    return &steps->keys[place];
}

/* Makes room, in a table of twice the size when most of it is still in use. */
static void keys_renew(struct steps *steps)
{
    struct key_entry *old = steps->keys;
    const uint32_t old_size = steps->key_size;
    uint32_t live = 0;
    for (uint32_t i = 0; i < old_size; i++)
        live += old[i].key && step_is(steps, old[i].step, old[i].serial);
    const uint32_t size = live * 4 > old_size && old_size < KEYS_MAX ? old_size * 2 : old_size;
    struct key_entry *keys = calloc(size, sizeof(*keys));
    if (!keys)
        return;
    steps->keys = keys;
    steps->key_size = size;
    steps->key_count = 0;
    for (uint32_t i = 0; i < old_size && steps->key_count < size / 2; i++)
        if (old[i].key && step_is(steps, old[i].step, old[i].serial)) {
            *key_place(steps, old[i].key) = old[i];
            steps->key_count++;
        }
    free(old);
}

static void key_set(struct steps *steps, uint64_t key, uint32_t step)
{
    if (!key)
        return;
    if (steps->key_count * 2 >= steps->key_size)
        keys_renew(steps);
    struct key_entry *entry = key_place(steps, key);
    if (!entry->key && steps->key_count * 2 >= steps->key_size)
        return;
    steps->key_count += !entry->key;
    *entry = (struct key_entry){key, step, steps->items[step].serial};
}

static uint32_t key_find(const struct steps *steps, uint64_t key)
{
    const struct key_entry *entry = key ? key_place(steps, key) : NULL;
    return entry && entry->key && step_is(steps, entry->step, entry->serial) ? entry->step
                                                                             : STEPS_GONE;
}

/* --- Steps --- */

bool steps_init(struct steps *steps, const struct hosts *hosts, const struct texts *accounts)
{
    *steps = (struct steps){.hosts = hosts, .accounts = accounts, .key_size = 1024};
    steps->by_target = calloc(hosts->texts.count + 1, sizeof(*steps->by_target));
    steps->by_source = calloc(hosts->texts.count + 1, sizeof(*steps->by_source));
    steps->keys = calloc(steps->key_size, sizeof(*steps->keys));
    return steps->by_target && steps->by_source && steps->keys;
}

void steps_release(struct steps *steps)
{
    free(steps->items);
    free(steps->nodes);
    free(steps->by_target);
    free(steps->by_source);
    free(steps->keys);
    *steps = (struct steps){0};
}

static uint32_t step_take(struct steps *steps)
{
    if (steps->free_head) {
        const uint32_t taken = steps->free_head - 1;
        steps->free_head = steps->items[taken].next_target;
        return taken;
    }
    if (steps->count == steps->room) {
        const uint32_t room = steps->room ? steps->room * 2 : 256;
        struct step *items = room > STEPS_MAX ? NULL : realloc(steps->items, room * sizeof(*items));
        if (!items)
            return STEPS_GONE;
        steps->items = items;
        steps->room = room;
    }
    return steps->count++;
}

static void lists_free(struct steps *steps, struct step *step)
{
    struct node_list *const lists[] = {&step->findings, &step->observations, &step->targets,
                                       &step->sources,  &step->accounts,     &step->ran,
                                       &step->clients};
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        list_free(steps, lists[i]);
}

static void step_free(struct steps *steps, uint32_t at)
{
    struct step *step = &steps->items[at];
    lists_free(steps, step);
    *step = (struct step){.next_target = steps->free_head};
    steps->free_head = at + 1;
}

static uint32_t step_new(struct steps *steps, const struct seen *seen)
{
    const uint32_t at = step_take(steps);
    if (at == STEPS_GONE)
        return at;
    steps->items[at] = (struct step){.first = seen->time,
                                     .last = seen->time,
                                     .is_used = true,
                                     .is_open = true,
                                     .is_ticket = true,
                                     .is_others = seen->meaning->is_others,
                                     .target = seen->target,
                                     .next_target = steps->by_target[seen->target],
                                     .serial = ++steps->serial};
    steps->by_target[seen->target] = at + 1;
    return at;
}

static void source_learn(struct steps *steps, uint32_t at, host_id source)
{
    struct step *step = &steps->items[at];
    if (!source || step->source)
        return;
    step->source = source;
    step->next_source = steps->by_source[source];
    steps->by_source[source] = at + 1;
}

unsigned account_rank(struct bytes account)
{
    if (!account.length || account_is_generic(account))
        return 0;
    const uint8_t *slash = memchr(account.data, '\\', account.length);
    if (account_is_sid(account) || !slash)
        return account_is_sid(account) ? 1 : 2;
    return memchr(account.data, '.', (size_t)(slash - account.data)) ? 3 : 4;
}

static void account_learn(const struct steps *steps, struct step *step, text_id account)
{
    const struct bytes known = texts_at(steps->accounts, step->account);
    const struct bytes said = texts_at(steps->accounts, account);
    if (!said.length || account_is_generic(said))
        return;
    if (account_rank(said) > account_rank(known))
        step->account = account;
}

/* --- Whether a sighting belongs to a step --- */

/* Seconds from the step's end to the sighting. */
static int64_t silence(const struct step *step, const struct seen *seen)
{
    return instant_compare(seen->time, step->last) <= 0 ? 0
                                                        : seen->time.seconds - step->last.seconds;
}

static bool tools_agree(const struct step *step, const struct meaning *meaning)
{
    if (step->is_others != meaning->is_others)
        return false;
    if (!step->is_named || !(meaning->names || meaning->is_others))
        return true;
    const struct tool_set common = tools_common(&step->tools, &meaning->tools);
    return !tools_are_none(&common);
}

/* One source that goes through many accounts in one breath: it guesses, or asks for each of a list.
 */
static bool goes_through(const struct step *step, const struct seen *seen)
{
    const bool is_same_tool = seen->meaning->names && step->is_named;
    const bool are_tickets = seen->sighting->is_ticket && step->is_ticket;
    return (is_same_tool || are_tickets) && silence(step, seen) <= NEAR;
}

static unsigned score(const struct steps *steps, const struct step *step, const struct seen *seen,
                      bool has_key)
{
    if (!step->is_open || !tools_agree(step, seen->meaning))
        return SCORE_NONE;
    if (has_key)
        return silence(step, seen) <= SAME_KEY ? SCORE_KEY : SCORE_NONE;
    const struct bytes account = texts_at(steps->accounts, step->account);
    const struct bytes said = texts_at(steps->accounts, seen->account);
    const bool knows_accounts = account.length && said.length && !account_is_generic(said) &&
                                account_is_sid(account) == account_is_sid(said);
    unsigned sum = SCORE_POSSIBLE;
    if (step->source && seen->source) {
        if (step->source != seen->source)
            return SCORE_NONE;
        sum += SCORE_SOURCE;
    }
    if (knows_accounts && !account_same(account, said))
        return sum > SCORE_POSSIBLE && goes_through(step, seen) ? SCORE_POSSIBLE : SCORE_NONE;
    if (knows_accounts)
        sum += SCORE_ACCOUNT;
    return silence(step, seen) <= (sum > SCORE_POSSIBLE ? SAME_RUN : NEAR) ? sum : SCORE_NONE;
}

struct choice {
    uint32_t step;
    unsigned score;
};

static void choose(const struct steps *steps, uint32_t at, const struct seen *seen, bool has_key,
                   struct choice *best)
{
    const unsigned points = score(steps, &steps->items[at], seen, has_key);
    if (points > best->score)
        *best = (struct choice){at, points};
}

/* What a ticket is for stands against another host, so it belongs to whatever its source does. */
static void choose_by_source(const struct steps *steps, const struct seen *seen,
                             struct choice *best)
{
    unsigned looked = 0;
    if (!seen->source || !seen->sighting->is_ticket || seen->meaning->names)
        return;
    for (uint32_t at = steps->by_source[seen->source]; at && looked < LOOK_MAX;
         at = steps->items[at - 1].next_source, looked++)
        choose(steps, at - 1, seen, false, best);
}

/* A logon has one newest step of Impacket's tools, and one of others'. */
static uint64_t key_of(uint64_t key, const struct meaning *meaning)
{
    return key && meaning->is_others ? ~key : key;
}

static uint32_t step_find(const struct steps *steps, const struct seen *seen)
{
    const uint64_t keys[] = {key_of(seen->sighting->logon, seen->meaning),
                             key_of(seen->sighting->flow, seen->meaning)};
    struct choice best = {STEPS_GONE, SCORE_NONE};
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        const uint32_t at = key_find(steps, keys[i]);
        if (at != STEPS_GONE)
            choose(steps, at, seen, true, &best);
    }
    unsigned looked = 0;
    for (uint32_t at = steps->by_target[seen->target]; at && looked < LOOK_MAX;
         at = steps->items[at - 1].next_target, looked++)
        choose(steps, at - 1, seen, false, &best);
    choose_by_source(steps, seen, &best);
    return best.step;
}

/* --- Putting it there --- */

static unsigned digit_of(char character)
{
    const unsigned digit = (unsigned char)character;
    return digit <= '9' ? digit & 15U : (digit & 7U) + 9U;
}

static void finding_add(struct steps *steps, struct step *step, const struct sighting *sighting)
{
    uint32_t *side = sighting->is_wire ? &step->wire_findings : &step->log_findings;
    struct node *node = *side < SIDE_MAX ? list_add(steps, &step->findings) : NULL;
    if (!node) {
        step->findings_left_out++;
        return;
    }
    (*side)++;
    for (size_t i = 0; i < sizeof(node->id); i++)
        node->id[i] =
            (uint8_t)(digit_of(sighting->id[2 * i]) << 4 | digit_of(sighting->id[2 * i + 1]));
}

static void tools_learn(struct step *step, const struct meaning *meaning)
{
    if (!meaning->concludes)
        return;
    step->concludes = true;
    step->founds |= meaning->founds;
    if (!meaning->names) {
        if (!step->is_named)
            tools_add(&step->tools, TOOL_LIBRARY);
        return;
    }
    step->tools = step->is_named ? tools_common(&step->tools, &meaning->tools) : meaning->tools;
    step->is_named = true;
}

static void step_put(struct steps *steps, uint32_t at, const struct seen *seen)
{
    struct step *step = &steps->items[at];
    const bool is_detour = seen->sighting->is_ticket && !step->is_ticket;
    instant_widen(&step->first, &step->last, seen->time);
    step->is_ticket &= seen->sighting->is_ticket && !seen->meaning->names;
    tools_learn(step, seen->meaning);
    source_learn(steps, at, seen->source);
    account_learn(steps, step, seen->account);
    if (!is_detour)
        list_add_number(steps, &step->targets, seen->host);
    list_add_number(steps, &step->sources, seen->from);
    list_add_number(steps, &step->accounts, seen->account);
    list_add_number(steps, &step->ran, seen->ran);
    if (!step->is_others) /* it would speak against Impacket */
        list_add_number(steps, &step->clients, seen->client);
    observe(steps, &step->observations, seen->sighting->rule, 1);
    finding_add(steps, step, seen->sighting);
    key_set(steps, key_of(seen->sighting->logon, seen->meaning), at);
    key_set(steps, key_of(seen->sighting->flow, seen->meaning), at);
}

/* `from` becomes part of `into`. */
static void step_merge(struct steps *steps, uint32_t into_at, uint32_t from_at)
{
    struct step *into = &steps->items[into_at], *from = &steps->items[from_at];
    const bool is_detour = from->is_ticket && !into->is_ticket;
    instant_widen(&into->first, &into->last, from->first);
    instant_widen(&into->first, &into->last, from->last);
    into->concludes |= from->concludes;
    into->founds |= from->founds;
    into->wire_findings += from->wire_findings;
    into->log_findings += from->log_findings;
    into->findings_left_out += from->findings_left_out;
    source_learn(steps, into_at, from->source);
    account_learn(steps, into, from->account);
    for (uint32_t node = from->observations.head; node; node = steps->nodes[node - 1].next)
        observe(steps, &into->observations, steps->nodes[node - 1].observation.rule,
                steps->nodes[node - 1].observation.count);
    const struct {
        struct node_list *to;
        const struct node_list *from;
    } numbers[] = {{&into->sources, &from->sources},
                   {&into->accounts, &from->accounts},
                   {&into->ran, &from->ran},
                   {&into->clients, &from->clients},
                   {&into->targets, is_detour ? &(struct node_list){0} : &from->targets}};
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        for (uint32_t node = numbers[i].from->head; node; node = steps->nodes[node - 1].next)
            list_add_number(steps, numbers[i].to, steps->nodes[node - 1].number);
    list_append(steps, &into->findings, &from->findings);
    from->is_open = false;
    from->is_used = false;
    lists_free(steps, from);
}

/* Tickets that the source of this step asked for shortly before. */
static void tickets_gather(struct steps *steps, uint32_t at)
{
    const struct step *step = &steps->items[at];
    if (!step->source || step->is_ticket)
        return;
    unsigned looked = 0;
    for (uint32_t other = steps->by_source[step->source]; other && looked < LOOK_MAX; looked++) {
        const uint32_t from = other - 1;
        other = steps->items[from].next_source;
        const struct step *candidate = &steps->items[from];
        if (from != at && candidate->is_used && candidate->is_ticket && !candidate->is_named &&
            candidate->is_others == steps->items[at].is_others &&
            steps->items[at].last.seconds - candidate->last.seconds <= SAME_RUN)
            step_merge(steps, at, from);
    }
}

/* --- Keeping it small --- */

static void chain_sweep(struct steps *steps, uint32_t *head, bool is_source)
{
    while (*head) {
        struct step *step = &steps->items[*head - 1];
        uint32_t *next = is_source ? &step->next_source : &step->next_target;
        if (step->is_open)
            head = next;
        else
            *head = *next;
    }
}

/* Closes steps that have long been silent, and takes back those that came to nothing. */
static void sweep(struct steps *steps, struct instant now)
{
    for (uint32_t at = 0; at < steps->count; at++) {
        struct step *step = &steps->items[at];
        const int64_t kept = step->concludes ? SAME_KEY : SAME_RUN;
        if (step->is_open && now.seconds - step->last.seconds > kept)
            step->is_open = false;
    }
    for (uint32_t root = 0; root <= steps->hosts->texts.count; root++) {
        chain_sweep(steps, &steps->by_target[root], false);
        chain_sweep(steps, &steps->by_source[root], true);
    }
    for (uint32_t at = 0; at < steps->count; at++) {
        const struct step *step = &steps->items[at];
        if (!step->is_open && step->serial && (!step->is_used || !step->concludes))
            step_free(steps, at);
    }
}

void steps_feed(struct steps *steps, const struct seen *seen)
{
    if (++steps->fed % SWEEP_EVERY == 0)
        sweep(steps, seen->time);
    uint32_t at = step_find(steps, seen);
    if (at == STEPS_GONE)
        at = step_new(steps, seen);
    if (at == STEPS_GONE) {
        steps->left_out++;
        return;
    }
    step_put(steps, at, seen);
    tickets_gather(steps, at);
}

/* --- The end --- */

/* Seconds between two steps; 0 when they overlap. */
static int64_t apart(const struct step *one, const struct step *other)
{
    if (instant_compare(one->last, other->first) < 0)
        return other->first.seconds - one->last.seconds;
    if (instant_compare(other->last, one->first) < 0)
        return one->first.seconds - other->last.seconds;
    return 0;
}

/* Whether what shows the library alone is part of a step that names a tool. */
static bool is_part(const struct step *part, const struct step *whole)
{
    if (!whole->is_used || !whole->is_named || part->is_others || whole->is_others)
        return false;
    const bool is_same_source = part->source && part->source == whole->source;
    const bool is_same_target = part->target == whole->target;
    if (is_same_source && (is_same_target || part->is_ticket))
        return apart(part, whole) <= SAME_RUN;
    return is_same_target && (!part->source || !whole->source) && apart(part, whole) <= NEAR;
}

/* Whether two steps are one run that went through many accounts. */
static bool is_same_run(const struct step *one, const struct step *other)
{
    const struct tool_set common = tools_common(&one->tools, &other->tools);
    return other->is_used && other->is_named && one->source && one->source == other->source &&
           one->target == other->target && !tools_are_none(&common) && apart(one, other) <= NEAR;
}

/* The one that stands nearest in a chain; of equals the first that the chain has. */
static void nearest(const struct steps *steps, uint32_t part, uint32_t head, bool is_source,
                    uint32_t *best)
{
    for (uint32_t at = head, looked = 0; at && looked < LOOK_MAX; looked++) {
        const struct step *step = &steps->items[at - 1];
        if (at - 1 != part && is_part(&steps->items[part], step) &&
            (*best == STEPS_GONE ||
             apart(&steps->items[part], step) < apart(&steps->items[part], &steps->items[*best])))
            *best = at - 1;
        at = is_source ? step->next_source : step->next_target;
    }
}

/* Chains of all steps that name a tool. */
static void chains_renew(struct steps *steps)
{
    memset(steps->by_target, 0, (steps->hosts->texts.count + 1) * sizeof(*steps->by_target));
    memset(steps->by_source, 0, (steps->hosts->texts.count + 1) * sizeof(*steps->by_source));
    for (uint32_t at = 0; at < steps->count; at++) {
        struct step *step = &steps->items[at];
        if (!step->is_used || !step->is_named)
            continue;
        step->next_target = steps->by_target[step->target];
        steps->by_target[step->target] = at + 1;
        if (!step->source)
            continue;
        step->next_source = steps->by_source[step->source];
        steps->by_source[step->source] = at + 1;
    }
}

/* Chains hold newer steps before older ones: each joins the one before it. */
static void runs_join(struct steps *steps)
{
    for (uint32_t at = steps->count; at-- > 0;) {
        const struct step *step = &steps->items[at];
        uint32_t looked = 0;
        if (!step->is_used || !step->is_named || !step->source)
            continue;
        for (uint32_t other = step->next_source; other && looked < LOOK_MAX; looked++) {
            if (is_same_run(step, &steps->items[other - 1])) {
                step_merge(steps, other - 1, at);
                break;
            }
            other = steps->items[other - 1].next_source;
        }
    }
}

void steps_finish(struct steps *steps)
{
    chains_renew(steps);
    runs_join(steps);
    for (uint32_t at = 0; at < steps->count; at++) {
        const struct step *step = &steps->items[at];
        if (!step->is_used || step->is_named)
            continue;
        uint32_t whole = STEPS_GONE;
        nearest(steps, at, steps->by_target[step->target], false, &whole);
        if (step->source)
            nearest(steps, at, steps->by_source[step->source], true, &whole);
        if (whole != STEPS_GONE)
            step_merge(steps, whole, at);
    }
    for (uint32_t at = 0; at < steps->count; at++)
        if (!steps->items[at].concludes)
            steps->items[at].is_used = false;
}
