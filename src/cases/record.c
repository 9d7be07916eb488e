#include "cases/record.h"

#include <stdlib.h>
#include <strings.h>

#define RECORD_MEMORY_MAX ((size_t)48 << 20)
#define RAN_SHOWN         3
#define TITLE_TOOLS       4

static host_id root_of(const struct recorder *by, host_id id, enum host_trust trust)
{
    return trust == HOST_PROVEN ? hosts_proven(by->hosts, id) : hosts_root(by->hosts, id);
}

bool recorder_begin(struct recorder *recorder)
{
    const uint32_t count = recorder->hosts->texts.count;
    arena_init(&recorder->arena, RECORD_MEMORY_MAX);
    for (unsigned trust = 0; trust < HOST_TRUSTS; trust++) {
        host_id *next = calloc(count + 1, sizeof(*next)),
                *first = calloc(count + 1, sizeof(*first));
        recorder->aliases[trust].next = next;
        recorder->aliases[trust].first = first;
        if (!next || !first)
            return false;
        for (host_id id = count; id-- > 1;) {
            const host_id root = root_of(recorder, id, (enum host_trust)trust);
            next[id] = first[root];
            first[root] = id;
        }
    }
    return true;
}

void recorder_release(struct recorder *recorder)
{
    for (unsigned trust = 0; trust < HOST_TRUSTS; trust++) {
        free(recorder->aliases[trust].next);
        free(recorder->aliases[trust].first);
    }
    arena_release(&recorder->arena);
    buffer_release(&recorder->text);
}

/* --- Lists of texts --- */

/* Each text once; without memory there is no room. */
struct text_list {
    struct bytes *items;
    uint32_t count, room;
};

static struct text_list list_begin(struct recorder *by, uint32_t room)
{
    struct bytes *items = arena_take_array(&by->arena, room, sizeof(*items));
    return (struct text_list){.items = items, .room = items ? room : 0};
}

static void list_put(struct text_list *list, struct bytes text)
{
    if (!text.length || list->count == list->room)
        return;
    for (uint32_t i = 0; i < list->count; i++)
        if (bytes_equal(list->items[i], text))
            return;
    list->items[list->count++] = text;
}

