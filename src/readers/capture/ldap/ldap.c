#include "readers/capture/ldap/ldap.h"

#include "readers/capture/auth/auth.h"
#include "readers/capture/auth/der.h"
#include "readers/capture/keys/seal.h"
#include "readers/capture/ldap/ldap_filter.h"
#include "readers/capture/ldap/ldap_result.h"

#include <stdio.h>

#define MESSAGE_MAX (4U << 20)
#define TEXT_MAX    4096U
#define PENDING_MAX 16U
#define STEP_LARGE  1000 /* between message ids: no counter */

/* Protocol operations (RFC 4511 4.2 to 4.14) */
enum operation {
    BIND_REQUEST = 0x60,
    BIND_RESPONSE = 0x61,
    UNBIND = 0x42,
    SEARCH_REQUEST = 0x63,
    SEARCH_ENTRY = 0x64,
    SEARCH_DONE = 0x65,
    MODIFY_REQUEST = 0x66,
    MODIFY_RESPONSE = 0x67,
    ADD_REQUEST = 0x68,
    ADD_RESPONSE = 0x69,
    DELETE_REQUEST = 0x4A,
    DELETE_RESPONSE = 0x6B,
    RENAME_REQUEST = 0x6C,
    RENAME_RESPONSE = 0x6D,
    COMPARE_REQUEST = 0x6E,
    COMPARE_RESPONSE = 0x6F,
    EXTENDED_REQUEST = 0x77,
    EXTENDED_RESPONSE = 0x78,
};

/* The `ldap` log: all operations but searches. */
enum ldap_field {
    LDAP_MESSAGE_ID,
    LDAP_VERSION,
    LDAP_OPCODE,
    LDAP_RESULT,
    LDAP_OBJECT,
    LDAP_MECHANISM,
    LDAP_HAS_NAME,
    LDAP_IS_RAW_NTLM,
    LDAP_IS_RAW_KERBEROS,
    LDAP_IDS_ARE_RANDOM,
    LDAP_ATTRIBUTES,
    LDAP_VALUES,
    LDAP_USER,
    LDAP_FIELD_COUNT
};

static const char *const ldap_fields[LDAP_FIELD_COUNT] = {
    [LDAP_MESSAGE_ID] = "message_id",
    [LDAP_VERSION] = "version",
    [LDAP_OPCODE] = "opcode",
    [LDAP_RESULT] = "result",
    [LDAP_OBJECT] = "object",
    [LDAP_MECHANISM] = "mechanism",
    [LDAP_HAS_NAME] = "has_name",
    [LDAP_IS_RAW_NTLM] = "is_raw_ntlm",
    [LDAP_IS_RAW_KERBEROS] = "is_raw_kerberos",
    [LDAP_IDS_ARE_RANDOM] = "ids_are_random",
    [LDAP_ATTRIBUTES] = "attributes",
    [LDAP_VALUES] = "values",
    [LDAP_USER] = "user",
};

enum search_field {
    SEARCH_MESSAGE_ID,
    SEARCH_SCOPE,
    SEARCH_DEREF,
    SEARCH_BASE,
    SEARCH_RESULT_COUNT,
    SEARCH_RESULT,
    SEARCH_FILTER,
    SEARCH_ATTRIBUTES,
    SEARCH_SIZE_LIMIT,
    SEARCH_PAGE_SIZE,
    SEARCH_IDS_ARE_RANDOM,
    SEARCH_USER,
    SEARCH_FIELD_COUNT
};

static const char *const search_fields[SEARCH_FIELD_COUNT] = {
    [SEARCH_MESSAGE_ID] = "message_id",
    [SEARCH_SCOPE] = "scope",
    [SEARCH_DEREF] = "deref_aliases",
    [SEARCH_BASE] = "base_object",
    [SEARCH_RESULT_COUNT] = "result_count",
    [SEARCH_RESULT] = "result",
    [SEARCH_FILTER] = "filter",
    [SEARCH_ATTRIBUTES] = "attributes",
    [SEARCH_SIZE_LIMIT] = "size_limit",
    [SEARCH_PAGE_SIZE] = "page_size",
    [SEARCH_IDS_ARE_RANDOM] = "ids_are_random",
    [SEARCH_USER] = "user",
};

static const struct wire_log ldap_log = {"ldap", ldap_fields, LDAP_FIELD_COUNT};
static const struct wire_log search_log = {"ldap_search", search_fields, SEARCH_FIELD_COUNT};

