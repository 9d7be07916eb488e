#include "readers/capture/rpc/rpc.h"

#include "readers/capture/auth/auth.h"
#include "readers/capture/rpc/rpc_call.h"
#include "readers/capture/rpc/rpc_pdu.h"
#include "readers/capture/rpc/rpc_seal.h"

#include <stdio.h>
#include <stdlib.h>

#define CONTEXTS_MAX     16U
#define CALLS_MAX        16U
#define STUB_MAX         (256U << 10) /* of one call; more is counted and not kept */
#define TRACE_MAX        8192U
#define LEVEL_INTEGRITY  5
#define LEVEL_PRIVACY    6
#define AUTH_CONTEXT_OWN 79231U

enum bind_field {
    BIND_NAMED_PIPE,
    BIND_INTERFACE,
    BIND_ENDPOINT,
    BIND_CONTEXTS,
    BIND_TRANSFER_SYNTAXES,
    BIND_LENGTH,
    BIND_CALL_ID,
    BIND_FLAGS,
    BIND_MAX_FRAGMENT,
    BIND_ASSOC_GROUP,
    BIND_AUTH_TYPE,
    BIND_AUTH_LEVEL,
    BIND_AUTH_CONTEXT_ID,
    BIND_AUTH_CONTEXT_IS_79231,
    BIND_AUTH3_PAD,
    BIND_AUTH3_LENGTH,
    BIND_ALTER_SURPLUS,
    BIND_ACK_ASSOC_GROUP,
    BIND_ACK_ADDRESS,
    BIND_REQUEST_PAD,
    BIND_PAD_NOT_16,
    BIND_HINT_IS_SMALL,
    BIND_REFERENTS,
    BIND_REFERENTS_SMALL,
    BIND_FILL,
    BIND_OPNUMS,
    BIND_CALLS,
    BIND_USER,
    BIND_FIELD_COUNT
};

static const char *const bind_fields[BIND_FIELD_COUNT] = {
    [BIND_NAMED_PIPE] = "named_pipe",
    [BIND_INTERFACE] = "interface_uuid",
    [BIND_ENDPOINT] = "endpoint",
    [BIND_CONTEXTS] = "contexts",
    [BIND_TRANSFER_SYNTAXES] = "transfer_syntaxes",
    [BIND_LENGTH] = "bind_length",
    [BIND_CALL_ID] = "call_id",
    [BIND_FLAGS] = "pfc_flags",
    [BIND_MAX_FRAGMENT] = "max_fragment",
    [BIND_ASSOC_GROUP] = "assoc_group",
    [BIND_AUTH_TYPE] = "auth_type",
    [BIND_AUTH_LEVEL] = "auth_level",
    [BIND_AUTH_CONTEXT_ID] = "auth_context_id",
    [BIND_AUTH_CONTEXT_IS_79231] = "auth_context_is_79231",
    [BIND_AUTH3_PAD] = "auth3_pad",
    [BIND_AUTH3_LENGTH] = "auth3_length",
    [BIND_ALTER_SURPLUS] = "alter_surplus",
    [BIND_ACK_ASSOC_GROUP] = "ack_assoc_group",
    [BIND_ACK_ADDRESS] = "ack_address",
    [BIND_REQUEST_PAD] = "request_pad",
    [BIND_PAD_NOT_16] = "pad_not_16",
    [BIND_HINT_IS_SMALL] = "hint_is_small",
    [BIND_REFERENTS] = "referents",
    [BIND_REFERENTS_SMALL] = "referents_small",
    [BIND_FILL] = "fill",
    [BIND_OPNUMS] = "opnums",
    [BIND_CALLS] = "calls",
    [BIND_USER] = "user",
};

static const struct wire_log bind_log = {"dce_rpc_bind", bind_fields, BIND_FIELD_COUNT};
static const struct wire_log call_log = {"dce_rpc", rpc_fields, RPC_FIELD_COUNT};

