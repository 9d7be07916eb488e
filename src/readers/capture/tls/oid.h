/* Object identifiers of certificates, by their encoded bytes. */
#ifndef IMPOUND_READERS_CAPTURE_TLS_OID_H
#define IMPOUND_READERS_CAPTURE_TLS_OID_H

#include "base/buffer.h"

enum oid_key { OID_KEY_OTHER, OID_KEY_RSA, OID_KEY_DSA, OID_KEY_CURVE };

/* Constants by OpenSSL's short and long names, as Zeek has them; NULL: not known. */
const char *oid_attribute_name(struct bytes oid);
const char *oid_algorithm_name(struct bytes oid);
const char *oid_curve_name(struct bytes oid, unsigned *bits);
enum oid_key oid_key_kind(struct bytes oid);

/* Adds the name, or without one the numbers joined by dots. */
void oid_add(struct buffer *to, struct bytes oid, const char *name);

#endif
