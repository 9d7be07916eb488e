#include "readers/capture/numbers/numbers.h"

#include "base/attributes.h"

#include <stddef.h>

struct code {
    uint32_t number;
    const char *name;
};

#include "dns-types_table.h"
#include "fsctl_table.h"
#include "ntstatus_table.h"
#include "tls-alerts_table.h"
#include "tls-ciphers_table.h"
#include "tls-groups_table.h"

static const char *name_of(const struct code *codes, size_t count, uint32_t number)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (codes[middle].number == number)
            return codes[middle].name;
        if (codes[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const char *tls_cipher_name(uint32_t cipher)
{
    return name_of(tls_ciphers, COUNT_OF(tls_ciphers), cipher);
}

const char *tls_group_name(uint32_t group)
{
    return name_of(tls_groups, COUNT_OF(tls_groups), group);
}

const char *tls_alert_name(uint32_t alert)
{
    return name_of(tls_alerts, COUNT_OF(tls_alerts), alert);
}

const char *dns_type_name(uint32_t type)
{
    return name_of(dns_types, COUNT_OF(dns_types), type);
}

const char *ntstatus_name(uint32_t status)
{
    return name_of(ntstatus, COUNT_OF(ntstatus), status);
}

const char *fsctl_name(uint32_t code)
{
    return name_of(fsctl, COUNT_OF(fsctl), code);
}