struct context {
    uint16_t id;
    bool is_ndr64;
    uint8_t uuid[16];
    uint16_t major, minor;
    const struct rpc_interface *interface;
};

struct session {
    struct wire_session base;
    struct bytes pipe;
    struct auth_state *auth;
    struct rpc_seals seals;
    struct context contexts[CONTEXTS_MAX];
    unsigned context_count;
    struct rpc_call *calls[CALLS_MAX];
    unsigned next_call;     /* which one goes when all are taken */
    struct buffer stubs[2]; /* of the call that is coming in, per side */
    bool is_dropping[2];    /* the rest of a stub that is too long */
    /* Of the bind: */
    bool has_bind;
    struct wire_place bind_place;
    struct rpc_pdu bind; /* its views are not used later */
    uint16_t bind_contexts, max_fragment;
    uint32_t assoc_group, ack_assoc_group;
    bool has_ack, has_auth3, has_request_pad, pad_not_16, hint_is_small;
    char syntaxes[48];
    char ack_address[32];
    uint8_t auth3_pad[4], request_pad;
    uint16_t auth3_length, alter_surplus;
    bool is_79231;
    struct ndr seen;
    struct rpc_text opnums, traced_calls;
};

static enum wire_probe rpc_probe(const struct wire_connection *connection, enum wire_side side,
                                 struct bytes bytes)
{
    (void)connection, (void)side;
    if (bytes.length < RPC_HEADER)
        return bytes.length == 0 || bytes.data[0] == 5 ? WIRE_MORE : WIRE_NO;
    return rpc_pdu_length(bytes) ? WIRE_YES : WIRE_NO;
}

void dcerpc_set_pipe(struct wire_session *base, struct bytes name)
{
    struct session *session = (struct session *)base;
    while (name.length && name.data[0] == '\\') {
        name.data++;
        name.length--;
    }
    session->pipe = arena_keep(base->connection->arena, name);
}

static void trace_add(struct session *session, struct rpc_text *trace, const char *word)
{
    (void)rpc_text_add(trace, session->base.connection->arena, bytes_of_text(word), TRACE_MAX);
}

/* --- Bind --- */

static const struct {
    const char *name;
    uint8_t uuid[8]; /* the first half tells them apart */
} syntaxes[] = {
    {"ndr32", {0x04, 0x5D, 0x88, 0x8A, 0xEB, 0x1C, 0xC9, 0x11}},
    {"ndr64", {0x33, 0x05, 0x71, 0x71, 0xBA, 0xBE, 0x37, 0x49}},
    {"bindtime", {0x2C, 0x1C, 0xB7, 0x6C, 0x12, 0x98, 0x40, 0x45}},
};

static const char *syntax_name(const uint8_t *uuid)
{
    for (size_t i = 0; i < sizeof(syntaxes) / sizeof(syntaxes[0]); i++)
        if (memcmp(uuid, syntaxes[i].uuid, 8) == 0)
            return syntaxes[i].name;
    return "other";
}

static void syntax_note(struct session *session, const char *name)
{
    const size_t length = strlen(session->syntaxes);
    snprintf(session->syntaxes + length, sizeof(session->syntaxes) - length, "%s%s",
             length ? "," : "", name);
}

/* p_cont_elem_t: 0 context id, 2 number of transfer syntaxes, 4 abstract syntax (UUID, version),
 * then the transfer syntaxes of 20 bytes each. Returns how many bytes it took; 0 when cut. */
