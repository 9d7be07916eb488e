#include "suppress/suppression.h"

#include "base/utf.h"

#include <assert.h>
#include <stdlib.h>

void suppressions_free(struct suppressions *suppressions)
{
    if (!suppressions)
        return;
    arena_release(&suppressions->arena);
    buffer_release(&suppressions->text);
    buffer_release(&suppressions->folded);
    free(suppressions);
}

uint32_t suppressions_count(const struct suppressions *suppressions)
{
    return suppressions->count;
}

struct suppression_told suppressions_told(const struct suppressions *suppressions, uint32_t index)
{
    assert(index < suppressions->count);
    const struct suppression *entry = &suppressions->entries[index];
    return (struct suppression_told){.line = entry->line,
                                     .owner = entry->owner,
                                     .reason = entry->reason,
                                     .expires = entry->expires,
                                     .has_expired = entry->has_expired,
                                     .count = entry->count};
}

/* --- Whether an entry fits. Without memory nothing does: the finding is shown. --- */

static bool text_fits(struct suppressions *suppressions, const struct wish *wish, struct bytes text)
{
    buffer_reset(&suppressions->folded);
    uint8_t *room = buffer_room(&suppressions->folded, text.length * 3 + 32);
    if (!room)
        return false;
    const struct bytes folded = bytes_of(room, utf8_fold(room, text));
    for (uint32_t i = 0; i < wish->count; i++)
        if (glob_fits(&wish->globs[i], folded))
            return true;
    return false;
}

/* DC1 is dc1.lab.example. */
static struct bytes first_label(struct bytes host)
{
    const uint8_t *dot = memchr(host.data, '.', host.length);
    return dot ? bytes_of(host.data, (size_t)(dot - host.data)) : host;
}

/* alice is LAB\alice. */
static struct bytes bare_name(struct bytes account)
{
    const uint8_t *backslash = memchr(account.data, '\\', account.length);
    const size_t skipped = backslash ? (size_t)(backslash - account.data) + 1 : 0;
    return bytes_of(account.data + skipped, account.length - skipped);
}

static bool either_fits(struct suppressions *suppressions, const struct wish *wish,
                        struct bytes whole, struct bytes part)
{
    return wish->count == 0 || text_fits(suppressions, wish, whole) ||
           (part.length && text_fits(suppressions, wish, part));
}

static bool rule_fits(struct suppressions *suppressions, const struct wish *wish,
                      const struct rule_info *info)
{
    const char *const texts[] = {info->id, info->title, info->path};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (*texts[i] && text_fits(suppressions, wish, bytes_of_text(texts[i])))
            return true;
    return wish->count == 0;
}

static bool field_fits(struct suppressions *suppressions, const struct field_wish *wish,
                       struct bytes fields)
{
    struct finding_field field;
    while (finding_field_next(&fields, &field)) {
        buffer_reset(&suppressions->text);
        finding_field_name(&suppressions->text, field.name);
        if (!bytes_equal(buffer_view(&suppressions->text), wish->name))
            continue;
        buffer_reset(&suppressions->text);
        finding_field_value(&suppressions->text, field.value);
        if (text_fits(suppressions, &wish->values, buffer_view(&suppressions->text)))
            return true;
    }
    return false;
}

static bool fields_fit(struct suppressions *suppressions, const struct suppression *entry,
                       struct bytes fields)
{
    for (uint32_t i = 0; i < entry->field_count; i++)
        if (!field_fits(suppressions, &entry->fields[i], fields))
            return false;
    return true;
}

static bool entry_fits(struct suppressions *suppressions, const struct suppression *entry,
                       const struct finding *finding, const struct rule_info *info)
{
    return rule_fits(suppressions, &entry->rule, info) &&
           either_fits(suppressions, &entry->host, finding->host, first_label(finding->host)) &&
           either_fits(suppressions, &entry->account, finding->account,
                       bare_name(finding->account)) &&
           either_fits(suppressions, &entry->source, finding->source, (struct bytes){0}) &&
           fields_fit(suppressions, entry, finding->fields);
}

bool suppressions_keep_back(struct suppressions *suppressions, const struct finding *finding,
                            const struct rule_info *info)
{
    for (uint32_t i = 0; i < suppressions->count; i++) {
        struct suppression *entry = &suppressions->entries[i];
        if (entry->has_expired || !entry_fits(suppressions, entry, finding, info))
            continue;
        entry->count++;
        return true;
    }
    return false;
}
