#include "readers/capture/smb/codes.h"

#include "base/attributes.h"

#include <stddef.h>

struct code {
    uint32_t number;
    const char *name;
};

#include "fsctl_table.h"
#include "ntstatus_table.h"

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

const char *ntstatus_name(uint32_t status)
{
    return name_of(ntstatus_codes, COUNT_OF(ntstatus_codes), status);
}

const char *fsctl_name(uint32_t code)
{
    return name_of(fsctl_codes, COUNT_OF(fsctl_codes), code);
}