static size_t context_read(struct session *session, const struct rpc_pdu *pdu, struct bytes rest,
                           bool is_bind)
{
    if (rest.length < 24)
        return 0;
    const size_t count = rest.data[2];
    const size_t length = 24 + count * 20;
    if (rest.length < length)
        return 0;
    struct context *context = NULL;
    const uint16_t id = rpc_u16(pdu, rest.data);
    for (unsigned i = 0; i < session->context_count; i++)
        if (session->contexts[i].id == id)
            context = &session->contexts[i];
    if (!context && session->context_count < CONTEXTS_MAX)
        context = &session->contexts[session->context_count++];
    for (size_t i = 0; i < count && is_bind; i++)
        syntax_note(session, syntax_name(rest.data + 24 + i * 20));
    const bool is_feature = count && strcmp(syntax_name(rest.data + 24), "bindtime") == 0;
    if (!context || (is_feature && context->interface))
        return length;
    context->id = id;
    context->is_ndr64 = count && strcmp(syntax_name(rest.data + 24), "ndr64") == 0;
    memcpy(context->uuid, rest.data + 4, 16);
    context->major = rpc_u16(pdu, rest.data + 20);
    context->minor = rpc_u16(pdu, rest.data + 22);
    context->interface = rpc_interface_find(context->uuid);
    return length;
}

static size_t contexts_read(struct session *session, const struct rpc_pdu *pdu, bool is_bind)
{
    size_t at = 12;
    const unsigned count = pdu->body.data[8];
    for (unsigned i = 0; i < count; i++) {
        const size_t taken = context_read(
            session, pdu, bytes_of(pdu->body.data + at, pdu->body.length - at), is_bind);
        if (!taken)
            break;
        at += taken;
    }
    return at;
}

static void token_take(struct session *session, enum wire_side side, const struct rpc_pdu *pdu)
{
    if (pdu->token.length)
        auth_token(&session->base, side, pdu->token, &session->auth, "dce_rpc");
}

/* bind: 0 max_xmit_frag, 2 max_recv_frag, 4 assoc_group_id, 8 n_context_elem, 12 the list */
static void bind_take(struct session *session, const struct rpc_pdu *pdu)
{
    if (pdu->body.length < 12) {
        wire_damaged(&session->base, WIRE_CLIENT, "a bind cut short");
        return;
    }
    const size_t end = contexts_read(session, pdu, pdu->type == RPC_BIND);
    if (pdu->type == RPC_BIND && !session->has_bind) {
        session->has_bind = true;
        session->bind = *pdu;
        session->bind_place = session->base.connection->now[WIRE_CLIENT];
        session->max_fragment = rpc_u16(pdu, pdu->body.data);
        session->assoc_group = rpc_u32(pdu, pdu->body.data + 4);
        session->bind_contexts = pdu->body.data[8];
        session->is_79231 =
            pdu->has_auth && pdu->auth_context == AUTH_CONTEXT_OWN + session->contexts[0].id;
    } else if (pdu->type == RPC_ALTER && pdu->body.length > end + 3) {
        session->alter_surplus = (uint16_t)(pdu->body.length - end);
    }
    token_take(session, WIRE_CLIENT, pdu);
}

/* bind_ack: 0 max_xmit_frag, 2 max_recv_frag, 4 assoc_group_id, 8 sec_addr (length, text) */
static void ack_take(struct session *session, const struct rpc_pdu *pdu)
{
    if (pdu->type == RPC_BIND_ACK && pdu->body.length >= 10) {
        session->has_ack = true;
        session->ack_assoc_group = rpc_u32(pdu, pdu->body.data + 4);
        const size_t length = rpc_u16(pdu, pdu->body.data + 8);
        if (length && length <= pdu->body.length - 10)
            snprintf(session->ack_address, sizeof(session->ack_address), "%.*s", (int)length,
                     (const char *)pdu->body.data + 10);
    }
    token_take(session, WIRE_SERVER, pdu);
}

static void auth3_take(struct session *session, const struct rpc_pdu *pdu, struct bytes fragment)
{
    session->has_auth3 = true;
    session->auth3_length = pdu->length;
    if (fragment.length >= RPC_HEADER + 4)
        memcpy(session->auth3_pad, fragment.data + RPC_HEADER, 4);
    token_take(session, WIRE_CLIENT, pdu);
}

