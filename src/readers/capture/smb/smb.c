/* Streams into messages. RFC 1002 4.3.1, [MS-SMB2] 2.1:
 *
 *   0  1  type: 00 message, 81 request of a session, 82 to 84 its answers, 85 keep-alive
 *   1  3  length, big-endian (17 bits on port 139, 24 on port 445)
 *   4     the message: FF, FE, FD or FC and `SMB` */
#include "readers/capture/smb/smb.h"

#include "readers/capture/smb/smb_state.h"

#define NETBIOS_LENGTH 4U
#define NETBIOS_NAMES  72U        /* a request's two names and its header */
#define WHOLE_MAX      (1U << 20) /* a longer message is read as far as PART_MAX */
#define PART_MAX       (64U << 10)

static bool is_message(const uint8_t *at)
{
    return at[0] >= 0xFC && memcmp(at + 1, "SMB", 3) == 0;
}

static bool is_smb_port(const struct wire_connection *connection)
{
    return connection->server_port == 445 || connection->server_port == 139;
}

static enum wire_probe probe(const struct wire_connection *connection, enum wire_side side,
                             struct bytes bytes)
{
    static const uint8_t request[] = {0x81, 0, 0, 0x44};
    (void)side;
    if (bytes.length == 0)
        return WIRE_MORE;
    if (bytes.data[0] == 0x81 && bytes.length >= sizeof(request))
        return memcmp(bytes.data, request, sizeof(request)) == 0 ? WIRE_YES : WIRE_NO;
    if (bytes.data[0] == 0 && bytes.length >= 8 && is_message(bytes.data + NETBIOS_LENGTH))
        return WIRE_YES;
    if (bytes.data[0] == 0 && bytes.length < 8)
        return WIRE_MORE;
    if (bytes.data[0] >= 0x81 && bytes.data[0] <= 0x85)
        return connection->server_port == 139 ? WIRE_MAYBE : WIRE_NO;
    return connection->is_partial && is_smb_port(connection) ? WIRE_MAYBE : WIRE_NO;
}

static void session_open(struct wire_session *session)
{
    struct smb *smb = (struct smb *)session;
    smb_table_init(&smb->requests, SMB_REQUESTS_MAX, sizeof(struct smb_request));
    smb_table_init(&smb->files, SMB_FILES_MAX, sizeof(struct smb_file));
    smb_table_init(&smb->trees, SMB_TREES_MAX, sizeof(struct smb_tree));
    smb_table_init(&smb->logons, SMB_LOGONS_MAX, sizeof(struct smb_logon));
    smb->last_client.seconds = INSTANT_NONE;
    smb->streams[WIRE_CLIENT].is_unsure = smb->streams[WIRE_SERVER].is_unsure = true;
}

static void message_give(struct smb *smb, enum wire_side side, struct bytes message,
                         uint64_t length)
{
    switch (message.data[0]) {
    case 0xFF:
        smb1_message(smb, side, message, length);
        break;
    case 0xFE:
        smb2_message(smb, side, message, length);
        break;
    case 0xFD:
        smb2_transform(smb, side, message, length);
        break;
    default:
        smb2_compressed(smb, side, message, length);
        break;
    }
    if (++smb->counts.messages % SMB_TALLY_MESSAGES == 0)
        smb_tell_session(smb, false);
}

/* The 16 characters of a name in its first-level encoding (RFC 1001 14.1), without padding. */
static size_t name_decode(uint8_t to[16], const uint8_t *from)
{
    size_t length = 0;
    for (size_t i = 0; i < 16; i++) {
        const unsigned high = from[2 * i] - (unsigned)'A';
        const unsigned low = from[2 * i + 1] - (unsigned)'A';
        to[i] = (uint8_t)((high & 15) << 4 | (low & 15));
        if (i < 15 && to[i] > 0x20 && to[i] < 0x7F)
            length = i + 1;
    }
    return length;
}

static size_t names_take(struct smb *smb, struct bytes bytes)
{
    uint8_t name[16];
    if (bytes.length < NETBIOS_NAMES)
        return 0;
    smb_fact_raw(smb, SESSION_CALLED, bytes_of(name, name_decode(name, bytes.data + 5)));
    smb_fact_raw(smb, SESSION_CALLING, bytes_of(name, name_decode(name, bytes.data + 39)));
    return NETBIOS_NAMES;
}

static size_t damage(struct smb *smb, enum wire_side side, const char *reason)
{
    struct smb_stream *stream = &smb->streams[side];
    if (!stream->is_unsure)
        wire_damaged(&smb->session, side, reason);
    stream->is_lost = true;
    return 1;
}

/* Anything but a message. */
static size_t control_take(struct smb *smb, enum wire_side side, struct bytes bytes)
{
    const size_t length = NETBIOS_LENGTH + load_be16(bytes.data + 2);
    if (bytes.data[0] < 0x81 || bytes.data[0] > 0x85 || bytes.data[1] || length > NETBIOS_NAMES)
        return damage(smb, side, "no message where one should begin");
    if (bytes.data[0] == 0x81 && length == NETBIOS_NAMES)
        return names_take(smb, bytes);
    return bytes.length < length ? 0 : length;
}

static bool is_bulk(struct smb *smb, struct bytes begin)
{
    if (begin.data[0] == 0xFD)
        return !wire_keys_of(smb->session.connection);
    if (begin.data[0] == 0xFC)
        return true;
    return begin.data[0] == 0xFE ? smb2_is_bulk(smb, begin) : smb1_is_bulk(smb, begin);
}