/* An operation that waits for its result. Texts are in `text`. */
struct pending {
    bool is_used;
    uint8_t operation;
    int64_t message_id;
    struct wire_place place;
    const char *mechanism;
    bool has_name, is_raw_ntlm, is_raw_kerberos;
    int64_t version, scope, deref, size_limit, page_size;
    uint64_t entries;
    struct bytes object, filter, attributes, values;
    char text[TEXT_MAX];
};

struct session {
    struct wire_session base;
    struct auth_state *auth;
    struct pending *pending[PENDING_MAX];
    unsigned next;
    int64_t first_id, last_id;
    unsigned requests, jumps; /* jumps: message ids that are no counter's next */
    struct wire_seal *seal;   /* of the bind that went before; NULL: no key opens it */
    const struct wire_secret *seal_secret;
    struct buffer opened[2]; /* of a message that goes on in the next sealed buffer */
};

/* The whole length of the message at the beginning; 0: more is needed; SIZE_MAX: it is none. After
 * a SASL bind with a security layer (RFC 4422) buffers come with four bytes of length instead. */
static size_t message_length(struct bytes bytes)
{
    if (bytes.length < 6)
        return 0;
    if (bytes.data[0] != DER_SEQUENCE) {
        const uint32_t length = load_be32(bytes.data);
        return length > MESSAGE_MAX ? SIZE_MAX : (size_t)length + 4;
    }
    if (!(bytes.data[1] & 0x80))
        return 2 + (size_t)bytes.data[1];
    const size_t count = bytes.data[1] & 0x7FU;
    size_t length = 0;
    if (count == 0 || count > 4)
        return SIZE_MAX;
    for (size_t i = 0; i < count; i++)
        length = length << 8 | bytes.data[2 + i];
    return length > MESSAGE_MAX ? SIZE_MAX : length + 2 + count;
}

static enum wire_probe ldap_probe(const struct wire_connection *connection, enum wire_side side,
                                  struct bytes bytes)
{
    (void)connection, (void)side;
    struct cursor at = cursor_over(bytes, 0), inner;
    if (bytes.length < 7)
        return bytes.length == 0 || bytes.data[0] == DER_SEQUENCE ? WIRE_MORE : WIRE_NO;
    if (bytes.data[0] != DER_SEQUENCE)
        return WIRE_NO;
    const size_t header = bytes.data[1] & 0x80 ? 2 + (bytes.data[1] & 0x7FU) : 2;
    if (header > 6 || bytes.length < header + 3)
        return bytes.length < 9 ? WIRE_MORE : WIRE_NO;
    at = cursor_over(bytes_of(bytes.data + header, bytes.length - header), 0);
    if (!der_take(&at, DER_INTEGER, &inner) || cursor_left(&inner) > 5 || !cursor_left(&at))
        return WIRE_NO;
    const uint8_t tag = at.at[0];
    return (tag >= 0x60 && tag <= 0x79) || tag == UNBIND || tag == DELETE_REQUEST ? WIRE_YES
                                                                                  : WIRE_NO;
}

/* Datagrams stand alone: there any client's are. */
static bool ids_are_random(const struct session *session)
{
    return session->base.protocol == &wire_ldap && session->first_id > STEP_LARGE &&
           session->jumps == session->requests - 1 && session->requests > 1;
}

static void id_note(struct session *session, int64_t id)
{
    if (session->requests++ == 0)
        session->first_id = id;
    else if (id < session->last_id || id > session->last_id + STEP_LARGE)
        session->jumps++;
    session->last_id = id;
}

/* --- Telling --- */

static const char *operation_name(uint8_t operation)
{
    switch (operation) {
    case BIND_REQUEST:
        return "bind";
    case MODIFY_REQUEST:
        return "modify";
    case ADD_REQUEST:
        return "add";
    case DELETE_REQUEST:
        return "delete";
    case RENAME_REQUEST:
        return "modify DN";
    case COMPARE_REQUEST:
        return "compare";
    default:
        return "extended";
    }
}

/* RFC 4511 4.1.9, Zeek's words */
static void set_result(struct wire_event *event, uint32_t field, int64_t code)
{
    const char *name = ldap_result_name(code);
    if (name)
        wire_set_name(event, field, name);
    else
        wire_set_format(event, field, "%lld", (long long)code);
}

