/* NEGOTIATE. [MS-SMB2] 2.2.3, 2.2.4; offsets of the bodies:
 *
 *   request                       reply
 *    2  2  DialectCount            2  2  SecurityMode
 *    4  2  SecurityMode            4  2  DialectRevision
 *    8  4  Capabilities            6  2  NegotiateContextCount
 *   12 16  ClientGuid              8 16  ServerGuid
 *   28  4  NegotiateContextOffset 24  4  Capabilities
 *   32  2  NegotiateContextCount  28 12  MaxTransact-, MaxRead-, MaxWriteSize
 *   36     Dialects               40 16  SystemTime, ServerStartTime
 *                                 56  4  SecurityBufferOffset, -Length
 *                                 60  4  NegotiateContextOffset
 *
 * A context (2.2.3.1): ContextType 2, DataLength 2, 4 reserved, data, filled up to 8. */
#include "readers/capture/smb/smb2.h"

#define DIALECTS_MAX   32U
#define CONTEXTS_MAX   32U
#define ALGORITHMS_MAX 32U
#define LIST_MAX       256U
#define PADDING_MAX    32U

enum context_type {
    CONTEXT_PREAUTH = 1,
    CONTEXT_ENCRYPTION = 2,
    CONTEXT_COMPRESSION = 3,
    CONTEXT_NETNAME = 5,
    CONTEXT_SIGNING = 8,
};

/* A list on its way into a fact: numbers joined by commas. */
struct list {
    struct smb *smb;
    struct smb_text text;
};

static void list_add(struct list *list, uint64_t number, unsigned base)
{
    (void)smb_text_add_number(&list->text, list->smb->session.connection->arena,
                              list->text.length ? "," : "", number, base, LIST_MAX);
}

static void list_end(const struct list *list, enum smb_session_field field)
{
    if (list->text.length)
        smb_fact_text(list->smb, field, smb_text_view(&list->text));
}

/* `data` begins with a count of 16-bit algorithms, which stand `at` bytes behind it. */
static void algorithms_see(struct smb *smb, struct bytes data, size_t at,
                           enum smb_session_field field)
{
    struct list list = {.smb = smb};
    const size_t count = data.length < 2 ? 0 : load_le16(data.data);
    for (size_t i = 0; i < count && i < ALGORITHMS_MAX && at + 2 * i + 2 <= data.length; i++)
        list_add(&list, load_le16(data.data + at + 2 * i), 10);
    list_end(&list, field);
}

/* [MS-SMB2] 2.2.3.1.1: HashAlgorithmCount 2, SaltLength 2, HashAlgorithms, Salt. */
static void preauth_see(struct smb *smb, struct bytes data)
{
    if (data.length < 4)
        return;
    algorithms_see(smb, data, 4, NEG_HASHES);
    const struct bytes salt =
        smb_part(data, 4 + 2 * (uint64_t)load_le16(data.data), load_le16(data.data + 2));
    smb_fact_number(smb, NEG_SALT_LENGTH, salt.length);
    smb_fact_raw(smb, NEG_SALT, salt);
    smb_fact_bool(smb, NEG_SALT_IS_LETTERS, smb_is_letters(salt));
}

static void netname_see(struct smb *smb, struct bytes data)
{
    struct smb_text name = {0};
    smb_text_set_utf16(&name, smb->session.connection->arena, data);
    smb_fact_text(smb, NEG_NETNAME, smb_text_view(&name));
}

static void client_context_see(struct smb *smb, unsigned type, struct bytes data)
{
    switch (type) {
    case CONTEXT_PREAUTH:
        preauth_see(smb, data);
        break;
    case CONTEXT_ENCRYPTION:
        algorithms_see(smb, data, 2, NEG_CIPHERS);
        break;
    case CONTEXT_COMPRESSION:
        algorithms_see(smb, data, 8, NEG_COMPRESSIONS);
        break;
    case CONTEXT_NETNAME:
        netname_see(smb, data);
        break;
    case CONTEXT_SIGNING:
        algorithms_see(smb, data, 2, NEG_SIGNINGS);
        break;
    default:
        break;
    }
}

