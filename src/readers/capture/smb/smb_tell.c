#include "readers/capture/numbers/numbers.h"
#include "readers/capture/smb/smb_state.h"

static void set_status(struct wire_event *event, uint32_t status)
{
    const char *name = ntstatus_name(status);
    if (name)
        wire_set_name(event, SMB_STATUS, name);
    else
        wire_set_format(event, SMB_STATUS, "0x%08x", status);
}

struct wire_event *smb_event_begin(struct smb *smb, const struct wire_log *log,
                                   const struct smb_request *request, const struct smb_reply *reply)
{
    struct wire_event *event = wire_event_begin(smb->session.connection, log);
    if (!event)
        return NULL;
    const struct smb_logon *logon = smb_logon_of(smb, request->logon);
    wire_set_name(event, SMB_VERSION, request->is_smb1 ? "SMB1" : "SMB2");
    if (reply)
        set_status(event, reply->status);
    if (logon && logon->user.length)
        wire_set_text(event, SMB_USER, smb_text_view(&logon->user));
    wire_set_hex(event, SMB_SESSION_ID, request->logon, request->is_smb1 ? 4 : 8);
    wire_set_number(event, SMB_TREE_ID, request->tree);
    wire_set_number(event, SMB_MESSAGE_ID, request->message_id);
    wire_set_number(event, SMB_SIZE, request->size);
    if (request->is_encrypted)
        wire_set_bool(event, SMB_WAS_ENCRYPTED, true);
    if (!request->is_smb1) {
        wire_set_number(event, SMB_CREDIT_CHARGE, request->credit_charge);
        wire_set_number(event, SMB_CREDITS, request->credits);
    }
    return event;
}

void smb_event_end(struct smb *smb, struct wire_event *event, const struct smb_request *request,
                   const struct smb_reply *reply)
{
    struct wire_connection *connection = smb->session.connection;
    wire_event_end(connection, event, &request->at, reply ? &connection->now[reply->side] : NULL);
}

const char *smb_action(const struct smb_share *share, enum smb_verb verb)
{
    static const char *const names[3][6] = {
        {"SMB::FILE_OPEN", "SMB::FILE_READ", "SMB::FILE_WRITE", "SMB::FILE_CLOSE",
         "SMB::FILE_RENAME", "SMB::FILE_DELETE"},
        {"SMB::PIPE_OPEN", "SMB::PIPE_READ", "SMB::PIPE_WRITE", "SMB::PIPE_CLOSE",
         "SMB::FILE_RENAME", "SMB::FILE_DELETE"},
        {"SMB::PRINT_OPEN", "SMB::PRINT_READ", "SMB::PRINT_WRITE", "SMB::PRINT_CLOSE",
         "SMB::FILE_RENAME", "SMB::FILE_DELETE"},
    };
    const char *type = share && share->type ? share->type : "DISK";
    return names[type[0] != 'P' ? 0 : type[1] == 'I' ? 1 : 2][verb];
}

/* The last component: `ADMIN$` of `\\server\ADMIN$`. */
static struct bytes last_component(struct bytes path)
{
    size_t at = path.length;
    while (at > 0 && path.data[at - 1] != '\\')
        at--;
    return smb_part(path, at, path.length - at);
}

static void set_share(struct wire_event *event, const struct smb_share *share)
{
    wire_set_text(event, FILES_PATH, share->path);
    wire_set_text(event, FILES_SHARE, last_component(share->path));
    if (share->type)
        wire_set_name(event, FILES_SHARE_TYPE, share->type);
}

static void set_file(struct smb *smb, struct wire_event *event, const struct smb_file *file)
{
    wire_set_format(event, FILES_FUID, "F%s.%u", smb->session.connection->uid, file->serial);
    wire_set_text(event, FILES_NAME, smb_text_view(&file->name));
    if (file->id[1] || file->id[0] > UINT16_MAX)
        wire_set_format(event, FILES_FILE_ID, "%016llx%016llx", (unsigned long long)file->id[0],
                        (unsigned long long)file->id[1]);
    else
        wire_set_format(event, FILES_FILE_ID, "%04llx", (unsigned long long)file->id[0]);
    if (file->is_size_known)
        wire_set_number(event, FILES_LENGTH, file->size);
    wire_set_bool(event, FILES_IS_DIRECTORY, file->is_directory);
}

