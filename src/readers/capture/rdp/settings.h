/* The settings that client and server exchange in GCC user data ([MS-RDPBCGR] 2.2.1.3, 2.2.1.4). */
#ifndef IMPOUND_READERS_CAPTURE_RDP_SETTINGS_H
#define IMPOUND_READERS_CAPTURE_RDP_SETTINGS_H

#include "base/bytes.h"

#define RDP_CHANNELS_MAX 31U /* 2.2.1.3.4 */

struct rdp_client {
    struct bytes core;     /* behind its header */
    struct bytes channels; /* 12 bytes each: a name of 8, options */
};

struct rdp_server {
    bool has_security;
    uint32_t method, level;
    uint32_t certificate; /* its version field; 0: none */
    uint32_t certificate_count;
};

/* Read the user data in an MCS connect message. False when there is none. */
bool rdp_client_read(struct bytes message, struct rdp_client *client);
bool rdp_server_read(struct bytes message, struct rdp_server *server);

#endif