static void server_context_see(struct smb *smb, unsigned type, struct bytes data)
{
    if (type == CONTEXT_ENCRYPTION && data.length >= 4)
        smb->cipher = load_le16(data.data + 2);
    if (type == CONTEXT_ENCRYPTION)
        algorithms_see(smb, data, 2, SERVER_CIPHER);
    else if (type == CONTEXT_SIGNING)
        algorithms_see(smb, data, 2, SERVER_SIGNING);
}

struct padding {
    uint8_t bytes[PADDING_MAX];
    size_t length;
};

static void padding_add(struct padding *padding, struct bytes gap)
{
    for (size_t i = 0; i < gap.length && padding->length < PADDING_MAX; i++)
        padding->bytes[padding->length++] = gap.data[i];
}

/* Reads a list of contexts; the bytes between them go to `padding`. */
static void contexts_see(struct smb *smb, const struct smb2_message *message, uint32_t offset,
                         unsigned count, struct padding *padding)
{
    struct list types = {.smb = smb};
    uint64_t at = offset;
    for (unsigned i = 0; i < count && i < CONTEXTS_MAX; i++) {
        const struct bytes header = smb_part(message->bytes, at, 8);
        if (header.length < 8)
            break;
        const unsigned type = load_le16(header.data);
        const uint16_t length = load_le16(header.data + 2);
        const struct bytes data = smb_part(message->bytes, at + 8, length);
        list_add(&types, type, 10);
        (message->is_reply ? server_context_see : client_context_see)(smb, type, data);
        const uint64_t end = at + 8 + length;
        at = (end + 7) & ~(uint64_t)7;
        if (i + 1 < count)
            padding_add(padding, smb_part(message->bytes, end, at - end));
    }
    list_end(&types, message->is_reply ? SERVER_CONTEXTS : NEG_CONTEXTS);
}

static void padding_tell(struct smb *smb, const struct padding *padding)
{
    static const char digits[] = "0123456789abcdef";
    char hex[PADDING_MAX * 2];
    for (size_t i = 0; i < padding->length; i++) {
        hex[2 * i] = digits[padding->bytes[i] >> 4];
        hex[2 * i + 1] = digits[padding->bytes[i] & 15];
    }
    if (padding->length)
        smb_fact_text(smb, NEG_PADDING, bytes_of(hex, padding->length * 2));
}

/* The words of a list that is joined by commas, as values. */
static void words_tell(struct smb *smb, struct bytes words, size_t count)
{
    struct value *items =
        arena_take_array(smb->session.connection->arena, count, sizeof(struct value));
    if (!items || !words.data)
        return;
    const uint8_t *const end = words.data + words.length;
    const uint8_t *at = words.data;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *comma = memchr(at, ',', (size_t)(end - at));
        const uint8_t *stop = comma ? comma : end;
        items[i] = (struct value){.type = VALUE_UTF8, .length = (uint32_t)(stop - at), .data = at};
        at = comma ? comma + 1 : end;
    }
    smb->facts[NEG_DIALECTS] =
        (struct value){.type = VALUE_LIST, .length = (uint32_t)count, .items = items};
}

/* A list of texts, and the same in one text. Returns whether 3.1.1 is among them. */
static bool dialects_see(struct smb *smb, struct bytes dialects)
{
    struct list list = {.smb = smb};
    bool is_311 = false;
    size_t count = 0;
    while (count < DIALECTS_MAX && 2 * count + 2 <= dialects.length) {
        const uint16_t dialect = load_le16(dialects.data + 2 * count);
        list_add(&list, dialect, 16);
        is_311 = is_311 || dialect == 0x0311;
        count++;
    }
    list_end(&list, NEG_DIALECT_LIST);
    if (count)
        words_tell(smb, smb_text_view(&list.text), count);
    return is_311;
}

static void request_contexts(struct smb *smb, const struct smb2_message *message,
                             size_t dialects_end)
{
    const uint8_t *body = message->bytes.data + SMB2_HEADER;
    const uint32_t offset = load_le32(body + 28);
    const unsigned count = load_le16(body + 32);
    struct padding padding = {.length = 0};
    smb_fact_number(smb, NEG_CONTEXT_COUNT, count);
    smb_fact_number(smb, NEG_CONTEXT_OFFSET, offset);
    if (offset > dialects_end)
        padding_add(&padding, smb_part(message->bytes, dialects_end, offset - dialects_end));
    contexts_see(smb, message, offset, count, &padding);
    padding_tell(smb, &padding);
}

