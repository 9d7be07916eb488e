/* NEGOTIATE, SESSION_SETUP_ANDX and TREE_CONNECT_ANDX. [MS-CIFS] 2.2.4.52, 2.2.4.53, 2.2.4.55;
 * [MS-SMB] 2.2.4.5 to 2.2.4.7; offsets in the words:
 *
 *   NEGOTIATE reply              SESSION_SETUP request: 12 words, or 13 without extended security
 *    0  2  DialectIndex           4  2  MaxBufferSize
 *    2  1  SecurityMode           6  2  MaxMpxCount
 *    3  2  MaxMpxCount            8  2  VcNumber
 *    7  4  MaxBufferSize         10  4  SessionKey
 *   19  4  Capabilities          14  2  SecurityBlobLength, or OEMPasswordLen and, 16, Unicode's
 *                                20  4  Capabilities; 22 of 13 words
 *   TREE_CONNECT request         SESSION_SETUP reply
 *    6  2  PasswordLength         4  2  Action
 *                                 6  2  SecurityBlobLength, of 4 words */
#include "readers/capture/smb/smb1.h"

#define DIALECTS_BYTES 1024U
#define WORDS_EXTENDED 24U
#define WORDS_CLASSIC  26U
#define ACTION_GUEST   1U

static void header_facts(struct smb *smb, const struct smb1_block *block)
{
    smb_fact_hex(smb, SMB1_FLAGS, block->flags);
    smb_fact_hex(smb, SMB1_FLAGS2, block->flags2);
    smb_fact_number(smb, SMB1_PID, block->pid);
    smb_fact_number(smb, SMB1_MID, block->mid);
    smb_fact_number(smb, SMB1_UID, block->uid);
    smb_fact_number(smb, SMB1_TID, block->tid);
    smb_fact_number(smb, SMB1_NEGOTIATE_SIZE, block->whole);
}

/* Each dialect: 02, its name, NUL. */
bool smb1_negotiate_request(struct smb *smb, const struct smb1_block *block,
                            struct smb_request *request)
{
    struct arena *arena = smb->session.connection->arena;
    struct bytes rest = block->bytes;
    (void)request;
    if (smb->smb1_dialects.length || smb->counts.negotiates++ >= SMB_NEGOTIATES_MAX)
        return true;
    header_facts(smb, block);
    while (rest.length > 1 && rest.data[0] == 2) {
        struct smb_text name = {0};
        rest = bytes_of(rest.data + 1, rest.length - 1);
        smb1_ascii_take(smb, &rest, &name);
        if ((smb->smb1_dialects.length &&
             !smb_text_add(&smb->smb1_dialects, arena, bytes_of(",", 1), DIALECTS_BYTES)) ||
            !smb_text_add(&smb->smb1_dialects, arena, smb_text_view(&name), DIALECTS_BYTES))
            break;
    }
    return true;
}

/* The dialect with this index among those that were offered. */
static struct bytes dialect_of(const struct smb *smb, unsigned index)
{
    struct bytes rest = smb_text_view(&smb->smb1_dialects);
    for (;;) {
        const uint8_t *comma = rest.length ? memchr(rest.data, ',', rest.length) : NULL;
        const size_t length = comma ? (size_t)(comma - rest.data) : rest.length;
        if (index == 0)
            return bytes_of(rest.data, length);
        if (!comma)
            return bytes_of(NULL, 0);
        rest = bytes_of(comma + 1, rest.length - length - 1);
        index--;
    }
}

static void negotiate_facts(struct smb *smb, const struct smb1_block *block)
{
    const uint8_t *words = block->words.data;
    smb_fact_text(smb, SMB1_DIALECT, dialect_of(smb, load_le16(words)));
    if (block->words.length < 34)
        return;
    smb_fact_number(smb, SMB1_SERVER_MODE, words[2]);
    smb_fact_number(smb, SMB1_SERVER_MAX_MPX, load_le16(words + 3));
    smb_fact_number(smb, SMB1_SERVER_MAX_BUFFER, load_le32(words + 7));
    smb_fact_hex(smb, SMB1_SERVER_CAPABILITIES, load_le32(words + 19));
    if (load_le32(words + 19) & SMB1_CAP_EXTENDED && block->bytes.length >= 16) {
        smb_fact_raw(smb, SERVER_GUID, bytes_of(block->bytes.data, 16));
        smb_fact_bool(smb, SERVER_GUID_IS_LETTERS, smb_is_letters(bytes_of(block->bytes.data, 16)));
    }
}

