/* SESSION_SETUP and TREE_CONNECT. [MS-SMB2] 2.2.5, 2.2.6, 2.2.9, 2.2.10; offsets of the bodies:
 *
 *   SESSION_SETUP request         reply
 *    2  1  Flags                   2  2  SessionFlags
 *    3  1  SecurityMode            4  2  SecurityBufferOffset
 *    4  4  Capabilities            6  2  SecurityBufferLength
 *    8  4  Channel
 *   12  2  SecurityBufferOffset   TREE_CONNECT request      reply
 *   14  2  SecurityBufferLength    4  2  PathOffset          2  1  ShareType
 *   16  8  PreviousSessionId       6  2  PathLength          4  4  ShareFlags
 *                                                            8  4  Capabilities
 *                                                           12  4  MaximalAccess */
#include "readers/capture/smb/smb2.h"

#define SESSION_GUEST     1U
#define SESSION_ANONYMOUS 2U
#define SESSION_ENCRYPT   4U

static void setup_facts(struct smb *smb, const struct smb2_message *message, const uint8_t *body)
{
    if (smb->counts.setups++ != 0)
        return;
    smb_fact_number(smb, SETUP_SIZE, message->whole);
    smb_fact_number(smb, SETUP_FLAGS, body[2]);
    smb_fact_number(smb, SETUP_SECURITY_MODE, body[3]);
    smb_fact_hex(smb, SETUP_CAPABILITIES, load_le32(body + 4));
    smb_fact_number(smb, SETUP_CHANNEL, load_le32(body + 8));
    smb_fact_number(smb, SETUP_BUFFER_OFFSET, load_le16(body + 12));
    smb_fact_hex(smb, SETUP_PREVIOUS_SESSION, load_le64(body + 16));
    smb_fact_number(smb, SETUP_CREDITS, message->credits);
}

bool smb2_setup_request(struct smb *smb, const struct smb2_message *message,
                        struct smb_request *request)
{
    const uint8_t *body = smb2_body(message, 24);
    if (!body)
        return false;
    setup_facts(smb, message, body);
    const struct bytes blob = smb_part(message->bytes, load_le16(body + 12), load_le16(body + 14));
    struct smb_logon *logon = message->logon ? smb_logon_make(smb, message->logon) : NULL;
    uint8_t **preauth = logon ? &logon->preauth : &request->preauth;
    *preauth = smb2_preauth_setup(smb, message, *preauth);
    smb_token(smb, message->side, blob, logon ? &logon->auth : &request->auth);
    return true;
}

/* The session's id is known with the first reply. */
static struct smb_logon *logon_begin(struct smb *smb, uint64_t id, struct smb_request *request)
{
    struct smb_logon *logon = id ? smb_logon_make(smb, id) : NULL;
    if (logon && request->auth) {
        auth_end(&smb->session, logon->auth);
        logon->auth = request->auth;
        logon->user.length = 0;
        logon->preauth = request->preauth;
        request->auth = NULL;
    }
    return logon;
}

static void logon_end(struct smb *smb, struct smb_logon *logon, const struct smb2_message *message)
{
    smb_logon_name(smb, logon);
    smb->last_logon = message->logon;
    if (message->status == 0 && !logon->secret)
        logon->secret = auth_secret(logon->auth);
    auth_outcome(&smb->session, logon->auth, message->status == 0,
                 smb_status_name(smb, message->status));
    logon->auth = NULL;
}

static void session_flags(struct smb *smb, const struct smb2_message *message)
{
    const uint8_t *body = smb2_body(message, 8);
    if (!body)
        return;
    const uint16_t flags = load_le16(body + 2);
    smb_fact_forget(smb, SETUP_SESSION_FLAGS);
    smb_fact_forget(smb, SESSION_IS_GUEST);
    smb_fact_forget(smb, SESSION_IS_ANONYMOUS);
    smb_fact_hex(smb, SETUP_SESSION_FLAGS, flags);
    smb_fact_bool(smb, SESSION_IS_GUEST, flags & SESSION_GUEST);
    smb_fact_bool(smb, SESSION_IS_ANONYMOUS, flags & SESSION_ANONYMOUS);
    smb->is_setup_just_done = !(flags & SESSION_ENCRYPT);
}

static void setup_outcome(struct smb *smb, const struct smb2_message *message,
                          struct smb_request *request)
{
    struct smb_logon *logon = logon_begin(smb, message->logon, request);
    const uint8_t *body = smb2_body(message, 8);
    const bool is_more = message->status == SMB2_MORE_PROCESSING;
    if (logon && body && (is_more || message->status == 0))
        smb_token(smb, message->side,
                  smb_part(message->bytes, load_le16(body + 4), load_le16(body + 6)), &logon->auth);
    if (logon && is_more)
        logon->preauth = smb2_preauth_setup(smb, message, logon->preauth);
    if (logon && !is_more)
        logon_end(smb, logon, message);
    if (message->status == 0)
        session_flags(smb, message);
    smb_fact_forget(smb, SETUP_STATUS);
    smb_fact_name(smb, SETUP_STATUS, smb_status_name(smb, message->status));
    request->logon = message->logon;
}

void smb2_setup_reply(struct smb *smb, const struct smb2_message *message,
                      struct smb_request *request)
{
    if (message)
        setup_outcome(smb, message, request);
    auth_end(&smb->session, request->auth);
    request->auth = NULL;
    struct wire_event *event = smb2_cmd_begin(smb, message, request);
    if (event)
        smb2_cmd_end(smb, event, message, request);
}

bool smb2_connect_request(struct smb *smb, const struct smb2_message *message,
                          struct smb_request *request)
{
    const uint8_t *body = smb2_body(message, 8);
    if (!body)
        return false;
    smb->counts.trees++;
    smb_text_set_utf16(&request->name, smb->session.connection->arena,
                       smb_part(message->bytes, load_le16(body + 4), load_le16(body + 6)));
    return true;
}

static const char *share_type_name(uint8_t type)
{
    static const char *const names[] = {NULL, "DISK", "PIPE", "PRINT"};
    return type < COUNT_OF(names) ? names[type] : NULL;
}

static void mapping_set_reply(struct wire_event *event, const uint8_t *body)
{
    wire_set_hex(event, MAPPING_SHARE_FLAGS, load_le32(body + 4), 4);
    wire_set_hex(event, MAPPING_CAPABILITIES, load_le32(body + 8), 4);
    wire_set_hex(event, MAPPING_MAXIMAL_ACCESS, load_le32(body + 12), 4);
}

void smb2_connect_reply(struct smb *smb, const struct smb2_message *message,
                        struct smb_request *request)
{
    const uint8_t *body = message && message->status == 0 ? smb2_body(message, 16) : NULL;
    struct smb_share *share = NULL;
    struct smb_reply reply;
    if (body) {
        share = smb_share_of(smb, smb_text_view(&request->name));
        if (share && share_type_name(body[2]))
            share->type = share_type_name(body[2]);
        request->tree = message->tree;
        smb_tree_make(smb, message->logon, message->tree, share);
    }
    if (message)
        reply = smb2_reply(message);
    struct wire_event *event = smb_mapping_begin(smb, request, message ? &reply : NULL, share);
    if (!event)
        return;
    if (body)
        mapping_set_reply(event, body);
    smb_event_end(smb, event, request, message ? &reply : NULL);
}

void smb2_disconnect_reply(struct smb *smb, const struct smb2_message *message,
                           struct smb_request *request)
{
    smb2_other_reply(smb, message, request);
    if (message && message->status == 0)
        smb_tree_drop(smb, request->logon, request->tree);
}