static int bytes_order(const void *a, const void *b)
{
    return bytes_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

static struct case_texts list_end(const struct text_list *list)
{
    return (struct case_texts){list->items, list->count};
}

static struct case_texts list_sorted(const struct text_list *list)
{
    if (list->count)
        qsort(list->items, list->count, sizeof(*list->items), bytes_order);
    return list_end(list);
}

static void list_numbers(const struct recorder *by, struct text_list *list,
                         const struct texts *texts, const struct node_list *numbers)
{
    const struct steps *steps = by->attribution.steps;
    for (const struct node *node = steps_node(steps, numbers->head); node;
         node = steps_node(steps, node->next))
        list_put(list, texts_at(texts, node->number));
}

/* All names and addresses of a host. */
static void list_aliases(const struct recorder *by, struct text_list *list, host_id id,
                         enum host_trust trust)
{
    const host_id root = root_of(by, id, trust);
    for (id = root ? by->aliases[trust].first[root] : 0; id; id = by->aliases[trust].next[id])
        list_put(list, hosts_text(by->hosts, id));
}

/* What the evidence names as source, and what that is proven to be. */
static void list_sources(const struct recorder *by, struct text_list *list, const struct step *step)
{
    const struct steps *steps = by->attribution.steps;
    for (const struct node *node = steps_node(steps, step->sources.head); node;
         node = steps_node(steps, node->next))
        list_aliases(by, list, node->number, HOST_PROVEN);
}

/* T1021.002 of attack.t1021.002, as Sigma writes tags. */
static struct bytes technique(struct arena *arena, const char *tag)
{
    static const char head[] = "attack.t";
    const size_t length = strlen(tag);
    if (length < sizeof(head) + 3 || strncasecmp(tag, head, sizeof(head) - 1) != 0 ||
        strspn(tag + sizeof(head) - 1, "0123456789.") != length - (sizeof(head) - 1))
        return (struct bytes){0};
    char *text = arena_keep_text(arena, bytes_of_text(tag + sizeof(head) - 2));
    if (text)
        *text = 'T';
    return text ? bytes_of_text(text) : (struct bytes){0};
}

/* Techniques of what concludes; the rest may be chance. */
static void list_techniques(struct recorder *by, struct text_list *list, const struct step *step)
{
    const struct attribution *attribution = &by->attribution;
    for (const struct node *node = steps_node(attribution->steps, step->observations.head); node;
         node = steps_node(attribution->steps, node->next)) {
        const uint32_t rule = node->observation.rule;
        const struct rule_info *info = ruleset_info(attribution->meanings->ruleset, rule);
        if (attribution->meanings->items[rule].concludes)
            for (uint32_t i = 0; i < info->tag_count; i++)
                list_put(list, technique(&by->arena, info->tags[i]));
    }
}

/* --- Sentences --- */

static void say(struct buffer *to, const char *before, struct bytes text)
{
    if (!text.length)
        return;
    buffer_text(to, before);
    buffer_bytes(to, text.data, text.length);
}

static struct bytes said(struct recorder *by)
{
    return by->text.failed ? (struct bytes){0} : arena_keep(&by->arena, buffer_view(&by->text));
}

static void say_tools(struct buffer *to, const struct case_texts *tools)
{
    for (uint32_t i = 0; i < tools->count; i++)
        say(to, i == 0 ? "" : i + 1 == tools->count ? " or " : ", ", tools->items[i]);
}

static struct bytes step_sentence(struct recorder *by, const struct case_step *step)
{
    struct buffer *to = &by->text;
    buffer_reset(to);
    if (bytes_equal(step->tool, bytes_of_text("impacket")))
        buffer_text(to, "Impacket's library, tool unknown,");
    else
        say_tools(to, &step->tools);
    say(to, " ran against ", step->target);
    say(to, " from ", step->source);
    say(to, " as ", step->account);
    for (uint32_t i = 0; i < step->ran.count && i < RAN_SHOWN; i++)
        say(to, i ? "; " : ": ", step->ran.items[i]);
    if (step->ran.count > RAN_SHOWN)
        buffer_format(to, "; and %u more", step->ran.count - RAN_SHOWN);
    return said(by);
}

static struct bytes case_title(struct recorder *by, const struct case_record *record)
{
    struct buffer *to = &by->text;
    buffer_reset(to);
    for (uint32_t i = 0; i < record->tool_count && i < TITLE_TOOLS; i++)
        say(to, i ? ", " : "", record->tools[i].name);
    if (record->tool_count > TITLE_TOOLS)
        buffer_format(to, " and %u more", record->tool_count - TITLE_TOOLS);
    if (record->hosts.count == 1)
        say(to, " against ", record->hosts.items[0]);
    else if (record->hosts.count)
        buffer_format(to, " against %u hosts", record->hosts.count);
    if (record->sources.count)
        say(to, " from ", record->steps[0].source);
    return said(by);
}

/* --- Steps --- */

static void id_write(char to[33], const uint8_t id[16])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < 16; i++) {
        to[2 * i] = digits[id[i] >> 4];
        to[2 * i + 1] = digits[id[i] & 15];
    }
    to[32] = '\0';
}

static void findings_write(struct recorder *by, const struct step *step, struct case_step *to)
{
    const struct steps *steps = by->attribution.steps;
    char(*ids)[33] = arena_take_array(&by->arena, step->findings.count + 1, sizeof(*ids));
    to->findings = (const char(*)[33])ids;
    to->findings_left_out = step->findings_left_out;
    for (const struct node *node = ids ? steps_node(steps, step->findings.head) : NULL; node;
         node = steps_node(steps, node->next))
        id_write(ids[to->finding_count++], node->id);
    if (!ids)
        to->findings_left_out += step->findings.count;
}

/* One that is there already as the same account is kept under the name that says more. */
static void account_put(struct text_list *list, struct bytes account)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (account_same(list->items[i], account)) {
            if (account_rank(account) > account_rank(list->items[i]))
                list->items[i] = account;
            return;
        }
    list_put(list, account);
}

/* Who says nothing of who it was counts only when nobody else is known, and only as who came from
 * somewhere: what ran as the system or the machine itself leaves open whose logon it was. A SID
 * counts when there is no name. */
static struct case_texts accounts_write(struct recorder *by, const struct step *step)
{
    struct text_list all = list_begin(by, STEP_TEXTS_MAX);
    struct text_list telling = list_begin(by, STEP_TEXTS_MAX);
    const unsigned least = account_rank(texts_at(by->accounts, step->account));
    list_numbers(by, &all, by->accounts, &step->accounts);
    for (uint32_t i = 0; i < all.count; i++)
        if (account_rank(all.items[i]) > (least > 1 ? 1 : 0))
            account_put(&telling, all.items[i]);
    if (telling.count)
        return list_sorted(&telling);
    return step->source ? list_sorted(&all) : (struct case_texts){0};
}