/* --- Calls --- */

static const struct context *context_of(const struct session *session, uint16_t id)
{
    for (unsigned i = 0; i < session->context_count; i++)
        if (session->contexts[i].id == id)
            return &session->contexts[i];
    return NULL;
}

static void argument_tell(struct wire_event *event, const struct rpc_call *call,
                          const struct rpc_argument *argument)
{
    if (argument->is_bool)
        wire_set_bool(event, argument->field, argument->number != 0);
    else if (argument->is_hex)
        wire_set_hex(event, argument->field, argument->number, 4);
    else if (argument->is_number)
        wire_set_number(event, argument->field, argument->number);
    else
        wire_set_text(event, argument->field,
                      bytes_of(call->text.data + argument->at, argument->length));
}

static void identity_tell(struct wire_event *event, uint32_t field, const struct session *session)
{
    const struct auth_identity *identity = auth_identity(session->auth);
    if (!identity->user.length)
        return;
    wire_set_format(event, field, "%.*s%s%.*s", (int)identity->domain.length,
                    (const char *)identity->domain.data, identity->domain.length ? "\\" : "",
                    (int)identity->user.length, (const char *)identity->user.data);
}

static void interface_tell(struct wire_event *event, uint32_t uuid_field, uint32_t endpoint_field,
                           const struct context *context)
{
    char uuid[37];
    rpc_uuid_write(uuid, context->uuid);
    wire_set_copy(event, uuid_field, bytes_of(uuid, 36));
    if (context->interface)
        wire_set_name(event, endpoint_field, context->interface->endpoint);
}

/* What is known of the outcome when a response came. */
struct outcome {
    bool is_there, is_fault, has_status;
    uint32_t status;
    size_t length;
    uint16_t mapped_port;
    struct wire_place place;
};

static void call_tell(struct session *session, struct rpc_call *call, const struct outcome *outcome)
{
    struct wire_connection *connection = session->base.connection;
    const struct context *context = context_of(session, call->context);
    call->is_used = false;
    struct wire_event *event = wire_event_begin(connection, &call_log);
    if (!event)
        return;
    if (session->pipe.length)
        wire_set_text(event, RPC_NAMED_PIPE, session->pipe);
    else
        wire_set_format(event, RPC_NAMED_PIPE, "%u", connection->server_port);
    if (context) {
        const char *name = rpc_operation_name(context->interface, call->opnum);
        interface_tell(event, RPC_INTERFACE_UUID, RPC_ENDPOINT, context);
        wire_set_format(event, RPC_INTERFACE_VERSION, "%u.%u", context->major, context->minor);
        if (name)
            wire_set_name(event, RPC_OPERATION, name);
        else
            wire_set_format(event, RPC_OPERATION, "unknown-%u", call->opnum);
    }
    wire_set_number(event, RPC_OPNUM, call->opnum);
    wire_set_number(event, RPC_CALL_ID, call->call_id);
    wire_set_number(event, RPC_CONTEXT_ID, call->context);
    wire_set_number(event, RPC_REQUEST_LENGTH, call->request_length);
    wire_set_number(event, RPC_AUTH_TYPE, call->auth_type);
    wire_set_number(event, RPC_AUTH_LEVEL, call->auth_level);
    wire_set_bool(event, RPC_IS_SEALED, call->is_sealed);
    if (call->has_object) {
        char uuid[37];
        rpc_uuid_write(uuid, call->object);
        wire_set_copy(event, RPC_OBJECT, bytes_of(uuid, 36));
    }
    identity_tell(event, RPC_USER, session);
    for (unsigned i = 0; i < call->argument_count; i++)
        argument_tell(event, call, &call->arguments[i]);
    if (outcome->is_there) {
        const struct instant to = outcome->place.time, from = call->place.time;
        const double rtt =
            (double)(to.seconds - from.seconds) + ((double)to.nanos - (double)from.nanos) / 1e9;
        wire_set_value(event, RPC_RTT, (struct value){.type = VALUE_REAL, .width = 8, .real = rtt});
        wire_set_number(event, RPC_RESPONSE_LENGTH, outcome->length);
    }
    if (outcome->has_status)
        wire_set_hex(event, outcome->is_fault ? RPC_FAULT : RPC_STATUS, outcome->status, 4);
    if (outcome->mapped_port)
        wire_set_number(event, RPC_MAPPED_PORT, outcome->mapped_port);
    wire_event_end(connection, event, &call->place, outcome->is_there ? &outcome->place : NULL);
}