bool smb1_negotiate_reply(struct smb *smb, const struct smb1_block *block,
                          struct smb_request *request)
{
    if (block) {
        smb_fact_name(smb, SERVER_STATUS, smb_status_name(smb, block->status));
        if (block->words.length >= 2)
            negotiate_facts(smb, block);
    }
    return smb1_other_reply(smb, block, request);
}

static void fact_string(struct smb *smb, const struct smb1_block *block, struct bytes *rest,
                        enum smb_session_field field)
{
    struct smb_text text = {0};
    if (value_is_there(&smb->facts[field]))
        return;
    smb1_string_take(smb, block, rest, &text);
    smb_fact_text(smb, field, smb_text_view(&text));
}

static void setup_facts(struct smb *smb, const struct smb1_block *block, uint32_t capabilities)
{
    const uint8_t *words = block->words.data;
    smb_fact_number(smb, SETUP_SIZE, block->whole);
    smb_fact_hex(smb, SMB1_SETUP_FLAGS2, block->flags2);
    smb_fact_number(smb, SMB1_MAX_BUFFER, load_le16(words + 4));
    smb_fact_number(smb, SMB1_MAX_MPX, load_le16(words + 6));
    smb_fact_number(smb, SMB1_VC_NUMBER, load_le16(words + 8));
    smb_fact_hex(smb, SMB1_SESSION_KEY, load_le32(words + 10));
    smb_fact_hex(smb, SMB1_CAPABILITIES, capabilities);
    smb_fact_bool(smb, SMB1_IS_EXTENDED, block->words.length == WORDS_EXTENDED);
    smb_fact_bool(smb, SMB1_IS_ASCII,
                  capabilities & SMB1_CAP_UNICODE && !(block->flags2 & SMB1_UNICODE));
}

static void setup_extended(struct smb *smb, const struct smb1_block *block,
                           struct smb_request *request)
{
    const uint16_t length = load_le16(block->words.data + 14);
    struct smb_logon *logon = block->uid ? smb_logon_make(smb, block->uid) : NULL;
    struct bytes rest = smb_part(block->bytes, length, block->bytes.length);
    smb_token(smb, block->side, smb_part(block->bytes, 0, length),
              logon ? &logon->auth : &request->auth);
    fact_string(smb, block, &rest, NATIVE_OS);
    fact_string(smb, block, &rest, NATIVE_LANMAN);
}

/* Without extended security the account stands in the clear. */
static void setup_classic(struct smb *smb, const struct smb1_block *block,
                          struct smb_request *request)
{
    const size_t passwords =
        (size_t)load_le16(block->words.data + 14) + load_le16(block->words.data + 16);
    struct bytes rest = smb_part(block->bytes, passwords, block->bytes.length);
    struct smb_text account = {0};
    struct smb_text domain = {0};
    struct arena *arena = smb->session.connection->arena;
    smb1_string_take(smb, block, &rest, &account);
    smb1_string_take(smb, block, &rest, &domain);
    if (account.length && domain.length) {
        (void)smb_text_add(&request->name, arena, smb_text_view(&domain), SMB_NAME_UNITS);
        (void)smb_text_add(&request->name, arena, bytes_of("\\", 1), SMB_NAME_UNITS);
    }
    (void)smb_text_add(&request->name, arena, smb_text_view(&account), SMB_NAME_UNITS * 2);
    fact_string(smb, block, &rest, NATIVE_OS);
    fact_string(smb, block, &rest, NATIVE_LANMAN);
}

bool smb1_setup_request(struct smb *smb, const struct smb1_block *block,
                        struct smb_request *request)
{
    const size_t words = block->words.length;
    if (words != WORDS_EXTENDED && words != WORDS_CLASSIC)
        return words >= 20; /* LAN Manager's form says nothing that is wanted */
    smb->counts.setups++;
    (void)smb_text_add_number(&smb->setup_sizes, smb->session.connection->arena, " ", block->whole,
                              10, 256);
    setup_facts(smb, block, load_le32(block->words.data + (words == WORDS_EXTENDED ? 20 : 22)));
    if (words == WORDS_EXTENDED)
        setup_extended(smb, block, request);
    else
        setup_classic(smb, block, request);
    return true;
}

