/* Connections as the lane keeps them, and what the files of this folder say to each other. */
#ifndef IMPOUND_READERS_CAPTURE_FLOW_H
#define IMPOUND_READERS_CAPTURE_FLOW_H

#include "readers/capture/flows/lane.h"

#include <openssl/evp.h>

#define SECOND_NS INT64_C(1000000000)

/* What an IP packet, or one made of its fragments, carries. */
struct load {
    const uint8_t *source, *target; /* addresses */
    uint8_t address_length;
    uint8_t protocol;
    uint64_t pair;
    struct wire_place place;
    int64_t now;         /* ns */
    const uint8_t *data; /* TCP or UDP header and what follows */
    size_t captured;     /* of it */
    size_t original;     /* as it was sent */
    uint32_t ip_bytes;   /* with the IP header */
};

/* --- Streams: TCP reassembly of one side (stream.c) --- */

#define STREAM_HELD_MAX       512U /* segments behind a hole */
#define STREAM_HELD_BYTES_MAX (512U << 10)
#define STREAM_ACKED_HELD     32U /* a hole that the other side has acknowledged is given */
#define STREAM_ACKED_WAIT     (2 * SECOND_NS)  /* up after this many segments or this time */
#define STREAM_WAIT           (30 * SECOND_NS) /* any hole */

/* A segment behind a hole. */
struct held {
    struct held *next;
    struct wire_place place;
    int64_t time;
    uint32_t sequence, length;
    uint32_t captured; /* of the length; the rest was cut by the capture */
    uint8_t data[];
};

struct stream {
    struct held *first, *last; /* in order, never overlapping */
    uint32_t held_count, held_bytes;
    uint32_t next;  /* sequence number of the next byte */
    uint32_t acked; /* what the other side says it has */
    uint32_t fin;   /* sequence number behind the last byte */
    bool has_next, has_acked, has_fin;
    bool is_ended; /* all bytes up to the FIN were given */
};

/* --- Connections --- */

enum flow_list {
    LIST_CLOSED,  /* waits for stragglers */
    LIST_ATTEMPT, /* TCP, only one side has spoken */
    LIST_UDP,
    LIST_OPEN,
    LIST_COUNT,
};

enum flow_seen {
    SEEN_SYN = 1,
    SEEN_SYN_ACK = 2,
    SEEN_ACK = 4,
    SEEN_DATA = 8,
    SEEN_FIN = 16,
    SEEN_RST = 32,
};

struct side_count {
    uint64_t packets, ip_bytes, bytes;
    uint32_t initial; /* sequence number of the SYN */
    uint32_t top;     /* highest sequence number so far */
    bool has_top;
    uint8_t seen; /* enum flow_seen */
};

#define HISTORY_MAX 24U

struct flow {
    struct wire_flow wire; /* first, so that one is found from the other */
    struct flow *bucket;   /* the next one in the table */
    struct flow *older, *newer;
    uint64_t hash;
    int64_t last_ns;
    struct wire_place last;
    struct stream streams[2];
    struct side_count counts[2];
    uint64_t missed;
    uint64_t refused; /* protocols that it is not, a bit each */
    uint64_t unread;  /* bytes of no known protocol */
    enum wire_side first_to_speak;
    uint8_t list;  /* enum flow_list */
    uint8_t tries; /* datagrams that nobody took */
    bool has_spoken;
    bool is_ignored;  /* no known protocol */
    bool is_finished; /* its sessions have ended */
    bool is_sure;     /* who the client is */
    bool was_turned;  /* the roles were exchanged once */
    bool wants_turn;  /* they should be, behind this packet */
    bool was_reset;
    uint8_t history_length;
    char history[HISTORY_MAX];
};

struct fragments;

struct lane {
    struct wire_lane wire; /* first */
    struct losses losses;
    struct facts facts;
    struct flow **buckets;
    size_t bucket_count; /* a power of two */
    size_t flow_count;
    struct flow *oldest[LIST_COUNT], *newest[LIST_COUNT];
    int64_t now; /* ns */
    struct fragments *fragments;
    EVP_MD *sha1;
    EVP_MD_CTX *digest;
};

/* table.c: finding, ageing, ending */

/* The connection that a packet belongs to and the side that sent it, or NULL. */
struct flow *table_find(const struct lane *lane, const struct load *load, uint16_t source_port,
                        uint16_t target_port, enum wire_side *side);

/* A new one, `client` being who sent the packet or not. NULL without memory. */
struct flow *table_add(struct lane *lane, const struct load *load, uint16_t source_port,
                       uint16_t target_port, enum wire_transport transport, bool is_from_client);

/* Says that a packet came, in which list the connection is from now on. */
void table_touch(struct lane *lane, struct flow *flow, enum flow_list list,
                 const struct load *load);

/* Ends a connection and tells of it. */
void table_remove(struct lane *lane, struct flow *flow);

/* Ends those that were silent too long. */
void table_expire(struct lane *lane);

/* Ends those for which there is no memory. */
void table_evict(struct lane *lane);

/* Exchanges client and server. */
void flow_turn(struct flow *flow);

/* stream.c */

/* Bytes of one side that begin with `sequence`. */
void stream_segment(struct flow *flow, enum wire_side side, uint32_t sequence,
                    struct bytes captured, uint32_t length, const struct load *load);
/* The other side says what it has. */
void stream_acked(struct flow *flow, enum wire_side side, uint32_t acked, const struct load *load);
void stream_fin(struct flow *flow, enum wire_side side, uint32_t sequence);
/* Gives what is held, holes or not. */
void stream_flush(struct flow *flow, enum wire_side side);
void stream_release(struct flow *flow, enum wire_side side);

/* probe.c: which protocol it is */

/* Bytes in order; `missing` of them behind what is there were cut by the capture. */
void flow_bytes(struct flow *flow, enum wire_side side, struct bytes bytes, uint32_t missing);
void flow_gap(struct flow *flow, enum wire_side side, uint64_t length, const char *reason);
/* Exchanges client and server and asks the protocols again. */
void flow_turn_around(struct flow *flow);
void flow_datagram(struct flow *flow, enum wire_side side, struct bytes bytes, size_t missing);

/* tcp.c, udp.c */
void tcp_packet(struct lane *lane, const struct load *load);
void udp_packet(struct lane *lane, const struct load *load);

/* Ends the sessions of a connection; it stays in the table. */
void flow_finish(struct flow *flow);

/* conn.c */
void flow_identify(struct lane *lane, struct flow *flow);
void conn_tell(struct lane *lane, struct flow *flow);
void history_add(struct flow *flow, enum wire_side side, enum flow_seen what);

/* fragments.c */
struct fragments *fragments_new(void);
void fragments_free(struct fragments *fragments, struct losses *losses);

/* Takes a fragment; true when it completes a packet, which is then in `load` until the next call.
 */
bool fragment_take(struct lane *lane, const struct packet *packet, const uint8_t *ip,
                   struct load *load);

#endif