static struct rpc_call *call_new(struct session *session)
{
    unsigned index = CALLS_MAX;
    for (unsigned i = 0; i < CALLS_MAX && index == CALLS_MAX; i++)
        if (!session->calls[i] || !session->calls[i]->is_used)
            index = i;
    if (index == CALLS_MAX) {
        index = session->next_call++ % CALLS_MAX;
        call_tell(session, session->calls[index], &(struct outcome){0});
    }
    if (!session->calls[index])
        session->calls[index] =
            arena_take_array(session->base.connection->arena, 1, sizeof(*session->calls[index]));
    struct rpc_call *call = session->calls[index];
    if (call) {
        rpc_call_reset(call, session->base.connection->arena);
        call->is_used = true;
    }
    return call;
}

static struct rpc_call *call_find(const struct session *session, uint32_t call_id)
{
    for (unsigned i = 0; i < CALLS_MAX; i++)
        if (session->calls[i] && session->calls[i]->is_used &&
            session->calls[i]->call_id == call_id)
            return session->calls[i];
    return NULL;
}

/* The stub so far: that of a call in one fragment is not copied. */
static struct bytes stub_take(struct session *session, enum wire_side side,
                              const struct rpc_pdu *pdu, struct bytes bytes)
{
    const unsigned alone = RPC_FIRST | RPC_LAST;
    struct buffer *stub = &session->stubs[side];
    if ((pdu->flags & alone) == alone)
        return bytes;
    if (pdu->flags & RPC_FIRST)
        session->is_dropping[side] = false;
    session->is_dropping[side] = session->is_dropping[side] ||
                                 stub->length + bytes.length > STUB_MAX ||
                                 !wire_gather(&session->base, stub, bytes);
    return buffer_view(stub);
}

/* Behind a call, and before one whose predecessor never ended. */
static void stub_drop(struct session *session, enum wire_side side)
{
    if (session->stubs[side].data)
        wire_gather_end(&session->base, &session->stubs[side]);
}

static void sealing_note(struct session *session, const struct rpc_pdu *pdu, size_t stub)
{
    if (!pdu->has_auth || pdu->auth_level < LEVEL_INTEGRITY)
        return;
    session->pad_not_16 |= (stub + pdu->auth_pad) % 16 != 0;
    if (pdu->auth_level == LEVEL_INTEGRITY && pdu->auth_pad) {
        session->has_request_pad = true;
        session->request_pad = pdu->padding.data[0];
    }
    if (pdu->auth_context >= AUTH_CONTEXT_OWN &&
        pdu->auth_context < AUTH_CONTEXT_OWN + CONTEXTS_MAX)
        session->is_79231 = true;
}

static void call_trace(struct session *session, const struct rpc_pdu *pdu,
                       const struct context *context, uint16_t opnum)
{
    char word[48];
    snprintf(word, sizeof(word), " %u", opnum);
    trace_add(session, &session->opnums, word);
    snprintf(word, sizeof(word), " %08X:%u(%u)", context ? load_le32(context->uuid) : 0, opnum,
             pdu->length);
    trace_add(session, &session->traced_calls, word);
}

