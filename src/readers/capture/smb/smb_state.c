#include "readers/capture/smb/smb_state.h"
#include "readers/capture/rpc/rpc.h"

#include <assert.h>

static struct arena *arena_of(struct smb *smb)
{
    return smb->session.connection->arena;
}

/* --- Logons --- */

struct smb_logon *smb_logon_of(struct smb *smb, uint64_t id)
{
    return smb_table_find(&smb->logons, id);
}

static void logon_drop(struct smb *smb, struct smb_logon *logon)
{
    auth_end(&smb->session, logon->auth);
    smb_table_drop(&smb->logons, logon);
}

struct smb_logon *smb_logon_make(struct smb *smb, uint64_t id)
{
    struct smb_logon *logon = smb_logon_of(smb, id);
    if (logon)
        return logon;
    if (smb_table_is_full(&smb->logons))
        logon_drop(smb, (struct smb_logon *)smb->logons.oldest);
    logon = smb_table_take(&smb->logons, arena_of(smb), id);
    if (logon) {
        logon->auth = NULL;
        logon->user.length = 0;
    }
    return logon;
}

void smb_logon_name(struct smb *smb, struct smb_logon *logon)
{
    const struct auth_identity *identity = auth_identity(logon->auth);
    if (!identity || identity->user.length == 0)
        return;
    struct arena *arena = arena_of(smb);
    logon->user.length = 0;
    if (identity->domain.length) {
        (void)smb_text_add(&logon->user, arena, identity->domain, SMB_NAME_UNITS);
        (void)smb_text_add(&logon->user, arena, bytes_of("\\", 1), SMB_NAME_UNITS);
    }
    (void)smb_text_add(&logon->user, arena, identity->user, SMB_NAME_UNITS * 2);
}

/* --- Trees and shares --- */

static bool has_pipes(const struct smb_share *share)
{
    return share && share->type && strcmp(share->type, "PIPE") == 0;
}

struct smb_tree *smb_tree_of(struct smb *smb, uint64_t logon, uint32_t id)
{
    return smb_table_find(&smb->trees, smb_tree_key(logon, id));
}

static bool is_connected(const struct smb *smb, uint64_t logon, const struct smb_share *share)
{
    for (const struct smb_node *node = smb->trees.oldest; node; node = node->newer) {
        const struct smb_tree *tree = (const struct smb_tree *)node;
        if (tree->logon == logon && tree->share == share)
            return true;
    }
    return false;
}

void smb_tree_make(struct smb *smb, uint64_t logon, uint32_t id, struct smb_share *share)
{
    struct smb_tree *tree = smb_tree_of(smb, logon, id);
    if (!tree) {
        if (share && !has_pipes(share))
            smb->counts.trees_again += is_connected(smb, logon, share);
        if (smb_table_is_full(&smb->trees))
            smb_table_drop(&smb->trees, smb->trees.oldest);
        tree = smb_table_take(&smb->trees, arena_of(smb), smb_tree_key(logon, id));
    }
    if (!tree)
        return;
    tree->logon = logon;
    tree->share = share;
}

void smb_tree_drop(struct smb *smb, uint64_t logon, uint32_t id)
{
    struct smb_tree *tree = smb_tree_of(smb, logon, id);
    if (!tree)
        return;
    smb_table_drop(&smb->trees, tree);
    for (struct smb_node *node = smb->files.oldest; node;) {
        struct smb_file *file = (struct smb_file *)node;
        node = node->newer;
        if (file->logon == logon && file->tree == id)
            smb_file_drop(smb, file);
    }
}

struct smb_share *smb_share_of(struct smb *smb, struct bytes path)
{
    for (struct smb_share *share = smb->shares; share; share = share->next) {
        if (bytes_equal(share->path, path))
            return share;
    }
    if (smb->share_count == SMB_SHARES_MAX)
        return NULL;
    struct smb_share *share = arena_take_array(arena_of(smb), 1, sizeof(*share));
    if (!share)
        return NULL;
    share->path = arena_keep(arena_of(smb), path);
    share->next = smb->shares;
    smb->shares = share;
    smb->share_count++;
    return share;
}

/* --- Files --- */

struct smb_file *smb_file_of(struct smb *smb, uint64_t key)
{
    return key ? smb_table_find(&smb->files, key) : NULL;
}

static void text_swap(struct smb_text *one, struct smb_text *other)
{
    const struct smb_text kept = *one;
    *one = *other;
    *other = kept;
}

