/* Result codes of LDAP by name. */
#ifndef IMPOUND_READERS_CAPTURE_LDAP_RESULT_H
#define IMPOUND_READERS_CAPTURE_LDAP_RESULT_H

#include <stdint.h>

/* As Zeek's ldap.log has it; NULL: no code of RFC 4511. */
const char *ldap_result_name(int64_t code);

#endif