/* request: 0 alloc_hint, 4 context id, 6 opnum, 8 [object], stub */
static void request_take(struct session *session, const struct rpc_pdu *pdu)
{
    const bool has_object = pdu->flags & RPC_HAS_OBJECT;
    const size_t header = has_object ? 24 : 8;
    if (pdu->body.length < header) {
        wire_damaged(&session->base, WIRE_CLIENT, "a request cut short");
        return;
    }
    const struct bytes stub = bytes_of(pdu->body.data + header, pdu->body.length - header);
    const uint16_t id = rpc_u16(pdu, pdu->body.data + 4);
    const uint16_t opnum = rpc_u16(pdu, pdu->body.data + 6);
    const struct context *context = context_of(session, id);
    struct rpc_call *call =
        pdu->flags & RPC_FIRST ? call_new(session) : call_find(session, pdu->call_id);
    if (!call)
        return;
    if (pdu->flags & RPC_FIRST) {
        call->call_id = pdu->call_id;
        call->context = id;
        call->opnum = opnum;
        call->place = session->base.connection->now[WIRE_CLIENT];
        call->auth_type = pdu->auth_type;
        call->auth_level = pdu->auth_level;
        call->is_sealed = pdu->has_auth && pdu->auth_level == LEVEL_PRIVACY;
        call->has_object = has_object;
        if (has_object)
            memcpy(call->object, pdu->body.data + 8, 16);
        stub_drop(session, WIRE_CLIENT);
        call_trace(session, pdu, context, opnum);
    }
    call->request_length += stub.length;
    session->hint_is_small |= rpc_u32(pdu, pdu->body.data) < stub.length;
    sealing_note(session, pdu, stub.length);
    if (pdu->is_hidden) {
        wire_unseen(&session->base, stub.length);
        return;
    }
    const struct bytes whole = stub_take(session, WIRE_CLIENT, pdu, stub);
    if (!(pdu->flags & RPC_LAST))
        return;
    if (context) {
        struct ndr arguments = ndr_over(whole, pdu->is_big_endian);
        arguments.is_64 = context->is_ndr64;
        rpc_request_read(call, context->interface, arguments, &session->seen);
    }
    stub_drop(session, WIRE_CLIENT);
}

/* ept_map's answer: a tower with a TCP floor (0x07, two bytes of port), remembered for the hosts.
 */
static uint16_t mapped_port(struct bytes stub)
{
    static const uint8_t floor[] = {1, 0, 7, 2, 0};
    const uint8_t *at = memmem(stub.data, stub.length, floor, sizeof(floor));
    return at && (size_t)(stub.data + stub.length - at) >= 7 ? load_be16(at + 5) : 0;
}

/* `stub` as far as it was kept, `end` the last fragment's. */
static void response_end(struct session *session, struct rpc_call *call, const struct rpc_pdu *pdu,
                         struct bytes stub, struct bytes end)
{
    if (end.length < 4)
        end = stub;
    struct outcome outcome = {.is_there = true,
                              .length = call->response_length,
                              .place = session->base.connection->now[WIRE_SERVER]};
    const struct context *context = context_of(session, call->context);
    if (!pdu->is_hidden && end.length >= 4) {
        outcome.has_status = true;
        outcome.status = rpc_u32(pdu, end.data + end.length - 4);
    }
    if (!pdu->is_hidden && context && context->interface &&
        load_le32(context->uuid) == 0xE1AF8308 && call->opnum == 3) {
        outcome.mapped_port = mapped_port(stub);
        if (outcome.mapped_port && call->argument_count && call->arguments[0].length)
            wire_remember(session->base.connection, "epm", outcome.mapped_port,
                          bytes_of(call->text.data, call->arguments[0].length));
    }
    call_tell(session, call, &outcome);
}