static void set_user(struct wire_event *event, uint32_t field, const struct session *session)
{
    const struct auth_identity *identity = auth_identity(session->auth);
    if (identity->user.length)
        wire_set_format(event, field, "%.*s%s%.*s", (int)identity->domain.length,
                        (const char *)identity->domain.data, identity->domain.length ? "\\" : "",
                        (int)identity->user.length, (const char *)identity->user.data);
}

static void search_tell(struct session *session, const struct pending *pending,
                        struct wire_event *event)
{
    static const char *const scopes[] = {"base", "single", "tree"};
    static const char *const derefs[] = {"never", "searching", "finding", "always"};
    wire_set_number(event, SEARCH_MESSAGE_ID, (uint64_t)pending->message_id);
    if (pending->scope >= 0 && pending->scope < 3)
        wire_set_name(event, SEARCH_SCOPE, scopes[pending->scope]);
    if (pending->deref >= 0 && pending->deref < 4)
        wire_set_name(event, SEARCH_DEREF, derefs[pending->deref]);
    wire_set_text(event, SEARCH_BASE, pending->object);
    wire_set_text(event, SEARCH_FILTER, pending->filter);
    wire_set_text(event, SEARCH_ATTRIBUTES, pending->attributes);
    wire_set_number(event, SEARCH_RESULT_COUNT, pending->entries);
    wire_set_number(event, SEARCH_SIZE_LIMIT, (uint64_t)pending->size_limit);
    if (pending->page_size >= 0)
        wire_set_number(event, SEARCH_PAGE_SIZE, (uint64_t)pending->page_size);
    wire_set_bool(event, SEARCH_IDS_ARE_RANDOM, ids_are_random(session));
    set_user(event, SEARCH_USER, session);
}

static void operation_tell(struct session *session, const struct pending *pending,
                           struct wire_event *event)
{
    wire_set_number(event, LDAP_MESSAGE_ID, (uint64_t)pending->message_id);
    wire_set_name(event, LDAP_OPCODE, operation_name(pending->operation));
    wire_set_text(event, LDAP_OBJECT, pending->object);
    wire_set_bool(event, LDAP_IDS_ARE_RANDOM, ids_are_random(session));
    if (pending->operation == BIND_REQUEST) {
        wire_set_number(event, LDAP_VERSION, (uint64_t)pending->version);
        if (pending->mechanism)
            wire_set_name(event, LDAP_MECHANISM, pending->mechanism);
        wire_set_bool(event, LDAP_HAS_NAME, pending->has_name);
        wire_set_bool(event, LDAP_IS_RAW_NTLM, pending->is_raw_ntlm);
        wire_set_bool(event, LDAP_IS_RAW_KERBEROS, pending->is_raw_kerberos);
    }
    if (pending->attributes.length)
        wire_set_text(event, LDAP_ATTRIBUTES, pending->attributes);
    if (pending->values.length)
        wire_set_text(event, LDAP_VALUES, pending->values);
    set_user(event, LDAP_USER, session);
}

static void pending_tell(struct session *session, struct pending *pending, const int64_t *result,
                         enum wire_side side)
{
    struct wire_connection *connection = session->base.connection;
    const bool is_search = pending->operation == SEARCH_REQUEST;
    pending->is_used = false;
    struct wire_event *event = wire_event_begin(connection, is_search ? &search_log : &ldap_log);
    if (!event)
        return;
    if (is_search)
        search_tell(session, pending, event);
    else
        operation_tell(session, pending, event);
    if (result)
        set_result(event, is_search ? (uint32_t)SEARCH_RESULT : (uint32_t)LDAP_RESULT, *result);
    wire_event_end(connection, event, &pending->place, result ? &connection->now[side] : NULL);
}

/* --- Requests --- */

static struct pending *pending_new(struct session *session, uint8_t operation, int64_t id)
{
    struct wire_connection *connection = session->base.connection;
    unsigned index = PENDING_MAX;
    for (unsigned i = 0; i < PENDING_MAX && index == PENDING_MAX; i++)
        if (!session->pending[i] || !session->pending[i]->is_used)
            index = i;
    if (index == PENDING_MAX) {
        index = session->next++ % PENDING_MAX;
        pending_tell(session, session->pending[index], NULL, WIRE_CLIENT);
    }
    if (!session->pending[index])
        session->pending[index] = arena_take(connection->arena, sizeof(struct pending));
    struct pending *pending = session->pending[index];
    if (!pending)
        return NULL;
    memset(pending, 0, offsetof(struct pending, text));
    pending->is_used = true;
    pending->operation = operation;
    pending->message_id = id;
    pending->place = connection->now[WIRE_CLIENT];
    pending->page_size = -1;
    return pending;
}

