/* The table of data/rpc-interfaces.csv. */
#ifndef IMPOUND_READERS_CAPTURE_RPC_INTERFACE_H
#define IMPOUND_READERS_CAPTURE_RPC_INTERFACE_H

#include <stdint.h>

struct rpc_operation {
    uint16_t opnum;
    const char *name;
};

struct rpc_interface {
    uint8_t uuid[16]; /* as on the wire, little-endian */
    uint16_t major, minor;
    const char *endpoint;
    const struct rpc_operation *operations; /* ascending */
    unsigned operation_count;
};

extern const struct rpc_interface rpc_interfaces[]; /* ascending by uuid, as bytes */
extern const unsigned rpc_interface_count;

/* NULL when it is not known. */
const struct rpc_interface *rpc_interface_find(const uint8_t uuid[16]);
const char *rpc_operation_name(const struct rpc_interface *interface, uint16_t opnum);

#endif
