#include "readers/capture/rpc/rpc_interface.h"

#include <stddef.h>
#include <string.h>

const struct rpc_interface *rpc_interface_find(const uint8_t uuid[16])
{
    unsigned low = 0, high = rpc_interface_count;
    while (low < high) {
        const unsigned middle = (low + high) / 2;
        const int order = memcmp(rpc_interfaces[middle].uuid, uuid, 16);
        if (order == 0)
            return &rpc_interfaces[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const char *rpc_operation_name(const struct rpc_interface *interface, uint16_t opnum)
{
    for (unsigned i = 0; interface && i < interface->operation_count; i++)
        if (interface->operations[i].opnum == opnum)
            return interface->operations[i].name;
    return NULL;
}
