/* Names of numbers, as Zeek's logs have them; from the tables in data/. */
#ifndef IMPOUND_READERS_CAPTURE_NUMBERS_H
#define IMPOUND_READERS_CAPTURE_NUMBERS_H

#include <stdint.h>

/* A constant, or NULL. */
const char *tls_cipher_name(uint32_t cipher);
const char *tls_group_name(uint32_t group);
const char *tls_alert_name(uint32_t alert);
const char *dns_type_name(uint32_t type);
const char *ntstatus_name(uint32_t status); /* [MS-ERREF] 2.3.1 */
const char *fsctl_name(uint32_t code);      /* [MS-FSCC] 2.3 */

#endif
