/* SPNEGO tokens (RFC 4178 4.2, [MS-SPNG] 2.2.1), as views. */
#ifndef IMPOUND_READERS_CAPTURE_SPNEGO_H
#define IMPOUND_READERS_CAPTURE_SPNEGO_H

#include "base/bytes.h"

#define SPNEGO_MECHANISMS_MAX 8

enum spnego_mechanism {
    SPNEGO_OTHER,
    SPNEGO_NTLMSSP,
    SPNEGO_MS_KRB5,
    SPNEGO_KRB5,
    SPNEGO_KRB5_U2U,
    SPNEGO_NEGOEX,
};

const char *spnego_mechanism_name(enum spnego_mechanism mechanism);

struct spnego_token {
    bool is_init;
    enum spnego_mechanism mechanisms[SPNEGO_MECHANISMS_MAX];
    unsigned mechanism_count;
    bool has_state;
    int state;             /* negState */
    struct bytes token;    /* mechToken or responseToken; NULL data: none */
    struct bytes list_mic; /* NULL data: none */
};

/* False when it is no SPNEGO token. */
bool spnego_read(struct bytes blob, struct spnego_token *token);

#endif
