/* The format is in docs/ledger.md. Whatever is not understood makes the file invalid, because a
 * document that says more than we know would allow more, or less, than its owner meant. */
#include "ledger/engagement.h"

#include "yaml/tree.h"

#include <stdlib.h>
#include <string.h>

struct reading {
    struct arena *arena;
    struct fault *fault;
};

/* Reads the value of one key into what `to` points at. */
typedef enum status value_reader(const struct reading *reading, const char *key,
                                 const struct tree_node *node, void *to);

struct key {
    const char *name;
    value_reader *read;
    size_t offset; /* in the struct that the map is read into */
};

static enum status no_memory(const struct reading *reading)
{
    return fault_set(reading->fault, STATUS_MEMORY, 0, "no memory for the ledger");
}

/* --- Scalars --- */

static enum status text_read(const struct reading *reading, const char *key,
                             const struct tree_node *node, void *to)
{
    const char **text = to;
    if (!tree_is_scalar(node) || node->kind == TREE_NULL || node->text.length == 0)
        return fault_set(reading->fault, STATUS_INVALID, node->line, "%s takes a text", key);
    if (node->text.length > ENGAGEMENT_TEXT_MAX || text_has_controls(node->text))
        return fault_set(reading->fault, STATUS_INVALID, node->line,
                         "%s takes one line of at most %u bytes", key, ENGAGEMENT_TEXT_MAX);
    *text = arena_keep_text(reading->arena, node->text);
    return *text ? STATUS_OK : no_memory(reading);
}

static enum status version_read(const struct reading *reading, const char *key,
                                const struct tree_node *node, void *to)
{
    (void)to;
    if (tree_is(node, "1"))
        return STATUS_OK;
    return fault_set(reading->fault, STATUS_INVALID, node->line,
                     "%s: only version 1 of the format is known", key);
}

static bool has_zone(struct bytes time)
{
    for (size_t i = strlen("2026-11-02T08:00:00"); i < time.length; i++)
        if (strchr("Zz+-", time.data[i]))
            return true;
    return false;
}

static enum status time_read(const struct reading *reading, const char *key,
                             const struct tree_node *node, void *to)
{
    const char *text = NULL;
    const enum status status = text_read(reading, key, node, &text);
    if (status)
        return status;
    if (instant_parse(node->text, to) != STATUS_OK)
        return fault_set(reading->fault, STATUS_INVALID, node->line,
                         "%s takes a time (RFC 3339), not `%.40s`", key, text);
    if (!has_zone(node->text))
        return fault_set(reading->fault, STATUS_INVALID, node->line,
                         "%s: the time `%.40s` has no zone", key, text);
    return STATUS_OK;
}

/* --- Maps --- */

static const struct key *key_find(const struct key *keys, struct bytes name)
{
    for (; keys->name; keys++)
        if (bytes_equal(bytes_of_text(keys->name), name))
            return keys;
    return NULL;
}

static enum status map_read(const struct reading *reading, const struct tree_node *map,
                            const struct key *keys, void *to)
{
    for (uint32_t i = 0; i < map->count; i++) {
        const struct tree_pair *pair = &map->pairs[i];
        const struct key *key = key_find(keys, pair->key);
        if (!key)
            return fault_set(reading->fault, STATUS_INVALID, pair->line, "unknown key `%.*s`",
                             (int)(pair->key.length < 60 ? pair->key.length : 60),
                             (const char *)pair->key.data);
        const enum status status =
            key->read(reading, key->name, pair->value, (char *)to + key->offset);
        if (status)
            return status;
    }
    return STATUS_OK;
}

static enum status submap_read(const struct reading *reading, const char *key,
                               const struct tree_node *node, const struct key *keys, void *to)
{
    if (node->kind != TREE_MAP)
        return fault_set(reading->fault, STATUS_INVALID, node->line, "%s takes a map", key);
    return map_read(reading, node, keys, to);
}

static enum status list_check(const struct reading *reading, const char *key,
                              const struct tree_node *node)
{
    if (node->kind != TREE_LIST)
        return fault_set(reading->fault, STATUS_INVALID, node->line, "%s takes a list", key);
    if (node->count > ENGAGEMENT_ITEMS_MAX)
        return fault_set(reading->fault, STATUS_INVALID, node->line, "%s has more than %u items",
                         key, ENGAGEMENT_ITEMS_MAX);
    return STATUS_OK;
}

/* --- Windows --- */