static struct pending *pending_find(const struct session *session, int64_t id)
{
    for (unsigned i = 0; i < PENDING_MAX; i++)
        if (session->pending[i] && session->pending[i]->is_used &&
            session->pending[i]->message_id == id)
            return session->pending[i];
    return NULL;
}

static struct ldap_text text_room(struct pending *pending, size_t from, size_t to)
{
    return (struct ldap_text){.data = pending->text + from, .room = to - from};
}

static struct bytes text_view(const struct ldap_text *text)
{
    return bytes_of(text->data, text->length);
}

/* Text as it stands, as much as there is room for. */
static struct bytes plain_keep(struct ldap_text *text, struct bytes bytes)
{
    const size_t room = text->room - text->length;
    const size_t length = bytes.length < room ? bytes.length : room;
    char *at = text->data + text->length;
    if (length)
        memcpy(at, bytes.data, length);
    text->length += length;
    return bytes_of(at, length);
}

static void token_take(struct session *session, enum wire_side side, struct bytes token)
{
    if (token.length)
        auth_token(&session->base, side, token, &session->auth, "ldap");
}

static void token_look(struct pending *pending, struct bytes token)
{
    pending->is_raw_ntlm = token.length >= 8 && memcmp(token.data, "NTLMSSP", 8) == 0;
    /* A NegTokenInit whose mechToken is a bare AP-REQ: [2] OCTET STRING that begins with 0x6E. */
    for (size_t i = 0; i + 12 < token.length && i < 64; i++)
        if (token.data[i] == 0xA2 && token.data[i + 1] == 0x82 && token.data[i + 4] == 0x04 &&
            token.data[i + 5] == 0x82 && token.data[i + 8] == 0x6E)
            pending->is_raw_kerberos = true;
}

/* BindRequest: version, name, simple [0] | sasl [3] | sicily [9], [10], [11] ([MS-ADTS] 5.1.1.1.3)
 */
static void bind_read(struct session *session, struct pending *pending, struct cursor at)
{
    struct cursor inner, name, part;
    struct ldap_text text = text_room(pending, 0, 1024);
    uint8_t tag;
    if (!der_take(&at, DER_INTEGER, &inner) || !der_take(&at, DER_OCTETS, &name) ||
        !der_next(&at, &tag, &part))
        return;
    pending->version = der_integer(&inner);
    pending->has_name = cursor_left(&name) > 0;
    pending->object = plain_keep(&text, der_bytes(&name));
    if (tag == 0x80) {
        pending->mechanism = "simple";
    } else if (tag == 0xA3 && der_take(&part, DER_OCTETS, &inner)) {
        const struct bytes mechanism = der_bytes(&inner);
        pending->mechanism = bytes_equal(mechanism, bytes_of_text("GSS-SPNEGO"))   ? "GSS-SPNEGO"
                             : bytes_equal(mechanism, bytes_of_text("GSSAPI"))     ? "GSSAPI"
                             : bytes_equal(mechanism, bytes_of_text("DIGEST-MD5")) ? "DIGEST-MD5"
                             : bytes_equal(mechanism, bytes_of_text("EXTERNAL"))   ? "EXTERNAL"
                                                                                   : "SASL";
        if (der_take(&part, DER_OCTETS, &inner)) {
            token_look(pending, der_bytes(&inner));
            token_take(session, WIRE_CLIENT, der_bytes(&inner));
        }
    } else if (tag == 0x89 || tag == 0x8A || tag == 0x8B) {
        pending->mechanism = tag == 0x89   ? "sicily discovery"
                             : tag == 0x8A ? "sicily negotiate"
                                           : "sicily response";
        token_look(pending, der_bytes(&part));
        token_take(session, WIRE_CLIENT, der_bytes(&part));
    }
}

/* The names of a list of OCTET STRINGs, joined by commas. */
static struct bytes names_join(struct ldap_text *text, struct cursor list)
{
    struct cursor name;
    const size_t start = text->length;
    while (der_take(&list, DER_OCTETS, &name)) {
        if (text->length > start)
            plain_keep(text, bytes_of_text(","));
        plain_keep(text, der_bytes(&name));
    }
    return bytes_of(text->data + start, text->length - start);
}

