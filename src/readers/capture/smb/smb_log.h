/* The logs of SMB and their fields; what they mean is in docs/formats/capture.md. */
#ifndef IMPOUND_READERS_CAPTURE_SMB_LOG_H
#define IMPOUND_READERS_CAPTURE_SMB_LOG_H

#include "readers/capture/wire.h"

/* In each log first, in this order. */
#define SMB_COMMON_FIELDS(X)              \
    X(SMB_VERSION, "version")             \
    X(SMB_STATUS, "status")               \
    X(SMB_USER, "user")                   \
    X(SMB_SESSION_ID, "session_id")       \
    X(SMB_TREE_ID, "tree_id")             \
    X(SMB_MESSAGE_ID, "message_id")       \
    X(SMB_CREDIT_CHARGE, "credit_charge") \
    X(SMB_CREDITS, "credits")             \
    X(SMB_SIZE, "message_size")           \
    X(SMB_WAS_ENCRYPTED, "was_encrypted")

#define SMB_FILES_FIELDS(X)                        \
    X(FILES_FUID, "fuid")                          \
    X(FILES_ACTION, "action")                      \
    X(FILES_PATH, "path")                          \
    X(FILES_NAME, "name")                          \
    X(FILES_LENGTH, "size")                        \
    X(FILES_PREV_NAME, "prev_name")                \
    X(FILES_MODIFIED, "times.modified")            \
    X(FILES_ACCESSED, "times.accessed")            \
    X(FILES_CREATED, "times.created")              \
    X(FILES_CHANGED, "times.changed")              \
    X(FILES_SHARE, "share")                        \
    X(FILES_SHARE_TYPE, "share_type")              \
    X(FILES_FILE_ID, "file_id")                    \
    X(FILES_ACCESS, "desired_access")              \
    X(FILES_ATTRIBUTES, "file_attributes")         \
    X(FILES_SHARE_ACCESS, "share_access")          \
    X(FILES_DISPOSITION, "disposition")            \
    X(FILES_OPTIONS, "create_options")             \
    X(FILES_FLAGS, "create_flags")                 \
    X(FILES_OPLOCK, "oplock")                      \
    X(FILES_IMPERSONATION, "impersonation")        \
    X(FILES_SECURITY_FLAGS, "security_flags")      \
    X(FILES_CONTEXTS, "create_contexts")           \
    X(FILES_CREATE_ACTION, "create_action")        \
    X(FILES_IS_DIRECTORY, "is_directory")          \
    X(FILES_DELETE_ON_CLOSE, "is_delete_on_close") \
    X(FILES_ASKED, "length")                       \
    X(FILES_OFFSET, "offset")                      \
    X(FILES_MINIMUM, "minimum_count")              \
    X(FILES_REMAINING, "remaining_bytes")          \
    X(FILES_PADDING, "padding")                    \
    X(FILES_TAIL, "tail")                          \
    X(FILES_CLOSE_FLAGS, "close_flags")            \
    X(FILES_BYTES_READ, "bytes_read")              \
    X(FILES_BYTES_WRITTEN, "bytes_written")        \
    X(FILES_READS, "reads")                        \
    X(FILES_WRITES, "writes")                      \
    X(FILES_TRANSCEIVES, "transceives")

#define SMB_MAPPING_FIELDS(X)                    \
    X(MAPPING_PATH, "path")                      \
    X(MAPPING_SERVICE, "service")                \
    X(MAPPING_FILE_SYSTEM, "native_file_system") \
    X(MAPPING_SHARE_TYPE, "share_type")          \
    X(MAPPING_SHARE, "share")                    \
    X(MAPPING_IS_ADDRESS, "is_address")          \
    X(MAPPING_MAXIMAL_ACCESS, "maximal_access")  \
    X(MAPPING_SHARE_FLAGS, "share_flags")        \
    X(MAPPING_CAPABILITIES, "share_capabilities")

#define SMB_CMD_FIELDS(X)                    \
    X(CMD_COMMAND, "command")                \
    X(CMD_SUB_COMMAND, "sub_command")        \
    X(CMD_ARGUMENT, "argument")              \
    X(CMD_RTT, "rtt")                        \
    X(CMD_USERNAME, "username")              \
    X(CMD_TREE, "tree")                      \
    X(CMD_TREE_SERVICE, "tree_service")      \
    X(CMD_FILE_NAME, "referenced_file.name") \
    X(CMD_FILE_PATH, "referenced_file.path") \
    X(CMD_INFO_TYPE, "info_type")            \
    X(CMD_INFO_CLASS, "info_class")          \
    X(CMD_FLAGS, "flags")                    \
    X(CMD_OUTPUT_LENGTH, "output_length")    \
    X(CMD_OUTPUT_OFFSET, "output_offset")    \
    X(CMD_INPUT_LENGTH, "input_length")      \
    X(CMD_INPUT_OFFSET, "input_offset")      \
    X(CMD_ADDITIONAL, "additional")          \
    X(CMD_CONTROL_CODE, "control_code")      \
    X(CMD_TIMEOUT, "timeout")                \
    X(CMD_IS_NO_FILE, "is_no_file")