struct wire_event *smb_files_begin(struct smb *smb, const char *action,
                                   const struct smb_request *request, const struct smb_reply *reply,
                                   const struct smb_file *file)
{
    struct wire_event *event = smb_event_begin(smb, &smb_files_log, request, reply);
    if (!event)
        return NULL;
    const struct smb_tree *tree = smb_tree_of(smb, request->logon, request->tree);
    const struct smb_share *share = file && file->share ? file->share : tree ? tree->share : NULL;
    wire_set_name(event, FILES_ACTION, action);
    if (share)
        set_share(event, share);
    if (file)
        set_file(smb, event, file);
    return event;
}

void smb_files_set_create(struct smb *smb, struct wire_event *event,
                          const struct smb_request *request)
{
    (void)smb;
    const struct smb_create *create = &request->create;
    wire_set_hex(event, FILES_ACCESS, create->access, 4);
    wire_set_hex(event, FILES_ATTRIBUTES, create->attributes, 4);
    wire_set_number(event, FILES_SHARE_ACCESS, create->share_access);
    wire_set_number(event, FILES_DISPOSITION, create->disposition);
    wire_set_hex(event, FILES_OPTIONS, create->options, 4);
    wire_set_hex(event, FILES_FLAGS, create->flags, 4);
    wire_set_number(event, FILES_OPLOCK, create->oplock);
    wire_set_number(event, FILES_IMPERSONATION, create->impersonation);
    wire_set_number(event, FILES_SECURITY_FLAGS, create->security_flags);
    wire_set_text(event, FILES_CONTEXTS, smb_text_view(&request->contexts));
}

void smb_tell_failed_open(struct smb *smb, struct smb_request *request,
                          const struct smb_reply *reply)
{
    const struct smb_tree *tree = smb_tree_of(smb, request->logon, request->tree);
    struct wire_event *event =
        smb_files_begin(smb, smb_action(tree ? tree->share : NULL, SMB_OPEN), request, reply, NULL);
    if (!event)
        return;
    wire_set_text(event, FILES_NAME, smb_text_view(&request->name));
    smb_files_set_create(smb, event, request);
    smb_event_end(smb, event, request, reply);
}

static void set_transfer(struct wire_event *event, const struct smb_ask *ask)
{
    wire_set_number(event, FILES_ASKED, ask->length);
    wire_set_number(event, FILES_OFFSET, ask->offset);
    wire_set_number(event, FILES_MINIMUM, ask->minimum);
    wire_set_number(event, FILES_REMAINING, ask->remaining);
    wire_set_number(event, FILES_PADDING, ask->padding);
    if (ask->tail >= 0)
        wire_set_format(event, FILES_TAIL, "%02x", (unsigned)ask->tail);
}

void smb_tell_transfer(struct smb *smb, struct smb_request *request, const struct smb_reply *reply,
                       enum smb_verb verb)
{
    struct smb_file *file = smb_file_of(smb, request->file);
    if (!file && request->file)
        file = smb_file_make(smb, request->file, NULL);
    if (!file)
        return;
    uint32_t *count = verb == SMB_READ ? &file->reads : &file->writes;
    if ((*count)++ != 0)
        return;
    struct wire_event *event =
        smb_files_begin(smb, smb_action(file->share, verb), request, reply, file);
    if (!event)
        return;
    set_transfer(event, &request->ask);
    smb_event_end(smb, event, request, reply);
}

void smb_tell_close(struct smb *smb, struct smb_request *request, const struct smb_reply *reply,
                    struct smb_file *file)
{
    struct wire_event *event =
        smb_files_begin(smb, smb_action(file->share, SMB_CLOSE), request, reply, file);
    if (event) {
        wire_set_number(event, FILES_CLOSE_FLAGS, request->ask.flags);
        wire_set_bool(event, FILES_DELETE_ON_CLOSE, file->is_delete_on_close);
        wire_set_number(event, FILES_BYTES_READ, file->bytes_read);
        wire_set_number(event, FILES_BYTES_WRITTEN, file->bytes_written);
        wire_set_number(event, FILES_READS, file->reads);
        wire_set_number(event, FILES_WRITES, file->writes);
        wire_set_number(event, FILES_TRANSCEIVES, file->transceives);
        smb_event_end(smb, event, request, reply);
    }
    if (file->is_delete_on_close && reply && reply->status == 0)
        smb_tell_delete(smb, request, reply, file, smb_text_view(&file->name));
    smb_file_drop(smb, file);
}