/* SearchRequest: baseObject, scope, derefAliases, sizeLimit, timeLimit, typesOnly, filter,
 * attributes */
static void search_read(struct wire_session *session, struct pending *pending, struct cursor at)
{
    struct cursor base, inner, list;
    struct ldap_text text = text_room(pending, 0, 512);
    struct ldap_text filter = text_room(pending, 512, 3072);
    struct ldap_text attributes = text_room(pending, 3072, TEXT_MAX);
    if (!der_take(&at, DER_OCTETS, &base))
        return;
    pending->object = plain_keep(&text, der_bytes(&base));
    pending->scope = der_take(&at, DER_ENUMERATED, &inner) ? der_integer(&inner) : -1;
    pending->deref = der_take(&at, DER_ENUMERATED, &inner) ? der_integer(&inner) : -1;
    pending->size_limit = der_take(&at, DER_INTEGER, &inner) ? der_integer(&inner) : 0;
    if (!der_take(&at, DER_INTEGER, &inner) || !der_take(&at, 0x01, &inner))
        return;
    const bool is_whole = ldap_filter_write(&filter, &at, 0);
    if (!is_whole && filter.room - filter.length >= 3)
        wire_damaged(session, WIRE_CLIENT, "a filter that is broken or nested deeper than 32");
    pending->filter = text_view(&filter);
    if (der_take(&at, DER_SEQUENCE, &list))
        pending->attributes = names_join(&attributes, list);
}

/* Attribute lists of AddRequest and ModifyRequest: names, and those values that are text. */
static void attribute_read(struct ldap_text *names, struct ldap_text *values, struct cursor at)
{
    struct cursor name, set, value;
    if (!der_take(&at, DER_OCTETS, &name))
        return;
    if (names->length)
        plain_keep(names, bytes_of_text(","));
    plain_keep(names, der_bytes(&name));
    if (!der_take(&at, 0x31, &set))
        return;
    while (der_take(&set, DER_OCTETS, &value)) {
        if (values->length)
            plain_keep(values, bytes_of_text("; "));
        ldap_text_add(values, der_bytes(&name));
        plain_keep(values, bytes_of_text("="));
        const struct bytes whole = der_bytes(&value);
        ldap_text_add(values, bytes_of(whole.data, whole.length < 256 ? whole.length : 256));
    }
}

static void change_read(struct pending *pending, struct cursor at, bool is_modify)
{
    struct cursor object, list, item, inner;
    struct ldap_text text = text_room(pending, 0, 512);
    struct ldap_text names = text_room(pending, 512, 1536);
    struct ldap_text values = text_room(pending, 1536, TEXT_MAX);
    if (!der_take(&at, DER_OCTETS, &object) || !der_take(&at, DER_SEQUENCE, &list))
        return;
    pending->object = plain_keep(&text, der_bytes(&object));
    while (der_take(&list, DER_SEQUENCE, &item)) {
        if (is_modify &&
            (!der_take(&item, DER_ENUMERATED, &inner) || !der_take(&item, DER_SEQUENCE, &item)))
            continue;
        attribute_read(&names, &values, item);
    }
    pending->attributes = text_view(&names);
    pending->values = text_view(&values);
}

static void name_read(struct pending *pending, struct cursor at)
{
    struct cursor object;
    struct ldap_text text = text_room(pending, 0, 1024);
    if (der_take(&at, DER_OCTETS, &object))
        pending->object = plain_keep(&text, der_bytes(&object));
}

/* Controls [0]: the paged results control (RFC 2696), whose value is SEQUENCE {size, cookie} */
static void controls_read(struct pending *pending, struct cursor at)
{
    static const char paged[] = "1.2.840.113556.1.4.319";
    struct cursor control, type, inner, value, size;
    uint8_t tag;
    while (der_take(&at, DER_SEQUENCE, &control)) {
        if (!der_take(&control, DER_OCTETS, &type) ||
            !bytes_equal(der_bytes(&type), bytes_of_text(paged)))
            continue;
        while (der_next(&control, &tag, &inner))
            if (tag == DER_OCTETS && der_take(&inner, DER_SEQUENCE, &value) &&
                der_take(&value, DER_INTEGER, &size))
                pending->page_size = der_integer(&size);
    }
}