/* A message that is not all there: waits for its rest, or goes without it. */
static size_t part_take(struct smb *smb, enum wire_side side, struct bytes bytes, size_t length)
{
    struct smb_stream *stream = &smb->streams[side];
    const struct bytes part = bytes_of(bytes.data + NETBIOS_LENGTH, bytes.length - NETBIOS_LENGTH);
    const bool is_wanted = length <= WHOLE_MAX || part.length < PART_MAX;
    if (part.length < SMB_PEEK || (is_wanted && !is_bulk(smb, part))) {
        stream->wanted = NETBIOS_LENGTH + (uint64_t)length;
        stream->waiting = bytes.length;
        memcpy(stream->begin, part.data, part.length < SMB_PEEK ? part.length : SMB_PEEK);
        return 0;
    }
    message_give(smb, side, part, length);
    wire_skip(&smb->session, side, length - part.length);
    stream->is_skipping = true;
    return bytes.length;
}

static size_t message_take(struct smb *smb, enum wire_side side, struct bytes bytes)
{
    if (bytes.length < NETBIOS_LENGTH)
        return 0;
    if (bytes.data[0] != 0)
        return control_take(smb, side, bytes);
    const size_t length = load_be32(bytes.data) & 0xFFFFFF;
    if (length == 0)
        return NETBIOS_LENGTH;
    if (bytes.length < NETBIOS_LENGTH + 4)
        return 0;
    if (length < 32 || !is_message(bytes.data + NETBIOS_LENGTH))
        return damage(smb, side, "no message where one should begin");
    smb->streams[side].is_unsure = false;
    if (bytes.length - NETBIOS_LENGTH < length)
        return part_take(smb, side, bytes, length);
    message_give(smb, side, bytes_of(bytes.data + NETBIOS_LENGTH, length), length);
    return NETBIOS_LENGTH + length;
}

/* How many bytes stand before the next message; all but the last seven when there is none. */
static size_t message_find(const struct bytes bytes, bool *is_found)
{
    size_t at = 0;
    *is_found = false;
    while (at < bytes.length) {
        const uint8_t *sign = memmem(bytes.data + at, bytes.length - at, "SMB", 3);
        if (!sign)
            break;
        at = (size_t)(sign - bytes.data) + 1;
        if (at >= 6 && is_message(sign - 1) && sign[-5] == 0) {
            *is_found = true;
            return at - 6;
        }
    }
    return bytes.length > 7 ? bytes.length - 7 : 0;
}

static size_t lost_take(struct smb *smb, enum wire_side side, struct bytes bytes)
{
    bool is_found;
    const size_t taken = message_find(bytes, &is_found);
    smb->streams[side].is_lost = !is_found;
    smb->streams[side].is_unsure = true;
    smb->counts.lost += taken;
    return taken;
}

static size_t data(struct wire_session *session, enum wire_side side, struct bytes bytes)
{
    struct smb *smb = (struct smb *)session;
    struct smb_stream *stream = &smb->streams[side];
    size_t taken = 0;
    stream->wanted = stream->waiting = 0;
    stream->is_skipping = false;
    while (taken < bytes.length && !stream->is_skipping) {
        const struct bytes rest = bytes_of(bytes.data + taken, bytes.length - taken);
        const bool was_lost = stream->is_lost;
        const size_t step = was_lost ? lost_take(smb, side, rest) : message_take(smb, side, rest);
        taken += step;
        if (step == 0 && stream->is_lost == was_lost)
            break;
    }
    return taken;
}

/* A message whose end is lost is read as far as its body reaches. */
static void torn_give(struct smb *smb, enum wire_side side, const struct smb_stream *stream)
{
    const struct bytes begin = bytes_of(stream->begin, SMB_PEEK);
    if (stream->waiting < NETBIOS_LENGTH + SMB_PEEK || !smb2_is_worth(begin))
        return;
    smb->is_torn = true;
    message_give(smb, side, begin, stream->wanted - NETBIOS_LENGTH);
    smb->is_torn = false;
}

static bool gap(struct wire_session *session, enum wire_side side, uint64_t length)
{
    struct smb *smb = (struct smb *)session;
    struct smb_stream *stream = &smb->streams[side];
    const uint64_t rest = stream->wanted - stream->waiting;
    smb->counts.lost += stream->waiting + (length ? length : 1);
    stream->is_unsure = true;
    torn_give(smb, side, stream);
    if (length && length <= rest)
        wire_skip(session, side, rest - length);
    else
        stream->is_lost = true;
    stream->wanted = stream->waiting = 0;
    return true;
}

static void end(struct wire_session *session)
{
    struct smb *smb = (struct smb *)session;
    while (smb->requests.oldest)
        smb_request_unanswered(smb, (struct smb_request *)smb->requests.oldest);
    for (const struct smb_node *node = smb->files.oldest; node; node = node->newer)
        wire_carry_end(((const struct smb_file *)node)->carried);
    for (const struct smb_node *node = smb->logons.oldest; node; node = node->newer)
        auth_end(session, ((const struct smb_logon *)node)->auth);
    smb_tell_session(smb, true);
}

const struct wire_protocol wire_smb = {
    .name = "smb",
    .transport = WIRE_TCP,
    .probe = probe,
    .session = sizeof(struct smb),
    .open = session_open,
    .data = data,
    .gap = gap,
    .end = end,
};
