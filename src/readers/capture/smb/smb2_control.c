/* IOCTL, QUERY_DIRECTORY, QUERY_INFO, SET_INFO and what has no event of its own: smb_cmd.
 * [MS-SMB2] 2.2.31 to 2.2.40; the bodies of the requests:
 *
 *   IOCTL, and its reply            QUERY_INFO                     QUERY_DIRECTORY
 *    4  4  CtlCode                   2  1  InfoType                 2  1  FileInformationClass
 *    8 16  FileId                    3  1  FileInfoClass            3  1  Flags
 *   24  8  InputOffset, -Count       4  4  OutputBufferLength       8 16  FileId
 *   32  4  MaxInputResponse          8  2  InputBufferOffset       24  4  FileNameOffset, -Length
 *   36  8  OutputOffset, -Count     12  4  InputBufferLength       28  4  OutputBufferLength
 *   44  4  MaxOutputResponse        16  4  AdditionalInformation
 *   48  4  Flags                    20  4  Flags                   SET_INFO
 *                                   24 16  FileId                   2  2  InfoType, FileInfoClass
 *   reply: 24 InputOffset,                                          4  4  BufferLength
 *          32 OutputOffset, -Count                                  8  2  BufferOffset
 *                                                                  12  4  AdditionalInformation
 *                                                                  16 16  FileId */
#include "readers/capture/numbers/numbers.h"
#include "readers/capture/smb/smb2.h"

#define INFO_FILE            1U
#define CLASS_RENAME         10U
#define CLASS_DISPOSITION    13U
#define CLASS_DISPOSITION_EX 64U

/* [MS-FSCC] 2.3.49: Timeout 8, NameLength 4, TimeoutSpecified 1, padding 1, Name. */
static void wait_see(struct smb *smb, struct smb_request *request, struct bytes input)
{
    if (input.length < 14)
        return;
    request->ask.is_wait = input.data[12] != 0;
    request->ask.offset = load_le64(input.data);
    smb_text_set_utf16(&request->name, smb->session.connection->arena,
                       smb_part(input, 14, load_le32(input.data + 8)));
}

static bool is_no_file(const uint8_t *id)
{
    return load_le64(id) == UINT64_MAX && load_le64(id + 8) == UINT64_MAX;
}

static void transceive_see(struct smb *smb, const struct smb2_message *message,
                           const struct smb_request *request, struct bytes input)
{
    struct smb_file *file = smb_file_of(smb, request->file);
    if (!file && request->file)
        file = smb_file_make(smb, request->file, NULL);
    smb->counts.transceives++;
    if (!file)
        return;
    file->transceives++;
    file->bytes_written += request->ask.input_length;
    smb_pipe_data(smb, file, message->side, input);
}

bool smb2_ioctl_request(struct smb *smb, const struct smb2_message *message,
                        struct smb_request *request)
{
    const uint8_t *body = smb2_body(message, 56);
    if (!body)
        return false;
    struct smb_ask *ask = &request->ask;
    ask->code = load_le32(body + 4);
    ask->is_no_file = is_no_file(body + 8);
    request->file = smb2_file_key(body + 8);
    ask->input_offset = load_le32(body + 24);
    ask->input_length = load_le32(body + 28);
    ask->minimum = load_le32(body + 36);
    ask->length = load_le32(body + 44);
    ask->flags = load_le32(body + 48);
    const struct bytes input = smb_part(message->bytes, ask->input_offset, ask->input_length);
    if (ask->code == SMB2_PIPE_WAIT)
        wait_see(smb, request, input);
    else if (ask->code == SMB2_PIPE_TRANSCEIVE)
        transceive_see(smb, message, request, input);
    else if (ask->code == SMB2_VALIDATE_NEGOTIATE)
        smb->is_validating = true;
    return true;
}

static void transceive_answer(struct smb *smb, const struct smb2_message *message,
                              struct smb_file *file)
{
    const uint8_t *body = smb2_body(message, 48);
    if (!body || (message->status != 0 && message->status != SMB2_BUFFER_OVERFLOW))
        return;
    const uint32_t length = load_le32(body + 36);
    file->bytes_read += length;
    smb_pipe_data(smb, file, message->side, smb_part(message->bytes, load_le32(body + 32), length));
}

static void ioctl_tell(struct smb *smb, const struct smb2_message *message,
                       const struct smb_request *request)
{
    const struct smb_ask *ask = &request->ask;
    struct wire_event *event = smb2_cmd_begin(smb, message, request);
    if (!event)
        return;
    const char *name = fsctl_name(ask->code);
    if (name)
        wire_set_name(event, CMD_SUB_COMMAND, name);
    wire_set_hex(event, CMD_CONTROL_CODE, ask->code, 4);
    wire_set_bool(event, CMD_IS_NO_FILE, ask->is_no_file);
    wire_set_number(event, CMD_INPUT_LENGTH, ask->input_length);
    wire_set_number(event, CMD_INPUT_OFFSET, ask->input_offset);
    wire_set_number(event, CMD_OUTPUT_LENGTH, ask->length);
    wire_set_number(event, CMD_OUTPUT_OFFSET, ask->minimum);
    wire_set_number(event, CMD_FLAGS, ask->flags);
    if (ask->is_wait)
        wire_set_number(event, CMD_TIMEOUT, ask->offset);
    smb2_cmd_end(smb, event, message, request);
}

/* A transceive is told the first time on each pipe. */
void smb2_ioctl_reply(struct smb *smb, const struct smb2_message *message,
                      struct smb_request *request)
{
    struct smb_file *file = smb_file_of(smb, request->file);
    const bool is_transceive = request->ask.code == SMB2_PIPE_TRANSCEIVE;
    if (!is_transceive || !file || file->transceives == 1)
        ioctl_tell(smb, message, request);
    if (is_transceive && file && message)
        transceive_answer(smb, message, file);
}

