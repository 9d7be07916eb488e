/* What stands behind wire.h: the parts of a lane and of a connection that carry protocols and make
 * events. flows/ builds on it; protocols see wire.h only.
 *
 * Memory: all that protocols hold is counted per connection and per lane. Past LANE_MEMORY a lane
 * gives connections up, the longest silent first (flows/); past LANE_MEMORY_MAX bytes that wait are
 * lost as a gap. */
#ifndef IMPOUND_READERS_CAPTURE_RUNTIME_H
#define IMPOUND_READERS_CAPTURE_RUNTIME_H

#include "readers/capture/wire.h"
#include "readers/readers.h"

#define LANE_MEMORY       (3U << 20)
#define LANE_MEMORY_MAX   (5U << 20)
#define FLOW_ARENA_FIRST  (1U << 10)
#define FLOW_ARENA_MAX    (2U << 20) /* of a connection, and of each session carried in it */
#define FLOW_CARRIED_MAX  256U       /* open at a time */
#define FLOW_SERVICES_MAX 8U

#define WIRE_FIELDS_MAX   240U
#define WIRE_LOGS_MAX     64U

/* --- The account: what was damaged, lost and unseen, by protocol and reason --- */

enum loss_kind {
    LOSS_DAMAGED, /* messages */
    LOSS_UNSEEN,  /* bytes, encrypted */
    LOSS_GAP,     /* gaps in streams */
    LOSS_CUT,     /* payloads cut by the snap length */
    LOSS_UNKNOWN, /* connections of no known protocol */
    LOSS_OTHER,   /* said as it is: count, reason */
    LOSS_NONE,    /* the same, but nothing is missing for it */
};

struct loss {
    enum loss_kind kind;
    const char *protocol; /* constants: told apart by address in a lane, by text in the end */
    const char *reason;
    uint64_t count, bytes;
    uint64_t first; /* packet */
};

#define LOSSES_MAX 512U /* open addressing; a row too many is counted in the last one */

struct losses {
    struct loss rows[LOSSES_MAX];
    uint32_t used;
};

void losses_add(struct losses *losses, enum loss_kind kind, const char *protocol,
                const char *reason, uint64_t bytes, uint64_t packet);

/* Says all of them in `account`, in the order of their packets. */
void losses_tell(const struct losses *const *losses, size_t count, struct account *account);

/* --- Facts: wire_remember and wire_recall --- */

#define FACTS_MAX       1024U
#define FACT_LENGTH_MAX 1024U

struct fact {
    uint64_t low, high; /* hash of hosts, kind and key; 0, 0: none */
    uint8_t *value;
    uint32_t length;
    uint32_t next; /* in its bucket, from 1 */
};

struct facts {
    struct fact rows[FACTS_MAX]; /* a ring: the oldest is forgotten */
    uint32_t buckets[FACTS_MAX]; /* from 1 */
    uint32_t at;
};

void facts_release(struct facts *facts);

/* --- Events --- */

struct wire_shape {
    const struct wire_log *log;
    const struct shape *shape;
    struct shape own; /* when it could not be shared */
    name_id *fields;
};

/* What a decoder lends to a lane for the time of a batch. */
struct wire_output {
    const struct reader_shared *shared;
    struct event_cache *cache;
    struct arena arena; /* of the event under construction */
    struct arena names; /* of the shapes */
    struct wire_event event;
    struct event current;
    struct value *values; /* of the whole event: before, between and behind the log's own */
    const struct wire_shape *shape;
    uint8_t raw[24]; /* what tells this event from all others: the connection and its number */
    struct value packets[2];
    struct wire_shape shapes[WIRE_LOGS_MAX];
    uint32_t shape_count;
    event_sink *sink;
    void *context;
};

bool wire_output_init(struct wire_output *output, const struct reader_shared *shared);
void wire_output_release(struct wire_output *output);

/* The current event as one line of JSON with the names of Zeek's logs, which have no other form. */
void wire_output_json(const struct wire_output *output, struct buffer *to);

/* --- Lanes and connections --- */

struct wire_lane {
    const struct wire_protocol *const *protocols;
    struct wire_output *output; /* NULL between batches */
    struct losses *losses;
    struct facts *facts;
    struct wire_keys *keys; /* NULL: none were given */
    size_t memory;          /* held by its connections */
};

/* One side's bytes on their way into a session: what it has not taken yet. */
struct wire_inlet {
    uint8_t *data;
    uint32_t length, capacity;
    uint64_t skip; /* bytes that are not wanted */
    bool is_lost;  /* behind a gap, and no message has begun since */
};

/* A call of `data` that is going on, so that wire_skip finds its inlet. */
struct wire_delivery {
    struct wire_session *session;
    uint64_t skip[2];
    struct wire_delivery *outer;
};

struct wire_flow {
    struct wire_connection connection; /* first, so that one is found from the other */
    struct arena arena;
    struct wire_session *session;
    struct wire_inlet inlets[2];
    struct wire_carried *carried; /* those that are open */
    struct wire_delivery *delivery;
    const struct wire_protocol *services[FLOW_SERVICES_MAX];
    struct wire_held *held; /* see wire_hold */
    size_t held_length;
    size_t memory;
    uint32_t carried_count;
    uint32_t event_count;
    uint8_t service_count;
    bool is_given_up; /* a gap ended the session */
};

void wire_flow_init(struct wire_flow *flow, struct wire_lane *lane);

/* Opens the session of a connection. False without memory. */
bool wire_flow_open(struct wire_flow *flow, const struct wire_protocol *protocol);

/* Gives bytes to the session; without one they wait in the inlet. Call it without bytes to have
 * what waits looked at again. */
void wire_flow_data(struct wire_flow *flow, enum wire_side side, struct bytes bytes);

/* A datagram: given once, never kept. */
void wire_flow_datagram(struct wire_flow *flow, enum wire_side side, struct bytes bytes);
void wire_flow_gap(struct wire_flow *flow, enum wire_side side, uint64_t length);

/* Forgets what waits of one side. */
void wire_flow_drop(struct wire_flow *flow, enum wire_side side);

/* Ends all sessions and gives their memory back. */
void wire_flow_end(struct wire_flow *flow);

/* Gives the memory back without a word. */
void wire_flow_release(struct wire_flow *flow);

/* Wipes what the connection's protocols held. */
void wire_held_release(struct wire_flow *flow);

/* Counts memory of a connection; negative when it is given back. */
static inline void wire_flow_charge(struct wire_flow *flow, ptrdiff_t bytes)
{
    flow->memory = (size_t)((ptrdiff_t)flow->memory + bytes);
    flow->connection.lane->memory = (size_t)((ptrdiff_t)flow->connection.lane->memory + bytes);
}

#endif