bool smb2_negotiate_request(struct smb *smb, const struct smb2_message *message)
{
    const uint8_t *body = smb2_body(message, 36);
    if (!body)
        return false;
    smb2_preauth_negotiate(smb, message, true);
    if (smb->counts.negotiates++ >= SMB_NEGOTIATES_MAX || value_is_there(&smb->facts[NEG_SIZE]))
        return true;
    const struct bytes guid = bytes_of(body + 12, 16);
    const size_t dialects_end = SMB2_HEADER + 36 + 2 * (size_t)load_le16(body + 2);
    smb_fact_number(smb, NEG_SIZE, message->whole);
    smb_fact_number(smb, NEG_SECURITY_MODE, load_le16(body + 4));
    smb_fact_hex(smb, NEG_CAPABILITIES, load_le32(body + 8));
    smb_fact_raw(smb, NEG_GUID, guid);
    smb_fact_bool(smb, NEG_GUID_IS_LETTERS, smb_is_letters(guid));
    smb_fact_number(smb, NEG_CREDIT_CHARGE, message->credit_charge);
    smb_fact_number(smb, NEG_CREDITS, message->credits);
    smb_fact_number(smb, NEG_MESSAGE_ID, message->id);
    if (dialects_see(smb,
                     smb_part(message->bytes, SMB2_HEADER + 36, dialects_end - SMB2_HEADER - 36)))
        request_contexts(smb, message, dialects_end);
    return true;
}

/* The reply to an SMB1 negotiation (dialect 02FF) is replaced by the one that counts. */
static void reply_forget(struct smb *smb)
{
    for (unsigned field = SERVER_STATUS; field <= SERVER_SIGNING; field++)
        smb_fact_forget(smb, field);
}

static void reply_body(struct smb *smb, const struct smb2_message *message, const uint8_t *body)
{
    const struct bytes guid = bytes_of(body + 8, 16);
    const uint64_t now = load_le64(body + 40);
    const uint64_t start = load_le64(body + 48);
    static const struct {
        uint8_t field, at;
    } sizes[] = {{SERVER_MAX_TRANSACT, 28}, {SERVER_MAX_READ, 32}, {SERVER_MAX_WRITE, 36}};
    struct list dialect = {.smb = smb};
    list_add(&dialect, load_le16(body + 4), 16);
    list_end(&dialect, SERVER_DIALECT);
    smb_fact_raw(smb, SERVER_GUID, guid);
    smb_fact_bool(smb, SERVER_GUID_IS_LETTERS, smb_is_letters(guid));
    smb_fact_number(smb, SERVER_MODE, load_le16(body + 2));
    smb_fact_hex(smb, SERVER_CAPABILITIES, load_le32(body + 24));
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        smb_fact_number(smb, sizes[i].field, load_le32(body + sizes[i].at));
    smb_fact_time(smb, SERVER_TIME, now);
    smb_fact_time(smb, SERVER_START_TIME, start);
    smb_fact_bool(smb, SERVER_TIMES_EQUAL, now == start);
    smb_fact_number(smb, SERVER_CREDITS, message->credits);
}

void smb2_negotiate_reply(struct smb *smb, const struct smb2_message *message)
{
    const uint8_t *body = smb2_body(message, 64);
    if (smb->counts.negotiates > SMB_NEGOTIATES_MAX)
        return;
    smb->counts.negotiates += value_is_there(&smb->facts[SERVER_STATUS]);
    reply_forget(smb);
    smb_fact_name(smb, SERVER_STATUS, smb_status_name(smb, message->status));
    if (!body || message->status != 0)
        return;
    smb2_preauth_negotiate(smb, message, false);
    smb->dialect = load_le16(body + 4);
    reply_body(smb, message, body);
    if (load_le16(body + 4) == 0x0311) {
        struct padding padding = {.length = 0};
        contexts_see(smb, message, load_le32(body + 60), load_le16(body + 6), &padding);
    }
}