static void file_begin(struct smb_file *file, uint32_t serial)
{
    struct smb_text name = file->name;
    struct smb_text renamed = file->renamed;
    name.length = 0;
    renamed.length = 0;
    *file =
        (struct smb_file){.node = file->node, .name = name, .renamed = renamed, .serial = serial};
}

struct smb_file *smb_file_make(struct smb *smb, uint64_t key, struct smb_request *request)
{
    struct smb_file *file = smb_file_of(smb, key);
    if (file)
        smb_file_drop(smb, file);
    if (smb_table_is_full(&smb->files))
        smb_file_drop(smb, (struct smb_file *)smb->files.oldest);
    file = smb_table_take(&smb->files, arena_of(smb), key);
    if (!file)
        return NULL;
    file_begin(file, ++smb->counts.serial);
    if (request) {
        const struct smb_tree *tree = smb_tree_of(smb, request->logon, request->tree);
        text_swap(&file->name, &request->name);
        file->share = tree ? tree->share : NULL;
        file->logon = request->logon;
        file->tree = request->tree;
    }
    return file;
}

void smb_file_drop(struct smb *smb, struct smb_file *file)
{
    if (file->carried)
        wire_carry_end(file->carried);
    file->carried = NULL;
    smb_table_drop(&smb->files, file);
}

bool smb_file_is_pipe(const struct smb_file *file)
{
    return file->carries == SMB_RPC || has_pipes(file->share);
}

void smb_pipe_name(struct smb *smb, struct smb_request *request)
{
    const struct smb_tree *tree = smb_tree_of(smb, request->logon, request->tree);
    struct smb_text *name = &request->name;
    if (!tree || !has_pipes(tree->share))
        return;
    if (name->length && name->data[0] == '\\')
        memmove(name->data, name->data + 1, --name->length);
}

/* The first bytes of a connection-oriented PDU: version 5.0 or 5.1, a known type, little-endian or
 * not, and a length that can be. C706 12.6.3.1. */
bool smb_looks_like_rpc(struct bytes data)
{
    if (data.length < 16 || data.data[0] != 5 || data.data[1] > 1 || data.data[2] > 20)
        return false;
    const uint16_t length =
        data.data[4] & 0x10 ? load_le16(data.data + 8) : load_be16(data.data + 8);
    return length >= 16;
}

static void pipe_begin(struct smb *smb, struct smb_file *file, enum wire_side side,
                       struct bytes data)
{
    file->carries = smb_looks_like_rpc(data) ? SMB_RPC : SMB_OTHER;
    if (file->carries != SMB_RPC)
        return;
    wire_carry(&smb->session, &file->carried, &wire_dcerpc, side, bytes_of(NULL, 0));
    struct wire_session *rpc = file->carried ? wire_carried_session(file->carried) : NULL;
    if (rpc && file->name.length)
        dcerpc_set_pipe(rpc, smb_text_view(&file->name));
}

void smb_pipe_data(struct smb *smb, struct smb_file *file, enum wire_side side, struct bytes data)
{
    if (data.length == 0 || smb->is_torn)
        return;
    if (file->carries == SMB_UNTRIED)
        pipe_begin(smb, file, side, data);
    if (file->carries == SMB_RPC)
        wire_carry(&smb->session, &file->carried, &wire_dcerpc, side, data);
}

/* --- Requests --- */

static void request_begin(struct smb_request *request)
{
    struct smb_text name = request->name;
    struct smb_text contexts = request->contexts;
    name.length = 0;
    contexts.length = 0;
    *request = (struct smb_request){.node = request->node, .name = name, .contexts = contexts};
    request->ask.tail = -1;
}

struct smb_request *smb_request_make(struct smb *smb, enum wire_side side, uint64_t key)
{
    struct smb_request *request = smb_table_find(&smb->requests, key);
    if (request)
        smb_request_unanswered(smb, request);
    if (smb_table_is_full(&smb->requests))
        smb_request_unanswered(smb, (struct smb_request *)smb->requests.oldest);
    request = smb_table_take(&smb->requests, arena_of(smb), key);
    if (!request)
        return NULL;
    request_begin(request);
    request->at = smb->session.connection->now[side];
    request->side = side;
    return request;
}

void smb_request_drop(struct smb *smb, struct smb_request *request)
{
    smb_table_drop(&smb->requests, request);
}

void smb_request_unanswered(struct smb *smb, struct smb_request *request)
{
    if (request->is_smb1)
        smb1_unanswered(smb, request);
    else
        smb2_unanswered(smb, request);
    smb_request_drop(smb, request);
}
