/* Kerberos 5 (RFC 4120, [MS-KILE], [MS-SFU]): AS and TGS exchanges over TCP and UDP, AP-REQ
 * wherever they are carried. One `kerberos` event for a request and its reply. What is encrypted
 * is opened where a key fits. */
#ifndef IMPOUND_READERS_CAPTURE_KRB5_H
#define IMPOUND_READERS_CAPTURE_KRB5_H

#include "readers/capture/keys/krb5_key.h"

extern const struct wire_protocol wire_krb_tcp;
extern const struct wire_protocol wire_krb_udp;

/* Changes of passwords (RFC 3244): a `kpasswd` event for a request and its reply, a `kerberos` one
 * for its AP-REQ. What they hold is encrypted and not looked at. */
extern const struct wire_protocol wire_kpasswd_tcp;
extern const struct wire_protocol wire_kpasswd_udp;

/* An AP-REQ that another protocol carries: an event with request_type AP. `service` says who, a
 * constant text. False when it is none. `*inside` says what keys have opened; to be wiped. */
bool krb5_ap_req(struct wire_session *carrier, enum wire_side side, struct bytes token,
                 const char *service, struct krb5_inside *inside);

/* The server's answer to it, opened with the ticket's session key: its subkey. False when it is
 * none, or has none. */
bool krb5_ap_rep(struct wire_session *carrier, struct bytes token, const struct wire_key *session,
                 struct wire_key *subkey);

#endif
