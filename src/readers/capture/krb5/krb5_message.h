/* Kerberos messages as views (RFC 4120 5.4 to 5.9). */
#ifndef IMPOUND_READERS_CAPTURE_KRB5_MESSAGE_H
#define IMPOUND_READERS_CAPTURE_KRB5_MESSAGE_H

#include "base/bytes.h"

#define KRB5_NAME_PARTS 8
#define KRB5_LIST_MAX   16

enum krb5_type {
    KRB5_AS_REQ = 10,
    KRB5_AS_REP = 11,
    KRB5_TGS_REQ = 12,
    KRB5_TGS_REP = 13,
    KRB5_AP_REQ = 14,
    KRB5_AP_REP = 15,
    KRB5_CRED = 22,
    KRB5_ERROR = 30,
};

/* PrincipalName (5.2.2) */
struct krb5_name {
    bool is_there;
    int64_t type;
    struct bytes parts[KRB5_NAME_PARTS];
    unsigned count;
};

/* EncryptedData (5.2.9) */
struct krb5_encrypted {
    bool is_there, has_kvno;
    int64_t etype, kvno;
    size_t length; /* of the cipher */
    struct bytes cipher;
};

/* Ticket (5.3) */
struct krb5_ticket {
    bool is_there;
    struct bytes realm;
    struct krb5_name service;
    struct krb5_encrypted encrypted;
};

struct krb5_list {
    int64_t items[KRB5_LIST_MAX];
    unsigned count;
    bool is_longer;
};

struct krb5_message {
    enum krb5_type type;
    struct krb5_list padata; /* types, in order */
    /* KDC-REQ-BODY (5.4.1) */
    uint32_t options;
    size_t options_length; /* bytes of the BIT STRING's bits */
    struct bytes realm;
    struct krb5_name client, service;
    struct bytes from, till, renew; /* KerberosTime texts; NULL data: absent */
    bool has_nonce;
    int64_t nonce;
    struct krb5_list etypes;
    bool has_addresses, has_authorization;
    unsigned additional_tickets;
    struct krb5_ticket additional; /* the first */
    /* Of the padata: */
    bool has_include_pac, include_pac;
    bool has_pac_options;
    uint32_t pac_options;
    struct krb5_name for_user; /* PA-FOR-USER, PA-S4U-X509-USER */
    struct bytes for_user_realm;
    struct krb5_encrypted fast;          /* of PA-FX-FAST-REPLY */
    struct bytes salt;                   /* PA-ETYPE-INFO2's first; NULL data: none */
    struct krb5_ticket ticket;           /* of PA-TGS-REQ, AP-REQ and the replies */
    struct krb5_encrypted authenticator; /* of PA-TGS-REQ, AP-REQ */
    uint32_t ap_options;
    /* KDC-REP, AP-REP */
    struct krb5_encrypted reply;
    /* KRB-ERROR (5.9.1) */
    int64_t error;
};

/* Reads a message, without its length prefix. False when it is none, or breaks the rules. */
bool krb5_read(struct bytes bytes, struct krb5_message *message);

#endif