static void request_take(struct session *session, int64_t id, uint8_t tag, struct cursor body,
                         struct cursor rest)
{
    struct cursor controls;
    id_note(session, id);
    if (tag == UNBIND || (tag & 0xF0) == 0x50)
        return;
    struct pending *pending = pending_new(session, tag, id);
    if (!pending)
        return;
    if (tag == BIND_REQUEST)
        bind_read(session, pending, body);
    else if (tag == SEARCH_REQUEST)
        search_read(&session->base, pending, body);
    else if (tag == ADD_REQUEST || tag == MODIFY_REQUEST)
        change_read(pending, body, tag == MODIFY_REQUEST);
    else if (tag == DELETE_REQUEST)
        pending->object =
            plain_keep(&(struct ldap_text){.data = pending->text, .room = 1024}, der_bytes(&body));
    else
        name_read(pending, body);
    if (der_take(&rest, DER_CONTEXT(0), &controls))
        controls_read(pending, controls);
}

/* LDAPResult: resultCode, matchedDN, diagnosticMessage; a bind's credentials follow. */
static void response_take(struct session *session, int64_t id, uint8_t tag, struct cursor body)
{
    struct pending *pending = pending_find(session, id);
    struct cursor inner;
    uint8_t part;
    int64_t result = 0;
    if (tag == SEARCH_ENTRY || tag == 0x73) {
        if (pending)
            pending->entries++;
        return;
    }
    if (der_take(&body, DER_ENUMERATED, &inner))
        result = der_integer(&inner);
    if (tag == BIND_RESPONSE) {
        /* Sicily answers with the challenge in place of the matched name. */
        while (der_next(&body, &part, &inner))
            if (part == 0x87 || (part == DER_OCTETS && cursor_left(&inner) > 12))
                token_take(session, WIRE_SERVER, der_bytes(&inner));
        if (result != 14)
            auth_outcome(&session->base, session->auth, result == 0, NULL);
    }
    if (pending)
        pending_tell(session, pending, &result, WIRE_SERVER);
}

static void message_take(struct session *session, enum wire_side side, struct cursor at)
{
    struct cursor inner, body;
    uint8_t tag;
    if (!der_take(&at, DER_INTEGER, &inner) || !der_next(&at, &tag, &body)) {
        wire_damaged(&session->base, side, "an LDAP message without an operation");
        return;
    }
    const int64_t id = der_integer(&inner);
    if (side == WIRE_CLIENT)
        request_take(session, id, tag, body, at);
    else
        response_take(session, id, tag, body);
}

/* The messages of what was opened; returns what is left over. */
static struct bytes opened_read(struct session *session, enum wire_side side, struct bytes bytes)
{
    while (bytes.length) {
        const size_t length = bytes.data[0] == DER_SEQUENCE ? message_length(bytes) : SIZE_MAX;
        struct cursor at = cursor_over(bytes, 0), message;
        if (length == SIZE_MAX) {
            wire_damaged(&session->base, side, "sealed bytes that are no LDAP message");
            return (struct bytes){0};
        }
        if (!length || bytes.length < length)
            break;
        if (der_take(&at, DER_SEQUENCE, &message))
            message_take(session, side, message);
        bytes = bytes_of(bytes.data + length, bytes.length - length);
    }
    return bytes;
}

/* A message may go on in the next sealed buffer. */
static void opened_take(struct session *session, enum wire_side side, struct bytes plain)
{
    struct buffer *opened = &session->opened[side];
    const bool is_more = opened->length > 0;
    if (is_more && (opened->length + plain.length > MESSAGE_MAX ||
                    !wire_gather(&session->base, opened, plain))) {
        wire_damaged(&session->base, side, "a sealed LDAP message that is too long to be kept");
        wire_gather_end(&session->base, opened);
        return;
    }
    const struct bytes rest = opened_read(session, side, is_more ? buffer_view(opened) : plain);
    if (!rest.length && is_more)
        wire_gather_end(&session->base, opened);
    else if (is_more && rest.length < opened->length)
        memmove(opened->data, rest.data, rest.length);
    else if (!is_more && rest.length)
        (void)wire_gather(&session->base, opened, rest);
    if (is_more && rest.length)
        opened->length = rest.length;
}

