/* NTLM: does a password or hash answer the challenge, and to which session key does it lead. */
#ifndef IMPOUND_READERS_CAPTURE_NTLM_KEY_H
#define IMPOUND_READERS_CAPTURE_NTLM_KEY_H

#include "readers/capture/keys/keys.h"

#define NTLM_SEALS_EXTENDED 0x00080000U /* NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY */
#define NTLM_128            0x20000000U
#define NTLM_KEY_EXCHANGE   0x40000000U
#define NTLM_56             0x80000000U

/* Of the CHALLENGE and AUTHENTICATE messages. */
struct ntlm_proof {
    struct bytes user, domain; /* UTF-8, as they were sent */
    struct bytes challenge;    /* 8 bytes */
    struct bytes lm, nt;       /* the responses */
    struct bytes session_key;  /* EncryptedRandomSessionKey */
    uint32_t flags;
};

/* Looks for an account of that name whose key gives this response. `*secret` is set when one
 * does: [MS-NLMP]'s ExportedSessionKey. */
enum wire_verdict ntlm_key_find(const struct secrets *secrets, const struct ntlm_proof *proof,
                                struct wire_secret *secret);

#endif
