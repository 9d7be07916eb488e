/* What the parts of the capture reader say to each other: connections, streams, protocols, events.
 *
 *   packets/   capture files and link layers: bytes of a file to IP packets
 *   flows/     IP packets to connections and their byte streams: fragments, reassembly, Community
 * ID PROTOCOL/  streams to transactions, one folder a protocol, one row in protocols.c
 *
 * A protocol is a const struct of functions over streams. It knows nothing of packets and of other
 * protocols but those that it carries, which it reaches through wire_carry.
 *
 * Events have Zeek's names: the log's name is the field `_path` (smb_files, dce_rpc, ntlm, kerberos
 * ...), and each event begins with ts, uid, id.orig_h, id.orig_p, id.resp_h, id.resp_p. What Zeek
 * lacks stands in the same event under our own names (docs/formats/capture.md). */
#ifndef IMPOUND_READERS_CAPTURE_WIRE_H
#define IMPOUND_READERS_CAPTURE_WIRE_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/cursor.h"
#include "base/instant.h"
#include "event/event.h"
#include "evidence/account.h"

enum wire_side { WIRE_CLIENT, WIRE_SERVER }; /* the client opened the connection */

enum wire_transport { WIRE_TCP, WIRE_UDP };

struct wire_address {
    uint8_t bytes[16]; /* network order; the first 4 of an IPv4 address */
    uint8_t length;    /* 4 or 16 */
};

/* The place of something in the capture. */
struct wire_place {
    struct instant time;
    uint64_t packet; /* number, from 1 */
    uint64_t offset; /* of the packet in the file */
};

struct wire_lane; /* what two hosts have said to each other; see below */

/* A connection: a TCP connection, or the datagrams between two UDP ports. */
struct wire_connection {
    struct wire_lane *lane;
    struct wire_address client, server;
    uint16_t client_port, server_port;
    enum wire_transport transport;
    struct wire_place first;  /* its first packet */
    struct wire_place now[2]; /* per side: the packet of the bytes that are being given */
    char uid[20];             /* made of what identifies it, so that it is the same every run */
    char community_id[FLOW_TEXT_BOUND]; /* version 1 */
    struct flow_id id;                  /* what it says */
    bool is_partial;                    /* its beginning was not captured */
    bool is_closed;                     /* its end was captured: FIN of both sides, or RST */
    struct arena *arena;                /* lives as long as the connection; bounded */
};

/* --- Protocols --- */

struct wire_protocol;

/* What a protocol keeps of one connection, or of one stream carried in another protocol (a pipe in
 * SMB). The first member of its own struct. */
struct wire_session {
    const struct wire_protocol *protocol;
    struct wire_connection *connection;
    struct wire_session *carrier; /* the session that carries this one; NULL: TCP or UDP */
};

enum wire_probe {
    WIRE_NO,
    WIRE_MORE,  /* too few bytes to tell */
    WIRE_MAYBE, /* by its port and nothing against it */
    WIRE_YES,
};

struct wire_protocol {
    const char *name; /* as Zeek's `service` */
    enum wire_transport transport;
    /* What the first bytes of one side look like. Content decides; the server's port only breaks
     * ties. `bytes` may be empty. */
    enum wire_probe (*probe)(const struct wire_connection *connection, enum wire_side side,
                             struct bytes bytes);
    size_t session; /* bytes of a session, which is made in connection->arena and cleared */
    /* What else a new one needs; NULL: nothing. */
    void (*open)(struct wire_session *session);
    /* The next bytes of one side's stream, all that is there and not yet taken. Returns how many it
     * took: whole messages. The rest is given again with more behind it. wire_skip takes what is
     * large and need not be seen. UDP: one datagram a call, always taken. */
    size_t (*data)(struct wire_session *session, enum wire_side side, struct bytes bytes);
    /* The whole length of the message that begins with `bytes`; 0 when none that can be told from
     * other bytes does. With it a stream goes on behind a gap: the rest of the message that the gap
     * is in is passed over, or what comes up to a segment that begins with a message. NULL: the
     * protocol finds its way by itself in `gap`, or not at all. */
    size_t (*frame)(const struct wire_session *session, enum wire_side side, struct bytes bytes);
    /* `length` bytes of the stream are lost (not captured); 0: unknown how many. What comes next
     * may be in the middle of a message unless `frame` is there: return false to give the stream
     * up. */
    bool (*gap)(struct wire_session *session, enum wire_side side, uint64_t length);
    /* Nothing more comes; requests without a reply are told now. */
    void (*end)(struct wire_session *session);
};

/* All protocols, in the order in which they are probed; ended by NULL. */
extern const struct wire_protocol *const wire_protocols[];

/* Gives bytes to a protocol that is carried in another: makes its session at the first call, keeps
 * what it does not take (up to WIRE_PENDING_MAX, more is a gap). `*carried` belongs to the
 * connection. */