/* A buffer of the security layer. False: it stays closed. */
static bool sealed_take(struct session *session, enum wire_side side, struct bytes wrapped)
{
    struct wire_connection *connection = session->base.connection;
    struct wire_keys *keys = wire_keys_of(connection);
    const struct wire_secret *secret = auth_secret(session->auth);
    if (keys && secret && secret != session->seal_secret) {
        session->seal_secret = secret;
        session->seal = wire_seal_new(connection, secret);
    }
    uint8_t *room = keys && session->seal ? wire_room_take(keys, wrapped.length) : NULL;
    struct bytes plain;
    if (!room)
        return false;
    memcpy(room, wrapped.data, wrapped.length);
    const bool is_open = wire_seal_unwrap(session->seal, side, room, wrapped.length, &plain);
    if (is_open)
        opened_take(session, side, plain);
    wire_room_back(keys, wrapped.length);
    return is_open;
}

static void wrapped_take(struct session *session, enum wire_side side, struct bytes wrapped)
{
    if (!wrapped.length || !sealed_take(session, side, wrapped))
        wire_unseen(&session->base, wrapped.length);
}

static size_t ldap_data(struct wire_session *base, enum wire_side side, struct bytes bytes)
{
    struct session *session = (struct session *)base;
    size_t taken = 0;
    while (taken < bytes.length) {
        const struct bytes rest = bytes_of(bytes.data + taken, bytes.length - taken);
        const size_t length = message_length(rest);
        if (length == SIZE_MAX) {
            wire_damaged(base, side, "bytes that are no LDAP message");
            return bytes.length;
        }
        if (!length || rest.length < length)
            break;
        struct cursor at = cursor_over(bytes_of(rest.data, length), 0), message;
        if (rest.data[0] != DER_SEQUENCE)
            wrapped_take(session, side, bytes_of(rest.data + 4, length - 4));
        else if (der_take(&at, DER_SEQUENCE, &message))
            message_take(session, side, message);
        taken += length;
    }
    return taken;
}

/* [MS-ADTS] 6.3.3: a message a datagram. */
static size_t cldap_data(struct wire_session *base, enum wire_side side, struct bytes bytes)
{
    if (!bytes.length || bytes.data[0] != DER_SEQUENCE ||
        ldap_data(base, side, bytes) != bytes.length)
        wire_damaged(base, side, "a datagram that is no LDAP message");
    return bytes.length;
}

/* Sealed buffers begin with the token of NTLM ([MS-NLMP] 2.2.2.9.1) or Kerberos (RFC 4121 4.2.6.2).
 */
static bool is_wrapped(struct bytes bytes)
{
    static const uint8_t ntlm[] = {1, 0, 0, 0}, kerberos[] = {5, 4};
    return bytes.length >= 8 && bytes.data[0] == 0 &&
           (memcmp(bytes.data + 4, ntlm, sizeof(ntlm)) == 0 ||
            memcmp(bytes.data + 4, kerberos, sizeof(kerberos)) == 0);
}

static size_t ldap_frame(const struct wire_session *base, enum wire_side side, struct bytes bytes)
{
    if (ldap_probe(base->connection, side, bytes) != WIRE_YES && !is_wrapped(bytes))
        return 0;
    const size_t length = message_length(bytes);
    return length == SIZE_MAX ? 0 : length;
}

static bool ldap_gap(struct wire_session *base, enum wire_side side, uint64_t length)
{
    (void)length;
    wire_gather_end(base, &((struct session *)base)->opened[side]);
    return true;
}

static void ldap_end(struct wire_session *base)
{
    struct session *session = (struct session *)base;
    for (unsigned i = 0; i < PENDING_MAX; i++)
        if (session->pending[i] && session->pending[i]->is_used)
            pending_tell(session, session->pending[i], NULL, WIRE_CLIENT);
    auth_end(base, session->auth);
    wire_gather_end(base, &session->opened[WIRE_CLIENT]);
    wire_gather_end(base, &session->opened[WIRE_SERVER]);
}

const struct wire_protocol wire_ldap = {
    .name = "ldap_tcp",
    .transport = WIRE_TCP,
    .probe = ldap_probe,
    .session = sizeof(struct session),
    .data = ldap_data,
    .frame = ldap_frame,
    .gap = ldap_gap,
    .end = ldap_end,
};

const struct wire_protocol wire_cldap = {
    .name = "ldap_udp",
    .transport = WIRE_UDP,
    .probe = ldap_probe,
    .session = sizeof(struct session),
    .data = cldap_data,
    .gap = ldap_gap,
    .end = ldap_end,
};
