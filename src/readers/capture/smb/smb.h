/* SMB over direct TCP (port 445) and over NetBIOS sessions (port 139): SMB1, SMB2 and SMB3.
 *
 * In: the two streams of a connection. Out: the logs smb_files, smb_mapping, smb_cmd and
 * smb_session (docs/formats/capture.md). Security blobs go to auth/, the data of pipes to rpc/.
 * What is encrypted is counted by its sizes and its nonces, and stays unseen without keys.
 *
 * [MS-SMB2], [MS-CIFS], [MS-SMB], RFC 1001 and 1002. */
#ifndef IMPOUND_READERS_CAPTURE_SMB_H
#define IMPOUND_READERS_CAPTURE_SMB_H

#include "readers/capture/wire.h"

extern const struct wire_protocol wire_smb;

#endif
