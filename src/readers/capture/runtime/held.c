/* Secrets of a connection: a list that is wiped at its end, whoever ends it. */
#include "runtime.h"

#include "crypt/crypt.h"

#include <stdlib.h>

struct wire_held {
    struct wire_held *next;
    size_t length;
    _Alignas(16) uint8_t data[];
};

void *wire_hold(struct wire_connection *connection, size_t length)
{
    struct wire_flow *flow = (struct wire_flow *)connection;
    if (length > WIRE_HELD_MAX - flow->held_length)
        return NULL;
    struct wire_held *held = calloc(1, sizeof(*held) + length);
    if (!held)
        return NULL;
    held->next = flow->held;
    held->length = length;
    flow->held = held;
    flow->held_length += length;
    wire_flow_charge(flow, (ptrdiff_t)length);
    return held->data;
}

void wire_held_release(struct wire_flow *flow)
{
    while (flow->held) {
        struct wire_held *held = flow->held;
        flow->held = held->next;
        crypt_wipe(held->data, held->length);
        free(held);
    }
    wire_flow_charge(flow, -(ptrdiff_t)flow->held_length);
    flow->held_length = 0;
}

struct wire_keys *wire_keys_of(const struct wire_connection *connection)
{
    return connection->lane->keys;
}
