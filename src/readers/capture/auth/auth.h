/* Security blobs: SPNEGO (RFC 4178, [MS-SPNG]), NTLMSSP ([MS-NLMP]) and Kerberos AP messages, as
 * SMB, DCE/RPC, LDAP, HTTP and TDS carry them. In: a token of one side. Out: an `ntlm` event for
 * each NTLM authentication, kerberos events for AP-REQ (through krb5/), and who it was, for the
 * carrier's own events. */
#ifndef IMPOUND_READERS_CAPTURE_AUTH_H
#define IMPOUND_READERS_CAPTURE_AUTH_H

#include "readers/capture/keys/keys.h"

/* What is known of one authentication; lives in the connection's arena. */
struct auth_state;

/* Who authenticated; empty texts while it is not known. UTF-8, valid as long as the connection. */
struct auth_identity {
    struct bytes domain, user, workstation;
    const char *mechanism; /* NTLM, Kerberos; NULL: not known yet */
    bool is_anonymous;
};

/* Takes the next token of one side. Makes *state at the first one. `service` says what carries it
 * (smb, dce_rpc, ldap, http, tds), a constant text. */
void auth_token(struct wire_session *carrier, enum wire_side side, struct bytes blob,
                struct auth_state **state, const char *service);

/* The server's word on the outcome: true when it let the client in. Ends the event. */
void auth_outcome(struct wire_session *carrier, struct auth_state *state, bool is_success,
                  const char *status);

/* Nothing more comes: an authentication without an outcome is told now. NULL is harmless. */
void auth_end(struct wire_session *carrier, struct auth_state *state);

const struct auth_identity *auth_identity(const struct auth_state *state);

/* The keys that it led to, held by the connection; NULL when no key of the defender opens it. */
const struct wire_secret *auth_secret(const struct auth_state *state);

#endif