bool smb2_query_directory_request(struct smb *smb, const struct smb2_message *message,
                                  struct smb_request *request)
{
    const uint8_t *body = smb2_body(message, 32);
    if (!body)
        return false;
    request->ask.class = body[2];
    request->ask.flags = body[3];
    request->file = smb2_file_key(body + 8);
    request->ask.length = load_le32(body + 28);
    smb_text_set_utf16(&request->name, smb->session.connection->arena,
                       smb_part(message->bytes, load_le16(body + 24), load_le16(body + 26)));
    return true;
}

bool smb2_query_info_request(struct smb *smb, const struct smb2_message *message,
                             struct smb_request *request)
{
    const uint8_t *body = smb2_body(message, 40);
    (void)smb;
    if (!body)
        return false;
    request->ask.type = body[2];
    request->ask.class = body[3];
    request->ask.length = load_le32(body + 4);
    request->ask.input_offset = load_le16(body + 8);
    request->ask.input_length = load_le32(body + 12);
    request->ask.additional = load_le32(body + 16);
    request->ask.flags = load_le32(body + 20);
    request->file = smb2_file_key(body + 24);
    return true;
}

/* [MS-FSCC] 2.4.42 for SMB2: ReplaceIfExists 1, 7 reserved, RootDirectory 8, FileNameLength 4,
 * FileName. */
static void rename_see(struct smb *smb, struct smb_request *request, struct bytes buffer)
{
    if (buffer.length >= 20)
        smb_text_set_utf16(&request->name, smb->session.connection->arena,
                           smb_part(buffer, 20, load_le32(buffer.data + 16)));
}

bool smb2_set_info_request(struct smb *smb, const struct smb2_message *message,
                           struct smb_request *request)
{
    const uint8_t *body = smb2_body(message, 32);
    if (!body)
        return false;
    struct smb_ask *ask = &request->ask;
    ask->type = body[2];
    ask->class = body[3];
    ask->input_length = load_le32(body + 4);
    ask->input_offset = load_le16(body + 8);
    ask->additional = load_le32(body + 12);
    request->file = smb2_file_key(body + 16);
    const struct bytes buffer = smb_part(message->bytes, ask->input_offset, ask->input_length);
    if (ask->type == INFO_FILE && ask->class == CLASS_RENAME)
        rename_see(smb, request, buffer);
    else if (ask->type == INFO_FILE && buffer.length > 0)
        ask->flags = buffer.data[0] & 1; /* DeletePending, FILE_DISPOSITION_DELETE */
    return true;
}

static bool is_disposition(const struct smb_ask *ask)
{
    return ask->type == INFO_FILE &&
           (ask->class == CLASS_DISPOSITION || ask->class == CLASS_DISPOSITION_EX);
}

static void rename_tell(struct smb *smb, const struct smb2_message *message,
                        struct smb_request *request)
{
    struct smb_file *file = smb_file_of(smb, request->file);
    struct smb_reply reply;
    if (message)
        reply = smb2_reply(message);
    smb_tell_rename(smb, request, message ? &reply : NULL,
                    file ? smb_text_view(&file->name) : bytes_of("", 0),
                    smb_text_view(&request->name));
    if (!file || !message || message->status != 0)
        return;
    const struct smb_text kept = file->name;
    file->name = request->name;
    request->name = kept;
}

void smb2_set_info_reply(struct smb *smb, const struct smb2_message *message,
                         struct smb_request *request)
{
    const struct smb_ask *ask = &request->ask;
    struct smb_file *file = smb_file_of(smb, request->file);
    if (ask->type == INFO_FILE && ask->class == CLASS_RENAME) {
        rename_tell(smb, message, request);
        return;
    }
    if (is_disposition(ask) && file && message && message->status == 0)
        file->is_delete_on_close = ask->flags & 1;
    smb2_other_reply(smb, message, request);
}

bool smb2_handle_request(struct smb *smb, const struct smb2_message *message,
                         struct smb_request *request)
{
    const uint8_t *body = smb2_body(message, 24);
    (void)smb;
    if (!body)
        return false;
    request->file = smb2_file_key(body + 8);
    return true;
}

/* FSCC and SMB2 have no names for these that rules use: numbers stand. */
static void set_info(struct wire_event *event, const struct smb_request *request)
{
    const struct smb_ask *ask = &request->ask;
    if (request->command != SMB2_QUERY_DIRECTORY)
        wire_set_number(event, CMD_INFO_TYPE, ask->type);
    wire_set_number(event, CMD_INFO_CLASS, ask->class);
    wire_set_number(event, CMD_FLAGS, ask->flags);
    if (request->command != SMB2_SET_INFO)
        wire_set_number(event, CMD_OUTPUT_LENGTH, ask->length);
    if (request->command != SMB2_QUERY_DIRECTORY) {
        wire_set_number(event, CMD_INPUT_LENGTH, ask->input_length);
        wire_set_number(event, CMD_INPUT_OFFSET, ask->input_offset);
        wire_set_hex(event, CMD_ADDITIONAL, ask->additional, 4);
    }
}

void smb2_other_reply(struct smb *smb, const struct smb2_message *message,
                      struct smb_request *request)
{
    struct wire_event *event = smb2_cmd_begin(smb, message, request);
    if (!event)
        return;
    if (request->command == SMB2_QUERY_INFO || request->command == SMB2_SET_INFO ||
        request->command == SMB2_QUERY_DIRECTORY)
        set_info(event, request);
    smb2_cmd_end(smb, event, message, request);
}