static enum status window_read(const struct reading *reading, const struct tree_node *node,
                               struct window *window)
{
    static const struct key keys[] = {{"from", time_read, offsetof(struct window, from)},
                                      {"to", time_read, offsetof(struct window, to)},
                                      {0}};
    window->from.seconds = window->to.seconds = INSTANT_NONE;
    const enum status status = submap_read(reading, "windows", node, keys, window);
    if (status)
        return status;
    if (!instant_is_known(window->from) || !instant_is_known(window->to))
        return fault_set(reading->fault, STATUS_INVALID, node->line, "a window has no `%s`",
                         instant_is_known(window->from) ? "to" : "from");
    if (instant_compare(window->to, window->from) < 0)
        return fault_set(reading->fault, STATUS_INVALID, node->line,
                         "a window ends before it begins");
    return STATUS_OK;
}

static int by_begin(const void *one, const void *other)
{
    const struct window *a = one, *b = other;
    return instant_compare(a->from, b->from);
}

/* Makes one window of those that touch or overlap; returns how many are left. */
static uint32_t windows_join(struct window *windows, uint32_t count)
{
    uint32_t kept = 0;
    if (count)
        qsort(windows, count, sizeof(*windows), by_begin);
    for (uint32_t i = 0; i < count; i++) {
        struct window *last = kept ? &windows[kept - 1] : NULL;
        if (!last || instant_compare(windows[i].from, last->to) > 0)
            windows[kept++] = windows[i];
        else if (instant_compare(windows[i].to, last->to) > 0)
            last->to = windows[i].to;
    }
    return kept;
}

static enum status windows_read(const struct reading *reading, const char *key,
                                const struct tree_node *node, void *to)
{
    struct engagement *engagement = to;
    enum status status = list_check(reading, key, node);
    struct window *windows =
        status ? NULL : arena_take_array(reading->arena, node->count + 1, sizeof(*windows));
    if (!status && !windows)
        return no_memory(reading);
    for (uint32_t i = 0; status == STATUS_OK && i < node->count; i++)
        status = window_read(reading, node->items[i], &windows[i]);
    if (status)
        return status;
    engagement->windows = windows;
    engagement->window_count = windows_join(windows, node->count);
    return STATUS_OK;
}

/* --- Lists of patterns --- */

static enum status patterns_read(const struct reading *reading, const struct tree_node *node,
                                 enum pattern_kind kind, struct pattern *patterns)
{
    for (uint32_t i = 0; i < node->count; i++) {
        const struct tree_node *item = node->items[i];
        if (!tree_is_scalar(item) || item->kind == TREE_NULL)
            return fault_set(reading->fault, STATUS_INVALID, item->line, "a list takes texts only");
        const enum status status =
            pattern_read(kind, item->text, reading->arena, &patterns[i], reading->fault);
        if (status && reading->fault)
            reading->fault->offset = item->line;
        if (status)
            return status;
    }
    return STATUS_OK;
}

static enum status list_read(const struct reading *reading, const char *key,
                             const struct tree_node *node, enum pattern_kind kind,
                             struct pattern_list *list)
{
    enum status status = list_check(reading, key, node);
    if (status)
        return status;
    struct pattern *patterns =
        arena_take_array(reading->arena, node->count + 1, sizeof(struct pattern));
    if (!patterns)
        return no_memory(reading);
    status = patterns_read(reading, node, kind, patterns);
    if (status)
        return status;
    *list = (struct pattern_list){.items = patterns, .count = node->count, .is_given = true};
    for (uint32_t i = 0; i < list->count; i++) {
        list->has_any |= patterns[i].is_any;
        list->has_addresses |= patterns[i].is_network || patterns[i].is_numeric;
    }
    return STATUS_OK;
}

static enum status hosts_read(const struct reading *reading, const char *key,
                              const struct tree_node *node, void *to)
{
    return list_read(reading, key, node, PATTERN_HOST, to);
}

static enum status accounts_read(const struct reading *reading, const char *key,
                                 const struct tree_node *node, void *to)
{
    return list_read(reading, key, node, PATTERN_ACCOUNT, to);
}

static enum status tools_read(const struct reading *reading, const char *key,
                              const struct tree_node *node, void *to)
{
    return list_read(reading, key, node, PATTERN_TOOL, to);
}

static enum status techniques_read(const struct reading *reading, const char *key,
                                   const struct tree_node *node, void *to)
{
    return list_read(reading, key, node, PATTERN_TECHNIQUE, to);
}

static enum status canaries_read(const struct reading *reading, const char *key,
                                 const struct tree_node *node, void *to)
{
    return list_read(reading, key, node, PATTERN_CANARY, to);
}

#define AT(member) offsetof(struct engagement, member)

