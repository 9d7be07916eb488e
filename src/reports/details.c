#include "reports/details.h"

#include "base/utf.h"

#include <stdlib.h>

/* The object is our own (findings/maker.c), yet nothing here depends on its being well-formed. */

static const uint8_t *skip_string(const uint8_t *at, const uint8_t *end)
{
    while (at < end && *at != '"')
        at += *at == '\\' && end - at > 1 ? 2 : 1;
    return at;
}

/* The end of the value at `at`: the comma or brace behind it. */
static const uint8_t *skip_value(const uint8_t *at, const uint8_t *end)
{
    unsigned depth = 0;
    for (; at < end; at++) {
        if (*at == '"')
            at = skip_string(at + 1, end);
        else if (*at == '[' || *at == '{')
            depth++;
        else if (depth == 0 && (*at == ',' || *at == '}'))
            break;
        else if (depth && (*at == ']' || *at == '}'))
            depth--;
        if (at == end)
            break;
    }
    return at;
}

bool detail_next(struct bytes *fields, struct detail *detail)
{
    const uint8_t *const end = fields->data + fields->length;
    const uint8_t *name = fields->data;
    while (name < end && *name != '"')
        name++;
    if (name == end)
        return false;
    name++;
    const uint8_t *name_end = skip_string(name, end);
    if (end - name_end < 2)
        return false;
    const uint8_t *value = name_end + 2;
    const uint8_t *value_end = skip_value(value, end);
    *detail = (struct detail){.name = bytes_of(name, (size_t)(name_end - name)),
                              .value = bytes_of(value, (size_t)(value_end - value))};
    *fields = bytes_of(value_end, (size_t)(end - value_end));
    return true;
}

static uint32_t hex4(const uint8_t *at)
{
    uint32_t number = 0;
    for (unsigned i = 0; i < 4; i++) {
        const uint8_t digit = at[i];
        number = number << 4 | (digit <= '9' ? digit & 15U : (digit & 7U) + 9U);
    }
    return number & 0xFFFF;
}

/* Appends what the escape at `at` stands for; returns its length, at least 1. */
static size_t unescape(struct buffer *to, const uint8_t *at, size_t left)
{
    static const char forms[] = "b\bf\fn\nr\rt\t";
    if (left < 2)
        return left;
    if (at[1] == 'u' && left >= 6) {
        uint8_t *room = buffer_room(to, 4);
        const uint32_t unit = hex4(at + 2);
        if (room)
            to->length += utf8_encode(room, unit >= 0xD800 && unit < 0xE000 ? 0xFFFD : unit);
        return 6;
    }
    for (const char *form = forms; *form; form += 2)
        if ((uint8_t)form[0] == at[1]) {
            buffer_byte(to, (uint8_t)form[1]);
            return 2;
        }
    buffer_byte(to, at[1]);
    return 2;
}

void detail_name(struct buffer *to, struct bytes name)
{
    size_t at = 0;
    while (at < name.length) {
        const uint8_t *backslash = memchr(name.data + at, '\\', name.length - at);
        const size_t end = backslash ? (size_t)(backslash - name.data) : name.length;
        if (end > at)
            buffer_bytes(to, name.data + at, end - at);
        at = end;
        if (backslash)
            at += unescape(to, name.data + at, name.length - at);
    }
}

static void scalar_value(struct buffer *to, struct bytes value)
{
    if (value.length >= 2 && value.data[0] == '"')
        detail_name(to, bytes_of(value.data + 1, value.length - 2));
    else if (!bytes_equal(value, bytes_of_text("null")))
        buffer_bytes(to, value.data, value.length);
}

void detail_value(struct buffer *to, struct bytes value)
{
    if (!value.length || value.data[0] != '[') {
        scalar_value(to, value);
        return;
    }
    const uint8_t *at = value.data + 1;
    const uint8_t *const end = value.data + value.length - 1;
    while (at < end) {
        const uint8_t *item_end = skip_value(at, end);
        scalar_value(to, bytes_of(at, (size_t)(item_end - at)));
        if (item_end < end)
            buffer_text(to, ", ");
        at = item_end < end ? item_end + 1 : end;
    }
}

/* What usually decides, in the order of reading. */
static const char *const telling[] = {
    "CommandLine",
    "ScriptBlockText",
    "ImagePath",
    "ServiceFileName",
    "ServiceName",
    "TaskName",
    "ShareName",
    "RelativeTargetName",
    "AccessMask",
    "PipeName",
    "TargetFilename",
    "TargetObject",
    "Details",
    "Image",
    "NewProcessName",
    "ParentImage",
    "ParentProcessName",
    "ParentCommandLine",
    "ImageLoaded",
    "TargetImage",
    "GrantedAccess",
    "DestinationIp",
    "DestinationPort",
    "DestinationHostname",
    "QueryName",
    "Query",
    "TargetUserName",
    "LogonType",
    "AuthenticationPackageName",
    "TicketOptions",
    "TicketEncryptionType",
    "Status",
    "ObjectName",
    "ObjectType",
    "Properties",
    "AttributeLDAPDisplayName",
    "AttributeValue",
    "PossibleCause",
    "Operation",
    "Consumer",
    "Destination",
    "Path",
    "HostApplication",
    "Payload",
    "Threat Name",
    "TaskContent",
    "Data",
};

#define UNRANKED UINT32_MAX

static uint32_t rank_of(struct bytes name, const char *const *names, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (bytes_equal(name, bytes_of_text(names[i])))
            return i;
    return UNRANKED;
}

/* By rank, then as they stand in the object. */
static int compare(const void *one, const void *other)
{
    const struct detail *first = one, *second = other;
    if (first->rank != second->rank)
        return first->rank < second->rank ? -1 : 1;
    return first->name.data < second->name.data ? -1 : 1;
}

void details_read(struct details *details, const struct report_options *options,
                  struct bytes fields)
{
    const bool is_chosen = options->field_count > 0;
    const char *const *names = is_chosen ? options->fields : telling;
    const uint32_t count = is_chosen ? options->field_count : (uint32_t)COUNT_OF(telling);
    struct detail detail;
    details->count = details->main_count = 0;
    while (details->count < DETAILS_MAX && detail_next(&fields, &detail)) {
        detail.rank = rank_of(detail.name, names, count);
        if (detail.rank == UNRANKED && is_chosen)
            continue;
        details->main_count += detail.rank != UNRANKED;
        details->all[details->count++] = detail;
    }
    qsort(details->all, details->count, sizeof(*details->all), compare);
    if (details->main_count == 0)
        details->main_count = details->count;
}