static void setup_outcome(struct smb *smb, const struct smb1_block *block,
                          struct smb_request *request, struct smb_logon *logon)
{
    const bool is_more = block->status == 0xC0000016U;
    if (request->auth) {
        logon->user.length = 0;
        logon->auth = request->auth;
        request->auth = NULL;
    }
    if (block->words.length >= 8)
        smb_token(smb, block->side, smb_part(block->bytes, 0, load_le16(block->words.data + 6)),
                  &logon->auth);
    if (is_more)
        return;
    if (logon->auth)
        smb_logon_name(smb, logon);
    else
        (void)smb_text_add(&logon->user, smb->session.connection->arena,
                           smb_text_view(&request->name), SMB_NAME_UNITS * 2);
    smb->last_logon = block->uid;
    auth_outcome(&smb->session, logon->auth, block->status == 0,
                 smb_status_name(smb, block->status));
    logon->auth = NULL;
}

static void setup_reply_facts(struct smb *smb, const struct smb1_block *block)
{
    const bool is_extended = block->words.length >= 8;
    struct bytes rest = block->bytes;
    smb_fact_forget(smb, SETUP_STATUS);
    smb_fact_name(smb, SETUP_STATUS, smb_status_name(smb, block->status));
    if (block->words.length < 6)
        return;
    if (is_extended)
        rest = smb_part(rest, load_le16(block->words.data + 6), rest.length);
    if (block->status == 0) {
        smb_fact_forget(smb, SESSION_IS_GUEST);
        smb_fact_bool(smb, SESSION_IS_GUEST, load_le16(block->words.data + 4) & ACTION_GUEST);
    }
    fact_string(smb, block, &rest, SERVER_NATIVE_OS);
    fact_string(smb, block, &rest, SERVER_NATIVE_LANMAN);
    if (!is_extended)
        fact_string(smb, block, &rest, SERVER_PRIMARY_DOMAIN);
}

bool smb1_setup_reply(struct smb *smb, const struct smb1_block *block, struct smb_request *request)
{
    if (block) {
        struct smb_logon *logon = smb_logon_make(smb, block->uid);
        if (logon)
            setup_outcome(smb, block, request, logon);
        setup_reply_facts(smb, block);
        request->logon = block->uid;
    }
    auth_end(&smb->session, request->auth);
    request->auth = NULL;
    return smb1_other_reply(smb, block, request);
}

bool smb1_connect_request(struct smb *smb, const struct smb1_block *block,
                          struct smb_request *request)
{
    if (block->words.length < 8)
        return false;
    const uint16_t password = load_le16(block->words.data + 6);
    struct bytes rest = smb_part(block->bytes, password, block->bytes.length);
    smb->counts.trees++;
    smb1_string_take(smb, block, &rest, &request->name);
    smb1_ascii_take(smb, &rest, &request->contexts); /* the service that is wanted */
    return true;
}

static const char *service_type(struct bytes service)
{
    if (bytes_equal(service, bytes_of_text("IPC")))
        return "PIPE";
    return bytes_equal(service, bytes_of_text("LPT1:")) ? "PRINT" : "DISK";
}

static struct smb_share *share_connect(struct smb *smb, const struct smb1_block *block,
                                       const struct smb_request *request)
{
    struct arena *arena = smb->session.connection->arena;
    struct smb_share *share = smb_share_of(smb, smb_text_view(&request->name));
    struct bytes rest = block->bytes;
    struct smb_text text = {0};
    if (!share || share->type)
        return share;
    smb1_ascii_take(smb, &rest, &text);
    share->type = service_type(smb_text_view(&text));
    share->service = arena_keep(arena, smb_text_view(&text));
    smb1_string_take(smb, block, &rest, &text);
    share->system = arena_keep(arena, smb_text_view(&text));
    return share;
}

bool smb1_connect_reply(struct smb *smb, const struct smb1_block *block,
                        struct smb_request *request)
{
    struct smb_share *share = NULL;
    struct smb_reply reply;
    if (block) {
        reply = smb1_reply(block);
        request->logon = block->uid;
    }
    if (block && block->status == 0) {
        share = share_connect(smb, block, request);
        request->tree = block->tid;
        smb_tree_make(smb, block->uid, block->tid, share);
    }
    struct wire_event *event = smb_mapping_begin(smb, request, block ? &reply : NULL, share);
    if (!event)
        return false;
    if (!share)
        wire_set_text(event, MAPPING_SERVICE, smb_text_view(&request->contexts));
    else if (block->words.length >= 10)
        wire_set_hex(event, MAPPING_MAXIMAL_ACCESS, load_le32(block->words.data + 6), 4);
    smb_event_end(smb, event, request, block ? &reply : NULL);
    return false;
}

bool smb1_disconnect_reply(struct smb *smb, const struct smb1_block *block,
                           struct smb_request *request)
{
    (void)smb1_other_reply(smb, block, request);
    if (block && block->status == 0)
        smb_tree_drop(smb, request->logon, request->tree);
    return false;
}