#define SMB_SESSION_FIELDS(X)                                      \
    X(SESSION_IS_WHOLE, "is_whole")                                \
    X(SESSION_IS_FINAL, "is_final")                                \
    X(SESSION_MESSAGES, "messages")                                \
    X(SESSION_CLIENT_MESSAGES, "client_messages")                  \
    X(SESSION_LOST, "lost_bytes")                                  \
    X(SESSION_SERVER_CHARS, "server_chars")                        \
    X(SESSION_CALLED, "netbios_called")                            \
    X(SESSION_CALLING, "netbios_calling")                          \
    X(SMB1_DIALECTS, "smb1_dialects")                              \
    X(SMB1_DIALECT, "smb1_dialect")                                \
    X(SMB1_FLAGS, "smb1_flags")                                    \
    X(SMB1_FLAGS2, "smb1_flags2")                                  \
    X(SMB1_PID, "smb1_pid")                                        \
    X(SMB1_MID, "smb1_mid")                                        \
    X(SMB1_UID, "smb1_uid")                                        \
    X(SMB1_TID, "smb1_tid")                                        \
    X(SMB1_NEGOTIATE_SIZE, "smb1_negotiate_size")                  \
    X(SMB1_SERVER_MODE, "smb1_server_security_mode")               \
    X(SMB1_SERVER_CAPABILITIES, "smb1_server_capabilities")        \
    X(SMB1_SERVER_MAX_BUFFER, "smb1_server_max_buffer")            \
    X(SMB1_SERVER_MAX_MPX, "smb1_server_max_mpx")                  \
    X(SMB1_SETUP_FLAGS2, "smb1_setup_flags2")                      \
    X(SMB1_MAX_BUFFER, "smb1_max_buffer")                          \
    X(SMB1_MAX_MPX, "smb1_max_mpx")                                \
    X(SMB1_VC_NUMBER, "smb1_vc_number")                            \
    X(SMB1_SESSION_KEY, "smb1_session_key")                        \
    X(SMB1_CAPABILITIES, "smb1_capabilities")                      \
    X(SMB1_IS_EXTENDED, "smb1_is_extended_security")               \
    X(SMB1_IS_ASCII, "smb1_is_ascii_though_unicode")               \
    X(NATIVE_OS, "native_os")                                      \
    X(NATIVE_LANMAN, "native_lanman")                              \
    X(SERVER_NATIVE_OS, "server_native_os")                        \
    X(SERVER_NATIVE_LANMAN, "server_native_lanman")                \
    X(SERVER_PRIMARY_DOMAIN, "server_primary_domain")              \
    X(NEG_SIZE, "negotiate_size")                                  \
    X(NEG_DIALECTS, "dialects")                                    \
    X(NEG_DIALECT_LIST, "dialect_list")                            \
    X(NEG_SECURITY_MODE, "security_mode")                          \
    X(NEG_CAPABILITIES, "capabilities")                            \
    X(NEG_GUID, "client_guid")                                     \
    X(NEG_GUID_IS_LETTERS, "client_guid_is_letters")               \
    X(NEG_CREDIT_CHARGE, "negotiate_credit_charge")                \
    X(NEG_CREDITS, "negotiate_credits")                            \
    X(NEG_MESSAGE_ID, "negotiate_message_id")                      \
    X(NEG_CONTEXTS, "negotiate_contexts")                          \
    X(NEG_CONTEXT_COUNT, "negotiate_context_count")                \
    X(NEG_CONTEXT_OFFSET, "negotiate_context_offset")              \
    X(NEG_PADDING, "negotiate_padding")                            \
    X(NEG_HASHES, "hash_algorithms")                               \
    X(NEG_SALT, "preauth_salt")                                    \
    X(NEG_SALT_LENGTH, "preauth_salt_length")                      \
    X(NEG_SALT_IS_LETTERS, "preauth_salt_is_letters")              \
    X(NEG_CIPHERS, "ciphers")                                      \
    X(NEG_SIGNINGS, "signing_algorithms")                          \
    X(NEG_COMPRESSIONS, "compression_algorithms")                  \
    X(NEG_NETNAME, "netname")                                      \
    X(SERVER_STATUS, "negotiate_status")                           \
    X(SERVER_DIALECT, "dialect")                                   \
    X(SERVER_GUID, "server_guid")                                  \
    X(SERVER_GUID_IS_LETTERS, "server_guid_is_letters")            \
    X(SERVER_MODE, "server_security_mode")                         \
    X(SERVER_CAPABILITIES, "server_capabilities")                  \
    X(SERVER_MAX_TRANSACT, "max_transact_size")                    \
    X(SERVER_MAX_READ, "max_read_size")                            \
    X(SERVER_MAX_WRITE, "max_write_size")                          \
    X(SERVER_TIME, "server_time")                                  \
    X(SERVER_START_TIME, "server_start_time")                      \
    X(SERVER_TIMES_EQUAL, "server_times_are_equal")                \
    X(SERVER_CREDITS, "server_credits")                            \
    X(SERVER_CONTEXTS, "server_contexts")                          \
    X(SERVER_CIPHER, "cipher")                                     \
    X(SERVER_SIGNING, "signing_algorithm")                         \
    X(SETUP_SIZE, "setup_size")                                    \
    X(SETUP_SIZES, "setup_sizes")                                  \
    X(SETUP_FLAGS, "setup_flags")                                  \
    X(SETUP_SECURITY_MODE, "setup_security_mode")                  \
    X(SETUP_CAPABILITIES, "setup_capabilities")                    \
    X(SETUP_CHANNEL, "setup_channel")                              \
    X(SETUP_PREVIOUS_SESSION, "setup_previous_session")            \
    X(SETUP_BUFFER_OFFSET, "setup_buffer_offset")                  \
    X(SETUP_CREDITS, "setup_credits")                              \
    X(SETUP_STATUS, "setup_status")                                \
    X(SETUP_SESSION_FLAGS, "session_flags")                        \
    X(SESSION_IS_GUEST, "is_guest")                                \
    X(SESSION_IS_ANONYMOUS, "is_anonymous")                        \
    X(SESSION_IS_SIGNED, "is_signed")                              \
    X(SESSION_IS_ENCRYPTED, "is_encrypted")                        \
    X(SESSION_IS_UNASKED, "is_encryption_unasked")                 \
    X(TRANSFORM_MESSAGES, "transform_messages")                    \
    X(TRANSFORM_LETTERS, "transform_nonces_letters")               \
    X(TRANSFORM_ALL_LETTERS, "are_nonces_letters")                 \
    X(TRANSFORM_NONCE, "first_nonce")                              \
    X(TRANSFORM_SERVER, "server_transform_messages")               \
    X(TRANSFORM_SERVER_LETTERS, "server_transform_nonces_letters") \
    X(SESSION_COMPRESSED, "compressed_messages")                   \
    X(SESSION_CREDIT_REQUESTS, "credit_requests")                  \
    X(SESSION_VALIDATES, "has_validate_negotiate")                 \
    X(SESSION_CREATES, "creates")                                  \
    X(SESSION_READS, "reads")                                      \
    X(SESSION_READS_TAIL, "reads_tail_30")                         \
    X(SESSION_PIPE_READS, "pipe_reads")                            \
    X(SESSION_PIPE_WRITES, "pipe_writes")                          \
    X(SESSION_TRANSCEIVES, "pipe_transceives")                     \
    X(SESSION_TREES, "tree_connects")                              \
    X(SESSION_TREES_AGAIN, "tree_connects_again")                  \
    X(SESSION_CLIENT_SIZES, "client_sizes")                        \
    X(SESSION_CLIENT_SHAPE, "client_shape")                        \
    X(SESSION_CLIENT_TIMES, "client_times")                        \
    X(SESSION_IS_CUT, "is_client_sizes_cut")

#define SMB_ENUMERATOR(id, name) id,
enum smb_common_field { SMB_COMMON_FIELDS(SMB_ENUMERATOR) SMB_COMMON_COUNT };
enum smb_files_field {
    FILES_BEFORE = SMB_COMMON_COUNT - 1,
    SMB_FILES_FIELDS(SMB_ENUMERATOR) FILES_COUNT
};
enum smb_mapping_field {
    MAPPING_BEFORE = SMB_COMMON_COUNT - 1,
    SMB_MAPPING_FIELDS(SMB_ENUMERATOR) MAPPING_COUNT
};
enum smb_cmd_field { CMD_BEFORE = SMB_COMMON_COUNT - 1, SMB_CMD_FIELDS(SMB_ENUMERATOR) CMD_COUNT };
enum smb_session_field {
    SESSION_BEFORE = SMB_COMMON_COUNT - 1,
    SMB_SESSION_FIELDS(SMB_ENUMERATOR) SESSION_COUNT
};
#undef SMB_ENUMERATOR

extern const struct wire_log smb_files_log, smb_mapping_log, smb_cmd_log, smb_session_log;

#endif