/* response: 0 alloc_hint, 4 context id, 6 cancel count, 8 stub */
static void response_take(struct session *session, const struct rpc_pdu *pdu)
{
    struct rpc_call *call = call_find(session, pdu->call_id);
    if (pdu->body.length < 8 || !call)
        return;
    const struct bytes stub = bytes_of(pdu->body.data + 8, pdu->body.length - 8);
    struct bytes whole = stub;
    call->response_length += stub.length;
    if (pdu->flags & RPC_FIRST)
        stub_drop(session, WIRE_SERVER);
    if (pdu->is_hidden)
        wire_unseen(&session->base, stub.length);
    else
        whole = stub_take(session, WIRE_SERVER, pdu, stub);
    if (!(pdu->flags & RPC_LAST))
        return;
    response_end(session, call, pdu, whole, stub);
    stub_drop(session, WIRE_SERVER);
}

/* fault: as a response, with the status at 8 */
static void fault_take(struct session *session, const struct rpc_pdu *pdu)
{
    struct rpc_call *call = call_find(session, pdu->call_id);
    if (!call)
        return;
    const struct outcome outcome = {
        .is_there = true,
        .is_fault = true,
        .has_status = pdu->body.length >= 12,
        .status = pdu->body.length >= 12 ? rpc_u32(pdu, pdu->body.data + 8) : 0,
        .place = session->base.connection->now[WIRE_SERVER]};
    call_tell(session, call, &outcome);
}

static void pdu_dispatch(struct session *session, const struct rpc_pdu *pdu, struct bytes fragment)
{
    switch (pdu->type) {
    case RPC_BIND:
    case RPC_ALTER:
        bind_take(session, pdu);
        return;
    case RPC_BIND_ACK:
    case RPC_ALTER_RESPONSE:
        ack_take(session, pdu);
        return;
    case RPC_AUTH3:
        auth3_take(session, pdu, fragment);
        return;
    case RPC_REQUEST:
        request_take(session, pdu);
        return;
    case RPC_RESPONSE:
        response_take(session, pdu);
        return;
    case RPC_FAULT_PDU:
        fault_take(session, pdu);
        return;
    default:
        return;
    }
}

static void pdu_take(struct session *session, enum wire_side side, struct bytes fragment)
{
    struct wire_connection *connection = session->base.connection;
    struct wire_keys *keys = wire_keys_of(connection);
    struct rpc_pdu pdu;
    uint8_t *room = NULL;
    if (!rpc_pdu_read(fragment, &pdu)) {
        wire_damaged(&session->base, side, "a fragment whose lengths do not fit");
        return;
    }
    pdu.is_hidden = (pdu.type == RPC_REQUEST || pdu.type == RPC_RESPONSE) && pdu.has_auth &&
                    pdu.auth_level == LEVEL_PRIVACY;
    if (pdu.is_hidden && keys && (room = wire_room_take(keys, fragment.length)))
        rpc_seal_open(&session->seals, connection, auth_secret(session->auth), side, &pdu, room);
    pdu_dispatch(session, &pdu, fragment);
    if (room)
        wire_room_back(keys, fragment.length);
}

static size_t rpc_data(struct wire_session *base, enum wire_side side, struct bytes bytes)
{
    size_t taken = 0;
    while (bytes.length - taken >= RPC_HEADER) {
        const struct bytes rest = bytes_of(bytes.data + taken, bytes.length - taken);
        const uint16_t length = rpc_pdu_length(rest);
        if (!length) {
            wire_damaged(base, side, "bytes that are no DCE/RPC fragment");
            return bytes.length;
        }
        if (rest.length < length)
            break;
        pdu_take((struct session *)base, side, bytes_of(rest.data, length));
        taken += length;
    }
    return taken;
}

static size_t rpc_frame(const struct wire_session *base, enum wire_side side, struct bytes bytes)
{
    (void)base, (void)side;
    return bytes.length < RPC_HEADER ? 0 : rpc_pdu_length(bytes);
}

/* A stub is read as far as it goes without a hole. */
static bool rpc_gap(struct wire_session *base, enum wire_side side, uint64_t length)
{
    (void)length;
    ((struct session *)base)->is_dropping[side] = true;
    return true;
}

