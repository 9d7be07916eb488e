/* NTLMSSP messages ([MS-NLMP] 2.2.1), as views into the token. */
#ifndef IMPOUND_READERS_CAPTURE_NTLM_H
#define IMPOUND_READERS_CAPTURE_NTLM_H

#include "base/bytes.h"

#define NTLM_UNICODE     0x00000001U
#define NTLM_TARGET_INFO 0x00800000U
#define NTLM_VERSION     0x02000000U
#define NTLM_ANONYMOUS   0x00000800U

enum ntlm_type { NTLM_NEGOTIATE = 1, NTLM_CHALLENGE = 2, NTLM_AUTHENTICATE = 3 };

enum ntlm_av {
    NTLM_AV_END,
    NTLM_AV_NB_COMPUTER,
    NTLM_AV_NB_DOMAIN,
    NTLM_AV_DNS_COMPUTER,
    NTLM_AV_DNS_DOMAIN,
    NTLM_AV_DNS_TREE,
    NTLM_AV_FLAGS,
    NTLM_AV_TIMESTAMP,
    NTLM_AV_SINGLE_HOST,
    NTLM_AV_TARGET_NAME,
    NTLM_AV_CHANNEL_BINDINGS,
    NTLM_AV_COUNT
};

struct ntlm_pairs {
    struct bytes values[NTLM_AV_COUNT]; /* NULL data: not there */
    uint8_t order[16];                  /* identifiers as they came */
    uint8_t count;
    bool has_end;
    size_t trailing; /* bytes behind the end */
};

struct ntlm_message {
    enum ntlm_type type;
    uint32_t flags;
    bool has_flags;
    size_t length;        /* of the message */
    struct bytes version; /* 8 bytes when it is laid out */
    struct bytes mic;     /* 16 bytes when it is laid out */
    size_t payload;       /* offset of the first payload field that is not empty; 0: none */
    struct bytes domain, user, workstation; /* text, UTF-16LE with NTLM_UNICODE */
    struct bytes lm, nt, session_key;
    struct bytes challenge;        /* CHALLENGE: the server's 8 bytes */
    struct bytes client_challenge; /* AUTHENTICATE: NTLMv2's, or NTLMv1-ESS's, 8 bytes */
    struct bytes timestamp;        /* AUTHENTICATE: NTLMv2's, 8 bytes */
    struct ntlm_pairs pairs;       /* CHALLENGE: TargetInfo; AUTHENTICATE: the NTLMv2 response's */
};

/* Reads a message. False with a constant `*reason` when it breaks the rules. */
bool ntlm_read(struct bytes token, struct ntlm_message *message, const char **reason);

/* Whether the bytes begin as NTLMSSP does. */
bool ntlm_is(struct bytes token);

#endif