static enum status targets_read(const struct reading *reading, const char *key,
                                const struct tree_node *node, void *to)
{
    static const struct key keys[] = {
        {"include", hosts_read, AT(include)}, {"exclude", hosts_read, AT(exclude)}, {0}};
    return submap_read(reading, key, node, keys, to);
}

/* --- People --- */

static enum status orderer_read(const struct reading *reading, const char *key,
                                const struct tree_node *node, void *to)
{
    static const struct key keys[] = {{"name", text_read, AT(people.orderer)},
                                      {"contact", text_read, AT(people.orderer_contact)},
                                      {0}};
    return submap_read(reading, key, node, keys, to);
}

static enum status testers_read(const struct reading *reading, const char *key,
                                const struct tree_node *node, void *to)
{
    static const struct key keys[] = {{"organisation", text_read, AT(people.testers)},
                                      {"contact", text_read, AT(people.testers_contact)},
                                      {0}};
    return submap_read(reading, key, node, keys, to);
}

/* --- Documents --- */

static enum status engagement_read(const struct reading *reading, const struct tree_node *map,
                                   struct engagement *engagement)
{
    static const struct key keys[] = {
        {"impound-engagement", version_read, 0},
        {"id", text_read, AT(id)},
        {"ordered-by", orderer_read, 0},
        {"testers", testers_read, 0},
        {"windows", windows_read, 0},
        {"sources", hosts_read, AT(sources)},
        {"targets", targets_read, 0},
        {"accounts", accounts_read, AT(accounts)},
        {"tools", tools_read, AT(tools)},
        {"techniques", techniques_read, AT(techniques)},
        {"forbidden", techniques_read, AT(forbidden)},
        {"canaries", canaries_read, AT(canaries)},
        {0},
    };
    const enum status status = map_read(reading, map, keys, engagement);
    if (status == STATUS_OK && !engagement->id)
        return fault_set(reading->fault, STATUS_INVALID, map->line, "the engagement has no id");
    return status;
}

static enum status revocation_read(const struct reading *reading, const struct tree_node *map,
                                   struct revocation *revocation)
{
    static const struct key keys[] = {
        {"impound-revocation", version_read, 0},
        {"engagement", text_read, offsetof(struct revocation, id)},
        {"from", time_read, offsetof(struct revocation, from)},
        {"reason", text_read, offsetof(struct revocation, reason)},
        {0},
    };
    revocation->from.seconds = INSTANT_NONE;
    const enum status status = map_read(reading, map, keys, revocation);
    if (status)
        return status;
    if (!revocation->id || !instant_is_known(revocation->from))
        return fault_set(reading->fault, STATUS_INVALID, map->line, "the revocation has no `%s`",
                         revocation->id ? "from" : "engagement");
    return STATUS_OK;
}

static enum status root_read(const struct reading *reading, const struct tree_node *root,
                             struct document *document)
{
    struct document read = {.kind = LEDGER_BROKEN};
    enum status status;
    if (root && tree_find(root, "impound-engagement")) {
        read.kind = LEDGER_ENGAGEMENT;
        status = engagement_read(reading, root, &read.engagement);
    } else if (root && tree_find(root, "impound-revocation")) {
        read.kind = LEDGER_REVOCATION;
        status = revocation_read(reading, root, &read.revocation);
    } else {
        status = fault_set(reading->fault, STATUS_INVALID, root ? root->line : 1,
                           "neither `impound-engagement: 1` nor `impound-revocation: 1`");
    }
    if (status == STATUS_OK)
        *document = read;
    return status;
}

/* A second document would be passed over in silence, so it is an error. */
static enum status only_document(struct tree_reader *reader, const struct tree_node **root,
                                 struct fault *fault)
{
    const struct tree_node *second = NULL;
    enum status status = tree_next(reader, root, fault);
    if (status == STATUS_OK)
        status = tree_next(reader, &second, fault);
    if (status == STATUS_OK)
        return fault_set(fault, STATUS_INVALID, second->line, "more than one document");
    return status == STATUS_END ? STATUS_OK : status;
}

enum status document_read(struct bytes text, struct arena *arena, struct document *document,
                          struct fault *fault)
{
    const struct reading reading = {arena, fault};
    const struct tree_node *root = NULL;
    struct arena nodes;
    arena_init(&nodes, (size_t)64 << 20);
    struct tree_reader *reader = tree_open(text, &nodes);
    enum status status = no_memory(&reading);
    if (reader) {
        tree_refuse_aliases(reader);
        status = only_document(reader, &root, fault);
    }
    if (status == STATUS_OK)
        status = root_read(&reading, root, document);
    tree_close(reader);
    arena_release(&nodes);
    return status;
}
