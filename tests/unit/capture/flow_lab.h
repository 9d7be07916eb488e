/* A lane for tests: packets in, what a protocol was given and which events came out. */
#ifndef TESTS_UNIT_CAPTURE_FLOW_LAB_H
#define TESTS_UNIT_CAPTURE_FLOW_LAB_H

#include "readers/capture/flows/lane.h"

#define LAB_FIN 0x01U
#define LAB_SYN 0x02U
#define LAB_RST 0x04U
#define LAB_PSH 0x08U
#define LAB_ACK 0x10U

/* One end of a connection. */
struct lab_end {
    uint8_t address[16];
    uint8_t address_length;
    uint16_t port;
};

struct flow_lab {
    struct reader_shared shared;
    struct wire_output output;
    struct lane *lane;
    struct buffer events;     /* JSON, one a line */
    struct buffer streams[2]; /* what the protocol was given, <gap N> for what was lost */
    uint64_t event_count;
    uint32_t opened, ended;
    uint32_t closed; /* ended, and their end was captured */
    uint32_t grain;  /* the protocol takes multiples of this many bytes */
    uint32_t skip;   /* not 0: takes so many, and skips this many behind them */
    bool gives_up;   /* at a gap */
    enum wire_probe answer;
    bool wants_server; /* it waits for bytes of the server that begin with S */
    uint64_t packet;
    int64_t now; /* ns */
    struct lab_end client, server;
};

/* Only one at a time: its protocol finds it by a static. */
struct flow_lab *flow_lab_new(void);
void flow_lab_free(struct flow_lab *lab);

struct lab_segment {
    enum wire_side side;
    uint32_t sequence, acked;
    uint8_t flags;
    struct bytes data;
    uint32_t cut; /* bytes of it that the capture cut off */
};

/* Captures a segment; time goes on by a millisecond. */
void flow_lab_tcp(struct flow_lab *lab, const struct lab_segment *segment);
void flow_lab_udp(struct flow_lab *lab, enum wire_side side, struct bytes data);

/* An IP packet as it is. */
void flow_lab_ip(struct flow_lab *lab, struct bytes ip, size_t original);

/* The bytes of an IPv4 or IPv6 packet around a payload, into `to`. */
void flow_lab_wrap(const struct flow_lab *lab, enum wire_side side, uint8_t protocol,
                   struct bytes payload, struct buffer *to);

/* SYN, SYN and ACK, ACK; streams begin at the given numbers. */
void flow_lab_shake_hands(struct flow_lab *lab, uint32_t client, uint32_t server);

/* Ends all connections. */
void flow_lab_end(struct flow_lab *lab);

/* What was given, as text; until the next call. */
const char *flow_lab_given(struct flow_lab *lab, enum wire_side side);
const char *flow_lab_events(struct flow_lab *lab);

/* How often the text stands in the events. */
size_t flow_lab_count(struct flow_lab *lab, const char *text);

/* The notes of the account, a line each; until the next call. */
const char *flow_lab_notes(struct flow_lab *lab, struct account *account);

#endif