void smb_tell_rename(struct smb *smb, struct smb_request *request, const struct smb_reply *reply,
                     struct bytes from, struct bytes to)
{
    struct wire_event *event =
        smb_files_begin(smb, "SMB::FILE_RENAME", request, reply, smb_file_of(smb, request->file));
    if (!event)
        return;
    wire_set_text(event, FILES_NAME, to);
    wire_set_text(event, FILES_PREV_NAME, from);
    smb_event_end(smb, event, request, reply);
}

void smb_tell_delete(struct smb *smb, struct smb_request *request, const struct smb_reply *reply,
                     const struct smb_file *file, struct bytes name)
{
    struct wire_event *event = smb_files_begin(smb, "SMB::FILE_DELETE", request, reply, file);
    if (!event)
        return;
    wire_set_text(event, FILES_NAME, name);
    smb_event_end(smb, event, request, reply);
}

/* Whether the host of `\\host\share` is an address literal: digits and dots, or a colon. */
static bool is_address_path(struct bytes path)
{
    bool has_dot = false;
    bool is_digits = true;
    for (size_t i = 2; i < path.length && path.data[i] != '\\'; i++) {
        const uint8_t c = path.data[i];
        if (c == ':')
            return true;
        has_dot = has_dot || c == '.';
        is_digits = is_digits && (c == '.' || (c >= '0' && c <= '9'));
    }
    return has_dot && is_digits;
}

struct wire_event *smb_mapping_begin(struct smb *smb, const struct smb_request *request,
                                     const struct smb_reply *reply, const struct smb_share *share)
{
    struct wire_event *event = smb_event_begin(smb, &smb_mapping_log, request, reply);
    if (!event)
        return NULL;
    const struct bytes path = smb_text_view(&request->name);
    wire_set_text(event, MAPPING_PATH, path);
    wire_set_text(event, MAPPING_SHARE, last_component(path));
    wire_set_bool(event, MAPPING_IS_ADDRESS, is_address_path(path));
    if (share && share->type)
        wire_set_name(event, MAPPING_SHARE_TYPE, share->type);
    if (share && share->service.length)
        wire_set_text(event, MAPPING_SERVICE, share->service);
    if (share && share->system.length)
        wire_set_text(event, MAPPING_FILE_SYSTEM, share->system);
    return event;
}

static double seconds_between(struct instant from, struct instant to)
{
    return (double)(to.seconds - from.seconds) + ((double)to.nanos - (double)from.nanos) / 1e9;
}

static void set_tree(struct smb *smb, struct wire_event *event, const struct smb_request *request)
{
    const struct smb_tree *tree = smb_tree_of(smb, request->logon, request->tree);
    if (!tree || !tree->share)
        return;
    wire_set_text(event, CMD_TREE, tree->share->path);
    if (tree->share->service.length)
        wire_set_text(event, CMD_TREE_SERVICE, tree->share->service);
}

struct wire_event *smb_cmd_begin(struct smb *smb, const struct smb_request *request,
                                 const struct smb_reply *reply, const char *command)
{
    struct wire_event *event = smb_event_begin(smb, &smb_cmd_log, request, reply);
    if (!event)
        return NULL;
    const struct smb_logon *logon = smb_logon_of(smb, request->logon);
    const struct smb_file *file = smb_file_of(smb, request->file);
    wire_set_name(event, CMD_COMMAND, command);
    if (logon && logon->user.length)
        wire_set_text(event, CMD_USERNAME, smb_text_view(&logon->user));
    if (reply) {
        const struct instant now = smb->session.connection->now[reply->side].time;
        if (instant_is_known(now) && instant_is_known(request->at.time))
            wire_set_value(event, CMD_RTT,
                           (struct value){.type = VALUE_REAL,
                                          .width = 8,
                                          .real = seconds_between(request->at.time, now)});
    }
    set_tree(smb, event, request);
    if (file) {
        wire_set_text(event, CMD_FILE_NAME, smb_text_view(&file->name));
        if (file->share)
            wire_set_text(event, CMD_FILE_PATH, file->share->path);
    }
    if (request->name.length)
        wire_set_text(event, CMD_ARGUMENT, smb_text_view(&request->name));
    return event;
}
