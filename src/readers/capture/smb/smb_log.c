#include "readers/capture/smb/smb_log.h"

#define NAME(id, name) name,
static const char *const files_fields[] = {SMB_COMMON_FIELDS(NAME) SMB_FILES_FIELDS(NAME)};
static const char *const mapping_fields[] = {SMB_COMMON_FIELDS(NAME) SMB_MAPPING_FIELDS(NAME)};
static const char *const cmd_fields[] = {SMB_COMMON_FIELDS(NAME) SMB_CMD_FIELDS(NAME)};
static const char *const session_fields[] = {SMB_COMMON_FIELDS(NAME) SMB_SESSION_FIELDS(NAME)};
#undef NAME

const struct wire_log smb_files_log = {"smb_files", files_fields, FILES_COUNT};
const struct wire_log smb_mapping_log = {"smb_mapping", mapping_fields, MAPPING_COUNT};
const struct wire_log smb_cmd_log = {"smb_cmd", cmd_fields, CMD_COUNT};
const struct wire_log smb_session_log = {"smb_session", session_fields, SESSION_COUNT};