static void step_write(struct recorder *by, const struct step *step, struct case_step *to)
{
    struct bytes tools[TOOLS_MAX];
    const uint32_t tool_count = attribution_of_step(&by->attribution, step, tools);
    struct text_list names = list_begin(by, tool_count + 1);
    struct text_list targets = list_begin(by, STEP_TEXTS_MAX);
    struct text_list sources = list_begin(by, STEP_TEXTS_MAX);
    struct text_list techniques = list_begin(by, STEP_TEXTS_MAX);
    struct text_list ran = list_begin(by, STEP_TEXTS_MAX);
    for (uint32_t i = 0; i < tool_count; i++)
        list_put(&names, tools[i]);
    list_aliases(by, &targets, step->target, HOST_CLAIMED);
    list_sources(by, &sources, step);
    list_techniques(by, &techniques, step);
    list_numbers(by, &ran, by->ran, &step->ran);
    *to = (struct case_step){
        .first = step->first,
        .last = step->last,
        .tool = tool_count ? tools[0] : (struct bytes){0},
        .target = hosts_text(by->hosts, step->target),
        .source = hosts_text(by->hosts, step->source),
        .account = texts_at(by->accounts, step->account),
        .targets = list_sorted(&targets),
        .sources = list_sorted(&sources),
        .accounts = accounts_write(by, step),
        .tools = list_end(&names),
        .techniques = list_sorted(&techniques),
        .ran = list_end(&ran),
    };
    if (!to->account.length && to->accounts.count)
        to->account = to->accounts.items[0];
    findings_write(by, step, to);
    to->what = step_sentence(by, to);
}

/* --- The case --- */

static void list_all(struct text_list *list, const struct case_texts *texts)
{
    for (uint32_t i = 0; i < texts->count; i++)
        list_put(list, texts->items[i]);
}

static void lists_write(struct recorder *by, struct case_record *record)
{
    struct text_list hosts = list_begin(by, CASE_TEXTS_MAX);
    struct text_list accounts = list_begin(by, CASE_TEXTS_MAX);
    struct text_list sources = list_begin(by, CASE_TEXTS_MAX);
    struct text_list techniques = list_begin(by, CASE_TEXTS_MAX);
    for (uint32_t i = 0; i < record->step_count; i++) {
        const struct case_step *step = &record->steps[i];
        list_put(&hosts, step->target);
        list_all(&sources, &step->sources);
        list_all(&accounts, &step->accounts);
        list_all(&techniques, &step->techniques);
        instant_widen(&record->first, &record->last, step->first);
        instant_widen(&record->first, &record->last, step->last);
    }
    record->hosts = list_sorted(&hosts);
    record->accounts = list_sorted(&accounts);
    record->sources = list_sorted(&sources);
    record->techniques = list_sorted(&techniques);
}

static void skews_write(struct recorder *by, struct case_record *record)
{
    struct case_skew *skews = arena_take_array(&by->arena, record->hosts.count + 1, sizeof(*skews));
    record->skews = skews;
    for (uint32_t i = 0; skews && i < record->hosts.count; i++) {
        const host_id host = texts_find(&by->hosts->texts, record->hosts.items[i]);
        const struct clock clock = clocks_of(by->clocks, hosts_root(by->hosts, host));
        if (clock.is_known)
            skews[record->skew_count++] =
                (struct case_skew){.host = record->hosts.items[i],
                                   .seconds = (double)clock.nanos / 1e9,
                                   .uncertainty = (double)clock.uncertainty / 1e9};
    }
}

/* What it consists of, not where the evidence lay. */
static void id_make(const struct recorder *by, const uint32_t *steps, uint32_t count, char id[33])
{
    const struct steps *all = by->attribution.steps;
    struct hash128 hash = {0};
    for (uint32_t i = 0; i < count; i++) {
        const struct node *node = steps_node(all, all->items[steps[i]].findings.head);
        if (node)
            hash = hash128_bytes(bytes_of(node->id, sizeof(node->id)), hash.low ^ hash.high);
    }
    hash128_write(id, hash);
}

const struct case_record *record_make(struct recorder *by, const uint32_t *steps, uint32_t count)
{
    arena_reset(&by->arena);
    struct case_record *record = arena_take_array(&by->arena, 1, sizeof(*record));
    struct case_step *made = arena_take_array(&by->arena, count, sizeof(*made));
    if (!record || !made)
        return NULL;
    record->first.seconds = record->last.seconds = INSTANT_NONE;
    record->steps = made;
    record->step_count = count;
    for (uint32_t i = 0; i < count; i++)
        step_write(by, &by->attribution.steps->items[steps[i]], &made[i]);
    if (!attribution_make(&by->attribution, steps, count, record, &by->arena))
        return NULL;
    lists_write(by, record);
    skews_write(by, record);
    record->title = case_title(by, record);
    id_make(by, steps, count, record->id);
    return record;
}