/* --- The association --- */

static void bind_tell(struct session *session)
{
    struct wire_connection *connection = session->base.connection;
    struct wire_event *event = session->has_bind ? wire_event_begin(connection, &bind_log) : NULL;
    if (!event)
        return;
    const struct rpc_pdu *bind = &session->bind;
    if (session->pipe.length)
        wire_set_text(event, BIND_NAMED_PIPE, session->pipe);
    if (session->context_count)
        interface_tell(event, BIND_INTERFACE, BIND_ENDPOINT, &session->contexts[0]);
    wire_set_number(event, BIND_CONTEXTS, session->bind_contexts);
    wire_set_text(event, BIND_TRANSFER_SYNTAXES, bytes_of_text(session->syntaxes));
    wire_set_number(event, BIND_LENGTH, bind->length);
    wire_set_number(event, BIND_CALL_ID, bind->call_id);
    wire_set_hex(event, BIND_FLAGS, bind->flags, 4);
    wire_set_number(event, BIND_MAX_FRAGMENT, session->max_fragment);
    wire_set_hex(event, BIND_ASSOC_GROUP, session->assoc_group, 4);
    if (bind->has_auth) {
        wire_set_number(event, BIND_AUTH_TYPE, bind->auth_type);
        wire_set_number(event, BIND_AUTH_LEVEL, bind->auth_level);
        wire_set_number(event, BIND_AUTH_CONTEXT_ID, bind->auth_context);
    }
    wire_set_bool(event, BIND_AUTH_CONTEXT_IS_79231, session->is_79231);
    if (session->has_auth3) {
        wire_set_binary(event, BIND_AUTH3_PAD, bytes_of(session->auth3_pad, 4));
        wire_set_number(event, BIND_AUTH3_LENGTH, session->auth3_length);
    }
    wire_set_number(event, BIND_ALTER_SURPLUS, session->alter_surplus);
    if (session->has_ack) {
        wire_set_hex(event, BIND_ACK_ASSOC_GROUP, session->ack_assoc_group, 4);
        wire_set_text(event, BIND_ACK_ADDRESS, bytes_of_text(session->ack_address));
    }
    if (session->has_request_pad)
        wire_set_hex(event, BIND_REQUEST_PAD, session->request_pad, 4);
    wire_set_bool(event, BIND_PAD_NOT_16, session->pad_not_16);
    wire_set_bool(event, BIND_HINT_IS_SMALL, session->hint_is_small);
    wire_set_number(event, BIND_REFERENTS, session->seen.referents);
    wire_set_number(event, BIND_REFERENTS_SMALL, session->seen.small_referents);
    if (session->seen.odd_fills)
        wire_set_hex(event, BIND_FILL, session->seen.fill, 4);
    wire_set_text(event, BIND_OPNUMS, bytes_of(session->opnums.data, session->opnums.length));
    wire_set_text(event, BIND_CALLS,
                  bytes_of(session->traced_calls.data, session->traced_calls.length));
    identity_tell(event, BIND_USER, session);
    wire_event_end(connection, event, &session->bind_place, NULL);
}

static void rpc_end(struct wire_session *base)
{
    struct session *session = (struct session *)base;
    for (unsigned i = 0; i < CALLS_MAX; i++)
        if (session->calls[i] && session->calls[i]->is_used)
            call_tell(session, session->calls[i], &(struct outcome){0});
    auth_end(base, session->auth);
    bind_tell(session);
    stub_drop(session, WIRE_CLIENT);
    stub_drop(session, WIRE_SERVER);
}

const struct wire_protocol wire_dcerpc = {
    .name = "dce_rpc",
    .transport = WIRE_TCP,
    .probe = rpc_probe,
    .session = sizeof(struct session),
    .data = rpc_data,
    .frame = rpc_frame,
    .gap = rpc_gap,
    .end = rpc_end,
};
