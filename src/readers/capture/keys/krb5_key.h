/* Kerberos: which keys open a ticket, and to which session keys it leads.
 *
 * A ticket opens with its service's key, or its session key is known from the reply that brought
 * it: what an account's key opened there is remembered by the lane, for tickets between the same
 * hosts. Whose key a service's is, no message says, so all keys of its type are tried. */
#ifndef IMPOUND_READERS_CAPTURE_KRB5_KEY_H
#define IMPOUND_READERS_CAPTURE_KRB5_KEY_H

#include "readers/capture/keys/krb5_crypt.h"

/* Something encrypted, as messages have it. */
struct krb5_cipher {
    int64_t etype;
    struct bytes data;
};

/* What a ticket has to say. Texts are copied into the arena that was given. */
struct krb5_inside {
    struct wire_key session;
    struct wire_key subkey;     /* of the authenticator; length 0: none */
    struct bytes realm, client; /* of the client; empty: not known */
    struct bytes pac_client;    /* PAC_CLIENT_INFO's name ([MS-PAC] 2.7), UTF-16LE */
    bool has_session;
    bool has_ticket; /* it was opened itself */
};

/* A ticket of this realm, and the authenticator that came with it. */
struct krb5_asked {
    struct bytes realm;
    struct krb5_cipher ticket, authenticator;
    unsigned usage; /* of the authenticator */
};

/* Opens both. False when the ticket's session key is not known. */
bool krb5_ticket_open(struct wire_keys *keys, const struct krb5_asked *asked, struct arena *arena,
                      struct krb5_inside *inside);

/* Opens the encrypted part of an AS-REP with the client's key, and remembers the ticket's session
 * key. `salt` may be empty: the usual one. */
enum wire_verdict krb5_as_open(struct wire_keys *keys, struct bytes realm, struct bytes client,
                               struct bytes salt, const struct krb5_cipher *part,
                               struct bytes ticket);

/* The same for a TGS-REP, with what was inside the request's ticket. `fast` is PA-FX-FAST-REPLY's
 * encrypted part (RFC 6113 5.4.3), which strengthens the reply's key; empty without. */
bool krb5_tgs_open(struct wire_keys *keys, const struct krb5_inside *inside,
                   const struct krb5_cipher *fast, const struct krb5_cipher *part,
                   struct bytes ticket);

/* The acceptor's subkey of an AP-REP's encrypted part. False when there is none. */
bool krb5_ap_rep_open(struct wire_keys *keys, const struct wire_key *session,
                      const struct krb5_cipher *part, struct wire_key *subkey);

#endif
