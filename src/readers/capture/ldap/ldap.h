/* LDAP over TCP (RFC 4511, [MS-ADTS] 3.1.1.3 and 5.1.1): binds, searches with their filter as text,
 * changes. What SASL or TLS seals stays unseen. Logs: ldap, ldap_search. */
#ifndef IMPOUND_READERS_CAPTURE_LDAP_H
#define IMPOUND_READERS_CAPTURE_LDAP_H

#include "readers/capture/wire.h"

extern const struct wire_protocol wire_ldap, wire_cldap;

#endif
