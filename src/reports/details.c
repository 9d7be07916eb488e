#include "reports/details.h"

#include "reports/escape.h"

#include <stdlib.h>

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
    struct finding_field field;
    details->count = details->main_count = 0;
    while (details->count < DETAILS_MAX && finding_field_next(&fields, &field)) {
        const uint32_t rank = rank_of(field.name, names, count);
        if (rank == UNRANKED && is_chosen)
            continue;
        details->main_count += rank != UNRANKED;
        details->all[details->count++] = (struct detail){field.name, field.value, rank};
    }
    qsort(details->all, details->count, sizeof(*details->all), compare);
    if (details->main_count == 0)
        details->main_count = details->count;
}

static void part_text(struct buffer *to, struct buffer *plain,
                      void (*write)(struct buffer *, struct bytes), struct bytes json)
{
    buffer_reset(plain);
    write(plain, json);
    escape_text(to, buffer_view(plain));
    to->failed |= plain->failed;
}

void details_text(struct buffer *to, struct buffer *plain, const struct details *details,
                  uint32_t from, uint32_t until)
{
    for (uint32_t i = from; i < until; i++) {
        if (i > from)
            buffer_text(to, DETAILS_SEPARATOR);
        part_text(to, plain, finding_field_name, details->all[i].name);
        buffer_text(to, ": ");
        part_text(to, plain, finding_field_value, details->all[i].value);
    }
}