struct wire_carried;
void wire_carry(struct wire_session *carrier, struct wire_carried **carried,
                const struct wire_protocol *protocol, enum wire_side side, struct bytes bytes);
struct wire_session *wire_carried_session(struct wire_carried *carried);
void wire_carry_end(struct wire_carried *carried);

#define WIRE_PENDING_MAX (4U << 20) /* bytes of one side that wait for the rest of a message */

/* Which protocol over TCP speaks so, for who carries any: NULL when none does, or *asks, that more
 * bytes may tell. The carrier's own is not asked. */
const struct wire_protocol *wire_recognise(const struct wire_session *carrier, enum wire_side side,
                                           struct bytes bytes, bool *asks);

/* From `data`: the next `length` bytes behind what is taken are not wanted and are never given. */
void wire_skip(struct wire_session *session, enum wire_side side, uint64_t length);

/* Appends to a buffer in which a session gathers the pieces of a message, as memory of the
 * connection. False when the connections hold too much or there is none: nothing is appended. */
bool wire_gather(struct wire_session *session, struct buffer *buffer, struct bytes bytes);
/* Gives it back. Each buffer that was gathered in must come here before the session ends. */
void wire_gather_end(struct wire_session *session, struct buffer *buffer);

/* A message that breaks its own rules: counted by protocol and reason, noted once a reason with its
 * packet. `reason` is a constant text. */
void wire_damaged(struct wire_session *session, enum wire_side side, const char *reason);

/* Bytes that are encrypted and stay unseen: counted by protocol. */
void wire_unseen(struct wire_session *session, uint64_t length);

/* Something that should be known and for which nothing is missing: counted by protocol and reason,
 * with its first packet. `reason` is a constant text. */
void wire_note(struct wire_session *session, enum wire_side side, const char *reason);

/* --- Lanes: what is known of two hosts, for all their connections --- */

/* A small table of facts by key, for what one connection says of another: the endpoint mapper of a
 * port (key "epm", port), a client's workstation name... Values are copied into the lane. Bounded:
 * the oldest are forgotten. */
void wire_remember(struct wire_connection *connection, const char *kind, uint64_t key,
                   struct bytes value);
struct bytes wire_recall(const struct wire_connection *connection, const char *kind, uint64_t key);

/* --- Events --- */

/* The fields of one kind of event, in order, behind the common ones. A constant table per log. */
struct wire_log {
    const char *path; /* `_path` */
    const char *const *fields;
    uint32_t count;
};

/* An event under construction: values by the index in the log's fields, all absent at first. Texts
 * and lists that are made for it may be taken from `arena`, which is reset behind the event. One at
 * a time in a lane. */
struct wire_event {
    const struct wire_log *log;
    struct value *values;
    struct arena *arena;
};

/* Begins an event; NULL without memory (then it is counted as lost). */
struct wire_event *wire_event_begin(struct wire_connection *connection, const struct wire_log *log);

/* Gives it to the sink. `at` is where its first byte was seen: its time, record (packet) and
 * offset. `to` (may be NULL) is the last packet that belongs to it, for the field `packets`. */
void wire_event_end(struct wire_connection *connection, struct wire_event *event,
                    const struct wire_place *at, const struct wire_place *to);

/* Setters; data is referenced, not copied, unless said, and must live until wire_event_end. */
void wire_set_text(struct wire_event *event, uint32_t field, struct bytes utf8);
void wire_set_copy(struct wire_event *event, uint32_t field, struct bytes utf8); /* copied */
void wire_set_utf16(struct wire_event *event, uint32_t field, struct bytes utf16le);
void wire_set_name(struct wire_event *event, uint32_t field, const char *constant);
void wire_set_format(struct wire_event *event, uint32_t field, const char *format, ...)
    PRINTF_LIKE(3, 4);
void wire_set_number(struct wire_event *event, uint32_t field, uint64_t number);
void wire_set_hex(struct wire_event *event, uint32_t field, uint64_t number, unsigned width);
void wire_set_bool(struct wire_event *event, uint32_t field, bool truth);
void wire_set_binary(struct wire_event *event, uint32_t field, struct bytes bytes);
void wire_set_value(struct wire_event *event, uint32_t field, struct value value);
/* Makes the field a list, or adds to it. */
void wire_add_text(struct wire_event *event, uint32_t field, struct bytes utf8);
void wire_add_number(struct wire_event *event, uint32_t field, uint64_t number);

/* --- Keys --- */

/* What the defender gave (--keytab, --passwords, --tls-keylog) and what it led to in this lane;
 * NULL: nothing was given. See keys/keys.h. */
struct wire_keys;
struct wire_keys *wire_keys_of(const struct wire_connection *connection);

/* Cleared memory for the secrets of a connection: wiped when it ends. NULL past WIRE_HELD_MAX. */
#define WIRE_HELD_MAX (64U << 10)
void *wire_hold(struct wire_connection *connection, size_t length);

#endif
